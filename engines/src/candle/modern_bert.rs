//! ModernBERT, by candle-transformers: rotary positions, `GeGLU`, and layers that look nearby only,
//! arXiv:2412.13663.

use candle_core::{DType, Device, Result};
use candle_nn::VarBuilder;
use candle_transformers::models::modernbert;
use serde::Deserialize;

use super::encoder::{Encoder, LONGEST, Tokens, read_one_by_one};

/// The network without a head.
pub struct ModernBert {
    network: modernbert::ModernBert,
    device: Device,
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
    /// Loads the network from its `config.json` and the bytes of its weights, to be computed on `device`.
    pub fn load(config: &serde_json::Value, file: &[u8], device: &Device) -> Result<Self> {
        let biases = ModernBertBiases::deserialize(config).map_err(candle_core::Error::wrap)?;
        if biases.attention_bias || biases.mlp_bias || biases.norm_bias {
            candle_core::bail!("its layers have biases, which are not supported");
        }
        if biases.hidden_activation != "gelu" {
            let other = biases.hidden_activation;
            candle_core::bail!("its activation `{other}` is not gelu");
        }
        let config = modernbert::Config::deserialize(config).map_err(candle_core::Error::wrap)?;
        let mut weights = VarBuilder::from_slice_safetensors(file, DType::F32, device)?;
        if !weights.contains_tensor("model.embeddings.tok_embeddings.weight") {
            // A model without a head has its network at the top; candle looks below `model`.
            weights = weights.rename_f(|name| name.replacen("model.", "", 1));
        }
        let network = modernbert::ModernBert::load(weights, &config)?;
        let window = config.max_position_embeddings.min(LONGEST);
        Ok(Self { network, device: device.clone(), width: config.hidden_size, window })
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
        read_one_by_one(texts, &self.device, each, |ids, _| {
            self.network.forward(ids, &ids.ones_like()?)
        })
    }
}
