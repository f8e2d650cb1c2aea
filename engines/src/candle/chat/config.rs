//! What `config.json` says of a network that writes text: its shape, family by family.

use candle_nn::Activation;
use serde::Deserialize;
use serde_json::Value;

use super::names::{self, Names};
use super::rotary::{RotaryShape, Scaling};
use super::shape::{BlockKind, FeedForwardKind, MOST_LAYERS, NormKind, Shape, Windows};

/// The families that are run, as `model_type` names them.
const FAMILIES: [&str; 8] =
    ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma3_text", "phi", "phi3"];

/// The entries that are needed; transformers leaves out what is as usual.
#[derive(Deserialize)]
struct File {
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: usize,
    rms_norm_eps: Option<f64>,
    layer_norm_eps: Option<f64>,
    hidden_act: Option<String>,
    hidden_activation: Option<String>,
    tie_word_embeddings: Option<bool>,
    rope_theta: Option<f64>,
    rope_local_base_freq: Option<f64>,
    rope_scaling: Option<ScalingFile>,
    rope_parameters: Option<ScalingFile>,
    partial_rotary_factor: Option<f64>,
    original_max_position_embeddings: Option<usize>,
    sliding_window: Option<usize>,
    sliding_window_pattern: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
    query_pre_attn_scalar: Option<f64>,
    attn_logit_softcapping: Option<f64>,
    final_logit_softcapping: Option<f64>,
    qk_layernorm: Option<bool>,
    quantization_config: Option<Value>,
}

/// How frequencies are changed, as transformers writes it.
#[derive(Clone, Deserialize)]
struct ScalingFile {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<usize>,
    short_factor: Option<Vec<f32>>,
    long_factor: Option<Vec<f32>>,
    attention_factor: Option<f64>,
    partial_rotary_factor: Option<f64>,
}

/// Reads the shape of a network that is to hold a context of so many tokens, and the names of its tensors; or says what
/// makes it one that cannot be run.
pub fn read(config: Value, context_tokens: usize) -> Result<(Shape, &'static Names), String> {
    let kind = config.get("model_type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !FAMILIES.contains(&kind.as_str()) {
        return Err(format!("its type `{kind}` is not one of {}", FAMILIES.join(", ")));
    }
    let file: File =
        serde_json::from_value(config).map_err(|error| format!("`config.json`: {error}"))?;
    if file.quantization_config.is_some() {
        return Err(
            "its weights are quantised in a way that is not supported; take those of 16 or 32 bits, or a GGUF file".to_owned()
        );
    }
    let shape = file.shape(context_tokens)?;
    shape.check()?;
    let names = match kind.as_str() {
        "gemma3_text" => &names::GEMMA_3,
        "phi" => &names::PHI,
        _ => &names::LLAMA,
    };
    Ok((shape, names))
}

impl File {
    fn shape(&self, context_tokens: usize) -> Result<Shape, String> {
        let kind = self.model_type.as_str();
        let is_gemma = matches!(kind, "gemma" | "gemma3_text");
        let usual_width = match kind {
            "gemma" | "gemma3_text" => Some(256),
            "qwen3" => Some(128),
            _ => self.hidden_size.checked_div(self.num_attention_heads),
        };
        let head_width = self.head_dim.or(usual_width).unwrap_or(0);
        let scaled_by = match (kind, self.query_pre_attn_scalar) {
            ("gemma3_text", Some(number)) => number,
            _ => head_width as f64,
        };
        if self.qk_layernorm == Some(true) {
            return Err("`qk_layernorm` is not supported".to_owned());
        }
        let epsilon = if kind == "phi" { self.layer_norm_eps } else { self.rms_norm_eps };
        Ok(Shape {
            width: self.hidden_size,
            inner_width: self.intermediate_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            kept_heads: self.num_key_value_heads.unwrap_or(self.num_attention_heads),
            head_width,
            vocabulary: self.vocab_size,
            context_tokens: self.max_position_embeddings,
            epsilon: epsilon.unwrap_or(if kind == "phi" { 1e-5 } else { 1e-6 }),
            norm: match kind {
                "phi" => NormKind::Layer,
                _ if is_gemma => NormKind::RmsPlusOne,
                _ => NormKind::Rms,
            },
            block: match kind {
                "phi" => BlockKind::Parallel,
                "gemma3_text" => BlockKind::Sandwich,
                _ => BlockKind::Sequential,
            },
            feed_forward: match kind {
                "phi" => FeedForwardKind::Plain,
                "phi3" => FeedForwardKind::FusedGated,
                _ => FeedForwardKind::Gated,
            },
            activation: self.activation()?,
            has_fused_attention: kind == "phi3",
            has_head_norms: matches!(kind, "qwen3" | "gemma3_text"),
            attention_scale: scaled_by.sqrt().recip(),
            attention_cap: self.attn_logit_softcapping,
            score_cap: self.final_logit_softcapping,
            embedding_scale: is_gemma.then(|| (self.hidden_size as f64).sqrt()),
            is_tied: self.tie_word_embeddings.unwrap_or(is_gemma),
            rotary: self.rotary(head_width, context_tokens)?,
            windowed_rotary: (kind == "gemma3_text").then(|| RotaryShape {
                base: self.rope_local_base_freq.unwrap_or(10_000.0),
                width: head_width,
                scaling: Scaling::None,
                is_interleaved: false,
            }),
            windows: self.windows(),
        })
    }

