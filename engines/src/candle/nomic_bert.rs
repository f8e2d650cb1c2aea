//! Nomic BERT, by candle-transformers: rotary positions and `SwiGLU`, arXiv:2402.01613.

use candle_core::{DType, Device, Result};
use candle_nn::VarBuilder;
use candle_transformers::models::nomic_bert;
use serde::Deserialize;

use super::encoder::{Encoder, LONGEST, Tokens, read_one_by_one};

/// The network.
pub struct NomicBert {
    network: nomic_bert::NomicBertModel,
    device: Device,
    width: usize,
    window: usize,
}

/// What candle's configuration of Nomic BERT leaves out.
#[derive(Deserialize)]
struct NomicLimits {
    max_trained_positions: Option<usize>,
}

impl NomicBert {
    /// Loads the network from its `config.json` and the bytes of its weights, to be computed on `device`.
    pub fn load(config: &serde_json::Value, file: &[u8], device: &Device) -> Result<Self> {
        let limits = NomicLimits::deserialize(config).map_err(candle_core::Error::wrap)?;
        let config = nomic_bert::Config::deserialize(config).map_err(candle_core::Error::wrap)?;
        if config.activation_function != "swiglu" {
            let other = &config.activation_function;
            candle_core::bail!("its activation `{other}` is not swiglu");
        }
        // Beyond what it was trained on, the positions need a scaling that candle does not have.
        let trained = limits.max_trained_positions.unwrap_or(config.n_positions);
        let window = trained.min(config.n_positions).min(LONGEST);
        let weights = VarBuilder::from_slice_safetensors(file, DType::F32, device)?;
        let network = nomic_bert::NomicBertModel::load(weights, &config)?;
        Ok(Self { network, device: device.clone(), width: config.n_embd, window })
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
        read_one_by_one(texts, &self.device, each, |ids, _| self.network.forward(ids, None, None))
    }
}
