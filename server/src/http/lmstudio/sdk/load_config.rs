//! How a model is to be loaded. That is up to the server: settings of where and how fast it computes are passed over, and
//! those that would change what it says are refused.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::kv::{Checkbox, KvConfig, KvField, KvStack};
use super::specifier::Domain;
use crate::http::error::ApiError;

/// What begins the names of settings that are about loading.
const PREFIXES: [&str; 3] = ["llm.load.", "embedding.load.", "load."];

/// Settings of where and how fast a model computes, and of other engines, and what begins their names. JavaScript's SDK sends
/// those of all engines whenever it sends one.
const PASSED_OVER: [&str; 20] = [
    "autoFitMinContextLength",
    "gpuSplitConfig",
    "gpuStrictVramCap",
    "llama.acceleration.",
    "llama.autoFit",
    "llama.contextCheckpoints",
    "llama.cpuThreadPoolSize",
    "llama.evalBatchSize",
    "llama.flashAttention",
    "llama.keepModelInMemory",
    "llama.physicalBatchSize",
    "llama.tryDirectIO",
    "llama.tryMmap",
    "mlx.",
    "numCpuExpertLayersRatio",
    "numParallelSessions",
    "offloadKVCacheToGpu",
    "useUnifiedKvCache",
    "vllm.",
    "yuzu.",
];

/// What is wanted of a model that is loaded.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct LoadWish {
    /// At least so many tokens of context.
    context_tokens: Option<usize>,
}

/// What llama.cpp's own program would be told.
#[derive(Debug, Deserialize)]
struct Arguments {
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl LoadWish {
    /// Reads the settings.
    pub fn read(stack: KvStack) -> Result<Self, ApiError> {
        let mut wish = Self::default();
        for field in stack.collapse().fields {
            let name = PREFIXES.iter().find_map(|prefix| field.key.strip_prefix(prefix));
            if let Some(name) = name {
                wish.take(name, &field)?;
            }
        }
        Ok(wish)
    }

    fn take(&mut self, name: &str, field: &KvField) -> Result<(), ApiError> {
        let refuse_if = |is_wanted: bool, what: &str| {
            if is_wanted { Err(field.unsupported(what)) } else { Ok(()) }
        };
        match name {
            "contextLength" => self.context_tokens = Some(field.read()?),
            "seed" => {
                let seed = field.read::<Checkbox<i64>>()?.on().filter(|seed| *seed != -1);
                refuse_if(seed.is_some(), "A seed of a model (give one with each prediction)")?;
            }
            "numExperts" => {
                refuse_if(field.read::<u32>()? != 0, "Another number of experts than the model's")?;
            }
            "llama.ropeFrequencyBase" | "llama.ropeFrequencyScale" => {
                let scale = field.read::<Checkbox<f64>>()?.on();
                refuse_if(scale.is_some(), "Stretching the positions of a model")?;
            }
            "llama.kCacheQuantizationType" | "llama.vCacheQuantizationType" => {
                let kind = field.read::<Checkbox<String>>()?.on();
                let is_other = kind.is_some_and(|kind| kind != "f16");
                refuse_if(is_other, "A cache of keys and values that is not f16")?;
            }
            "llama.useFp16ForKVCache" => {
                refuse_if(!field.read::<bool>()?, "A cache of keys and values that is not f16")?;
            }
            "llama.argumentsOverride" => {
                let arguments = field.read::<Arguments>()?.fields;
                let is_wanted = |value: &Value| match value {
                    Value::Array(items) => !items.is_empty(),
                    Value::String(text) => !text.is_empty(),
                    Value::Bool(is_on) => *is_on,
                    _ => false,
                };
                refuse_if(arguments.values().any(is_wanted), "Arguments for llama.cpp")?;
            }
            "llama.speculativeDecoding.draftModel" => {
                let is_named = !field.read::<String>()?.is_empty();
                refuse_if(is_named, "Speculative decoding with a second model")?;
            }
            _ if name.starts_with("llama.speculativeDecoding.") => {}
            _ if PASSED_OVER.iter().any(|known| name.starts_with(known)) => {}
            _ => return Err(field.unsupported("This setting of loading")),
        }
        Ok(())
    }

    /// Refuses a model that was loaded with less context than is wanted.
    pub fn check(&self, identifier: &str, context_tokens: usize) -> Result<(), ApiError> {
        match self.context_tokens {
            Some(wanted) if wanted > context_tokens => {
                let message = format!(
                    "`{identifier}` is loaded with a context of {context_tokens} tokens, and how it is loaded is up to this server; ask for at most that many, not {wanted}."
                );
                let error = ApiError::invalid(message).param("contextLength");
                Err(error.code("unsupported_value"))
            }
            _ => Ok(()),
        }
    }
}

/// Tells how a model was loaded.
pub fn told(domain: Domain, context_tokens: usize) -> KvConfig {
    let mut config = KvConfig::default();
    config.set(&format!("{}.load.contextLength", domain.as_str()), context_tokens);
    config
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(key: &str, value: &Value) -> Result<LoadWish, ApiError> {
        let stack = json!({"layers": [{"layerName": "apiOverride", "config": {"fields": [{"key": key, "value": value}]}}]});
        LoadWish::read(serde_json::from_value(stack).expect("a stack"))
    }

    #[test]
    fn what_changes_words_is_refused_and_what_changes_speed_is_not() {
        for (key, value) in [
            ("llm.load.llama.acceleration.offloadRatio", json!("max")),
            ("llm.load.llama.flashAttention", json!(true)),
            ("llm.load.yuzu.autoFit", json!(false)),
            ("load.gpuSplitConfig", json!({"strategy": "evenly"})),
            ("llm.load.seed", json!({"checked": false, "value": 5})),
            ("llm.load.seed", json!({"checked": true, "value": -1})),
            ("llm.load.llama.kCacheQuantizationType", json!({"checked": true, "value": "f16"})),
            ("envVars", json!({})),
        ] {
            assert_eq!(read(key, &value).expect(key), LoadWish::default(), "{key}");
        }
        for (key, value) in [
            ("llm.load.seed", json!({"checked": true, "value": 5})),
            ("llm.load.numExperts", json!(2)),
            ("embedding.load.llama.ropeFrequencyBase", json!({"checked": true, "value": 1.0})),
            ("llm.load.llama.vCacheQuantizationType", json!({"checked": true, "value": "q8_0"})),
            ("llm.load.unheardOf", json!(1)),
            ("llm.load.contextLength", json!("much")),
        ] {
            let error = read(key, &value).expect_err(key);
            assert_eq!(error.detail.param.as_deref(), Some(key));
        }
    }

    #[test]
    fn a_larger_context_than_there_is_is_refused() {
        let wish = read("llm.load.contextLength", &json!(4096)).expect("a number");
        wish.check("m", 4096).expect("it is enough");
        let error = wish.check("m", 2048).expect_err("it is not");
        assert!(error.detail.message.contains("2048 tokens"), "{}", error.detail.message);
    }
}