    fn activation(&self) -> Result<Activation, String> {
        let usual = match self.model_type.as_str() {
            "gemma" | "gemma3_text" => "gelu_pytorch_tanh",
            "phi" => "gelu_new",
            _ => "silu",
        };
        // The first models of Gemma state one that they were not made with.
        let stated = match self.model_type.as_str() {
            "gemma" | "gemma3_text" => self.hidden_activation.as_deref(),
            _ => self.hidden_act.as_deref(),
        };
        match stated.unwrap_or(usual) {
            "silu" => Ok(Activation::Silu),
            "gelu" => Ok(Activation::Gelu),
            "gelu_new" => Ok(Activation::NewGelu),
            "gelu_pytorch_tanh" => Ok(Activation::GeluPytorchTanh),
            "relu" => Ok(Activation::Relu),
            other => Err(format!(
                "its activation `{other}` is not one of silu, gelu, gelu_new, gelu_pytorch_tanh, relu"
            )),
        }
    }

    /// Tells which layers look back only a little way: listed one by one, by a pattern, or all from some layer on.
    fn windows(&self) -> Option<Windows> {
        let tokens = self.sliding_window?;
        // The number itself is checked with the rest of the shape.
        let layers = 0..self.num_hidden_layers.min(MOST_LAYERS);
        let layers: Vec<bool> = match (&self.layer_types, self.model_type.as_str()) {
            (Some(types), _) => types.iter().map(|kind| kind == "sliding_attention").collect(),
            (None, "gemma3_text") => {
                let pattern = self.sliding_window_pattern.unwrap_or(6).max(1);
                layers.map(|layer| !(layer + 1).is_multiple_of(pattern)).collect()
            }
            (None, "qwen2" | "qwen3") => {
                let first = self.max_window_layers.unwrap_or(0);
                let is_used = self.use_sliding_window.unwrap_or(false);
                layers.map(|layer| is_used && layer >= first).collect()
            }
            (None, "mistral" | "phi3") => layers.map(|_| true).collect(),
            _ => return None,
        };
        layers.contains(&true).then_some(Windows { tokens, layers })
    }

    fn rotary(&self, head_width: usize, context_tokens: usize) -> Result<RotaryShape, String> {
        let file = self.rope_scaling.as_ref().or(self.rope_parameters.as_ref());
        let newer = self.rope_parameters.as_ref();
        let usual = match self.model_type.as_str() {
            "gemma3_text" => 1_000_000.0,
            _ => 10_000.0,
        };
        let base = self.rope_theta.or(newer.and_then(|file| file.rope_theta)).unwrap_or(usual);
        let usual_share = if self.model_type == "phi" { 0.5 } else { 1.0 };
        let share = self.partial_rotary_factor.or(newer.and_then(|it| it.partial_rotary_factor));
        let width = (head_width as f64 * share.unwrap_or(usual_share)) as usize;
        let scaling = match file {
            Some(file) => file.scaling(self, context_tokens)?,
            None => Scaling::None,
        };
        Ok(RotaryShape { base, width, scaling, is_interleaved: false })
    }
}

