//! How a model is to be loaded: its context, how exactly keys and values are kept, and how many layers a graphics processor
//! computes. Other settings of where and how fast it computes are passed over, and other ones that would change what it
//! says are refused.

use quire_domain::{GpuLayers, InstalledModel, KvType, LoadOptions};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::kv::{Checkbox, KvConfig, KvField, KvStack};
use super::specifier::Domain;
use crate::http::error::ApiError;

/// What begins the names of settings that are about loading.
const PREFIXES: [&str; 3] = ["llm.load.", "embedding.load.", "load."];

/// Settings of where and how fast a model computes, and of other engines, and what begins their names. JavaScript's SDK sends
/// those of all engines whenever it sends one.
const PASSED_OVER: [&str; 19] = [
    "autoFitMinContextLength",
    "gpuSplitConfig",
    "gpuStrictVramCap",
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
#[derive(Debug, Default, PartialEq)]
pub struct LoadWish {
    /// What it is loaded with, if it is a chat model: others have no choice.
    pub options: LoadOptions,
    /// At least so many tokens of context.
    context_tokens: Option<u32>,
    /// How keys and how values are to be kept.
    kept: [Option<KvType>; 2],
}

/// What llama.cpp's own program would be told.
#[derive(Debug, Deserialize)]
struct Arguments {
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl LoadWish {
    /// Reads the settings for a model of a sort.
    pub fn read(stack: KvStack, domain: Domain) -> Result<Self, ApiError> {
        let mut wish = Self::default();
        for field in stack.collapse().fields {
            let name = PREFIXES.iter().find_map(|prefix| field.key.strip_prefix(prefix));
            if let Some(name) = name {
                wish.take(name, &field)?;
            }
        }
        if wish.kept[0].unwrap_or_default() != wish.kept[1].unwrap_or_default() {
            let message = "Keys and values of a context are kept in the same way here; set both to the same type.";
            let error = ApiError::invalid(message).code("unsupported_value");
            return Err(error.param("llama.kCacheQuantizationType"));
        }
        // One of them alone can be no other than what is usual.
        wish.options.kv_type = wish.kept[0].or(wish.kept[1]);
        if domain == Domain::Embedding {
            wish.options = LoadOptions::default();
        }
        Ok(wish)
    }

    fn take(&mut self, name: &str, field: &KvField) -> Result<(), ApiError> {
        let refuse_if = |is_wanted: bool, what: &str| {
            if is_wanted { Err(field.unsupported(what)) } else { Ok(()) }
        };
        match name {
            "contextLength" => {
                self.context_tokens = Some(field.read()?);
                self.options.context_tokens = self.context_tokens;
            }
            "llama.acceleration.offloadRatio" => self.options.gpu_layers = Some(layers(field)?),
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
            "llama.kCacheQuantizationType" => self.kept[0] = kv_type(field)?,
            "llama.vCacheQuantizationType" => self.kept[1] = kv_type(field)?,
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

    /// Refuses a model that was made for less context than is wanted, before it is loaded for nothing.
    pub fn check_most(&self, model: &InstalledModel) -> Result<(), ApiError> {
        match (self.context_tokens, model.context_tokens) {
            (Some(wanted), Some(most)) if wanted > most => {
                let message = format!("`{}` reads at most {most} tokens, not {wanted}.", model.id);
                let error = ApiError::invalid(message).param("contextLength");
                Err(error.code("unsupported_value"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a model that was loaded with less context than is wanted.
    pub fn check(&self, identifier: &str, context_tokens: usize) -> Result<(), ApiError> {
        match self.context_tokens {
            Some(wanted) if wanted as usize > context_tokens => {
                let message = format!(
                    "`{identifier}` is loaded with a context of {context_tokens} tokens; ask for at most that many, not {wanted}, or unload it first."
                );
                let error = ApiError::invalid(message).param("contextLength");
                Err(error.code("unsupported_value"))
            }
            _ => Ok(()),
        }
    }
}

/// Reads how keys or values are to be kept.
fn kv_type(field: &KvField) -> Result<Option<KvType>, ApiError> {
    match field.read::<Checkbox<String>>()?.on() {
        None => Ok(None),
        Some(kind) => match kind.parse() {
            Ok(kind) => Ok(Some(kind)),
            Err(_) => {
                Err(field.unsupported(&format!("The type `{kind}` (f16, q8_0 and q4_0 are)")))
            }
        },
    }
}

/// Reads how much of a model a graphics processor computes: a word, or a share, of which 1 is all.
fn layers(field: &KvField) -> Result<GpuLayers, ApiError> {
    match &field.value {
        Value::Number(share) => {
            let share = share.as_f64().filter(|share| (0.0..=1.0).contains(share));
            share.map(|share| GpuLayers::Share(share as f32)).ok_or_else(|| {
                let message = format!("`{}` must be `max`, `off`, or 0 to 1.", field.key);
                ApiError::invalid(message).param(&field.key)
            })
        }
        _ => field.read(),
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
        LoadWish::read(serde_json::from_value(stack).expect("a stack"), Domain::Llm)
    }

    #[test]
    fn what_changes_words_is_refused_and_what_changes_speed_is_not() {
        for (key, value) in [
            ("llm.load.llama.flashAttention", json!(true)),
            ("llm.load.yuzu.autoFit", json!(false)),
            ("load.gpuSplitConfig", json!({"strategy": "evenly"})),
            ("llm.load.seed", json!({"checked": false, "value": 5})),
            ("llm.load.seed", json!({"checked": true, "value": -1})),
            ("llm.load.llama.kCacheQuantizationType", json!({"checked": false, "value": "q8_0"})),
            ("envVars", json!({})),
        ] {
            assert_eq!(read(key, &value).expect(key), LoadWish::default(), "{key}");
        }
        for (key, value) in [
            ("llm.load.seed", json!({"checked": true, "value": 5})),
            ("llm.load.numExperts", json!(2)),
            ("embedding.load.llama.ropeFrequencyBase", json!({"checked": true, "value": 1.0})),
            ("llm.load.llama.vCacheQuantizationType", json!({"checked": true, "value": "q5_1"})),
            ("llm.load.llama.acceleration.offloadRatio", json!(1.5)),
            ("llm.load.unheardOf", json!(1)),
            ("llm.load.contextLength", json!("much")),
        ] {
            let error = read(key, &value).expect_err(key);
            assert_eq!(error.detail.param.as_deref(), Some(key));
        }
    }

    #[test]
    fn what_the_engine_can_do_is_asked_of_it() {
        let fields = json!([
            {"key": "llm.load.contextLength", "value": 2048},
            {"key": "llm.load.llama.kCacheQuantizationType", "value": {"checked": true, "value": "q8_0"}},
            {"key": "llm.load.llama.vCacheQuantizationType", "value": {"checked": true, "value": "q8_0"}},
            {"key": "llm.load.llama.acceleration.offloadRatio", "value": 0.5},
        ]);
        let read = |domain| {
            let stack =
                json!({"layers": [{"layerName": "apiOverride", "config": {"fields": fields}}]});
            let stack = serde_json::from_value(stack).expect("a stack");
            LoadWish::read(stack, domain).expect("all can be done").options
        };
        let expected = LoadOptions {
            context_tokens: Some(2048),
            kv_type: Some(KvType::Q8_0),
            gpu_layers: Some(GpuLayers::Share(0.5)),
            lora: None,
        };
        assert_eq!(read(Domain::Llm), expected);
        assert_eq!(read(Domain::Embedding), LoadOptions::default(), "they have no choice");
        let keys_alone = json!({"checked": true, "value": "q8_0"});
        let keys_alone = self::read("llm.load.llama.kCacheQuantizationType", &keys_alone);
        assert!(keys_alone.is_err(), "values would be kept otherwise");
    }

    #[test]
    fn a_larger_context_than_there_is_is_refused() {
        let wish = read("llm.load.contextLength", &json!(4096)).expect("a number");
        wish.check("m", 4096).expect("it is enough");
        let error = wish.check("m", 2048).expect_err("it is not");
        assert!(error.detail.message.contains("2048 tokens"), "{}", error.detail.message);
    }
}
