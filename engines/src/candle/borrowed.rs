//! Networks that candle-transformers has: Nomic BERT and ModernBERT.
//!
//! They read one text at a time: their own batches are padded, and a row of padding costs as much as
//! one of text. Both look with every token at every other at once, so a long text costs its length
//! squared in memory.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{modernbert, nomic_bert};
use serde::Deserialize;

use super::encoder::{Encoder, Tokens};

/// The longest text of these networks, whatever they were made for: at 8192 tokens the weights of
/// attention alone are gigabytes a layer, and no passage of Quire's is nearly as long.
const LONGEST: usize = 2048;

/// Nomic BERT: rotary positions and `SwiGLU`, arXiv:2402.01613.
pub struct NomicBert {
    network: nomic_bert::NomicBertModel,
    width: usize,
    window: usize,
}

/// What candle's configuration of Nomic BERT leaves out.
#[derive(Deserialize)]
struct NomicLimits {
    max_trained_positions: Option<usize>,
}

impl NomicBert {
    /// Loads the network from its `config.json` and the bytes of its weights.
    pub fn load(config: &serde_json::Value, file: &[u8]) -> Result<Self> {
        let limits = NomicLimits::deserialize(config).map_err(candle_core::Error::wrap)?;
        let config = nomic_bert::Config::deserialize(config).map_err(candle_core::Error::wrap)?;
        if config.activation_function != "swiglu" {
            let other = &config.activation_function;
            candle_core::bail!("its activation `{other}` is not swiglu");
        }
        // Beyond what it was trained on, the positions need a scaling that candle does not have.
        let trained = limits.max_trained_positions.unwrap_or(config.n_positions);
        let window = trained.min(config.n_positions).min(LONGEST);
        let weights = VarBuilder::from_slice_safetensors(file, DType::F32, &Device::Cpu)?;
        let network = nomic_bert::NomicBertModel::load(weights, &config)?;
        Ok(Self { network, width: config.n_embd, window })
    }
}

impl Encoder for NomicBert {
    fn width(&self) -> usize {
        self.width
    }

    fn window(&self) -> usize {
        self.window
    }

    fn read(&self, texts: &[Tokens], each: &mut dyn FnMut(&[f32])) -> Result<()> {
        one_by_one(texts, each, |ids| self.network.forward(ids, None, None))
    }
}

/// ModernBERT: rotary positions, `GeGLU`, and layers that look nearby only, arXiv:2412.13663.
pub struct ModernBert {
    network: modernbert::ModernBert,
    width: usize,
    window: usize,
}

/// What candle's configuration of ModernBERT leaves out, since it is so in the published ones.
#[derive(Deserialize)]
struct ModernBertBiases {
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default)]
    norm_bias: bool,
    #[serde(default = "gelu")]
    hidden_activation: String,
}

fn gelu() -> String {
    "gelu".to_owned()
}

impl ModernBert {
    /// Loads the network from its `config.json` and the bytes of its weights.
    pub fn load(config: &serde_json::Value, file: &[u8]) -> Result<Self> {
        let biases = ModernBertBiases::deserialize(config).map_err(candle_core::Error::wrap)?;
        if biases.attention_bias || biases.mlp_bias || biases.norm_bias {
            candle_core::bail!("its layers have biases, which are not supported");
        }
        if biases.hidden_activation != "gelu" {
            let other = biases.hidden_activation;
            candle_core::bail!("its activation `{other}` is not gelu");
        }
        let config = modernbert::Config::deserialize(config).map_err(candle_core::Error::wrap)?;
        let mut weights = VarBuilder::from_slice_safetensors(file, DType::F32, &Device::Cpu)?;
        if !weights.contains_tensor("model.embeddings.tok_embeddings.weight") {
            // A model without a head has its network at the top; candle looks below `model`.
            weights = weights.rename_f(|name| name.replacen("model.", "", 1));
        }
        let network = modernbert::ModernBert::load(weights, &config)?;
        let window = config.max_position_embeddings.min(LONGEST);
        Ok(Self { network, width: config.hidden_size, window })
    }
}

impl Encoder for ModernBert {
    fn width(&self) -> usize {
        self.width
    }

    fn window(&self) -> usize {
        self.window
    }

    fn read(&self, texts: &[Tokens], each: &mut dyn FnMut(&[f32])) -> Result<()> {
        one_by_one(texts, each, |ids| self.network.forward(ids, &ids.ones_like()?))
    }
}

fn one_by_one(
    texts: &[Tokens],
    each: &mut dyn FnMut(&[f32]),
    forward: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<()> {
    for text in texts {
        if text.ids.is_empty() {
            each(&[]);
            continue;
        }
        let ids = Tensor::new(text.ids.as_slice(), &Device::Cpu)?.unsqueeze(0)?;
        each(&forward(&ids)?.flatten_all()?.to_vec1::<f32>()?);
    }
    Ok(())
}