impl ScalingFile {
    fn scaling(&self, file: &File, context_tokens: usize) -> Result<Scaling, String> {
        let need = |number: Option<f64>, name: &str| {
            let number = number.filter(|number| number.is_finite() && *number > 0.0);
            number.ok_or_else(|| format!("`rope_scaling` has no `{name}` above 0"))
        };
        let own = self.original_max_position_embeddings;
        let trained = own.or(file.original_max_position_embeddings);
        match self.rope_type.as_deref().unwrap_or("default") {
            "default" => Ok(Scaling::None),
            "linear" => Ok(Scaling::Linear(need(self.factor, "factor")?)),
            "llama3" => {
                let low = need(self.low_freq_factor, "low_freq_factor")?;
                let high = need(self.high_freq_factor, "high_freq_factor")?;
                if high <= low {
                    return Err("`rope_scaling` has no frequencies between high and low".to_owned());
                }
                let trained = own.map(|tokens| tokens as f64);
                Ok(Scaling::Llama3 {
                    factor: need(self.factor, "factor")?,
                    low,
                    high,
                    trained: need(trained, "original_max_position_embeddings")?,
                })
            }
            "longrope" | "su" => {
                let trained = trained.unwrap_or(file.max_position_embeddings).max(2);
                let is_long = context_tokens > trained;
                let divisors = if is_long { &self.long_factor } else { &self.short_factor };
                let divisors = divisors.clone().ok_or("`rope_scaling` has no factors")?;
                let reach = file.max_position_embeddings as f64 / trained as f64;
                let reach = self.factor.unwrap_or(reach).max(1.0);
                let usual = (1.0 + reach.ln() / (trained as f64).ln()).sqrt();
                Ok(Scaling::Each { divisors, attention: self.attention_factor.unwrap_or(usual) })
            }
            other => Err(format!(
                "its `rope_scaling` of type `{other}` is not one of default, linear, llama3, longrope"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(kind: &str, more: &Value) -> Value {
        let mut config = json!({
            "model_type": kind, "hidden_size": 64, "intermediate_size": 128,
            "num_hidden_layers": 6, "num_attention_heads": 4, "num_key_value_heads": 2,
            "vocab_size": 100, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5,
        });
        for (key, value) in more.as_object().expect("entries") {
            config[key] = value.clone();
        }
        config
    }

    fn shape(kind: &str, more: &Value) -> Result<Shape, String> {
        read(config(kind, more), 1024).map(|(shape, _)| shape)
    }

    #[test]
    fn what_is_left_out_is_as_the_family_has_it() {
        let llama = shape("llama", &json!({})).expect("a shape");
        assert_eq!((llama.head_width, llama.is_tied, llama.windows), (16, false, None));
        let gemma = shape("gemma3_text", &json!({"sliding_window": 512})).expect("a shape");
        assert_eq!((gemma.head_width, gemma.is_tied), (256, true));
        assert_eq!(gemma.embedding_scale, Some(8.0));
        let windows = gemma.windows.expect("windows");
        assert_eq!(windows.layers, [true, true, true, true, true, false]);
        let qwen = json!({"sliding_window": 512, "use_sliding_window": false});
        assert_eq!(shape("qwen2", &qwen).expect("a shape").windows, None);
        let phi = shape("phi", &json!({})).expect("a shape");
        assert_eq!((phi.rotary.width, phi.block), (8, BlockKind::Parallel));
    }

    #[test]
    fn long_contexts_take_the_long_factors() {
        let (short, long) = (vec![1.0_f32; 8], vec![4.0_f32; 8]);
        let scaling = json!({"type": "longrope", "short_factor": short, "long_factor": long});
        let more = |trained: usize| json!({"original_max_position_embeddings": trained, "rope_scaling": scaling});
        let divisors =
            |trained| match shape("phi3", &more(trained)).expect("a shape").rotary.scaling {
                Scaling::Each { divisors, attention } => {
                    assert!(attention > 1.0);
                    divisors[0]
                }
                other => panic!("{other:?}"),
            };
        assert_eq!((divisors(1024), divisors(512)), (1.0, 4.0));
    }

    #[test]
    fn what_cannot_be_run_is_refused_and_named() {
        for (kind, more, named) in [
            ("mamba", json!({}), "mamba"),
            ("llama", json!({"hidden_size": 0}), "width"),
            ("llama", json!({"hidden_size": 4_000_000_000_u64}), "width"),
            ("llama", json!({"num_hidden_layers": 4_000_000_000_u64}), "layers"),
            ("llama", json!({"vocab_size": -1}), "config.json"),
            ("llama", json!({"num_attention_heads": 0}), "number of heads"),
            ("llama", json!({"num_key_value_heads": 3}), "heads"),
            ("llama", json!({"head_dim": 7}), "turned"),
            ("llama", json!({"hidden_act": "mish"}), "mish"),
            ("qwen2", json!({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}), "yarn"),
            ("llama", json!({"rope_scaling": {"rope_type": "linear", "factor": 0.0}}), "factor"),
            ("llama", json!({"quantization_config": {"quant_method": "gptq"}}), "quantised"),
            (
                "phi3",
                json!({"rope_scaling": {"type": "longrope", "short_factor": [1.0]}}),
                "factors",
            ),
        ] {
            let error = shape(kind, &more).expect_err(named);
            assert!(error.contains(named), "{kind} {more}: {error}");
        }
        let mut nameless = config("llama", &json!({}));
        nameless.as_object_mut().expect("an object").remove("vocab_size");
        assert!(read(nameless, 1024).expect_err("no vocabulary").contains("vocab_size"));
    }
}
