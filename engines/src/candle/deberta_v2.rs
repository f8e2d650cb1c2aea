//! `DeBERTa` in its second and third version, by candle-transformers: attention that sees content and
//! relative position apart, arXiv:2006.03654 and arXiv:2111.09543.

use candle_core::{DType, Device, Result, bail};
use candle_nn::VarBuilder;
use candle_transformers::models::debertav2;
use serde::Deserialize;

use super::encoder::{Encoder, LONGEST, Tokens, read_one_by_one};

/// The network without a head.
pub struct DebertaV2 {
    network: debertav2::DebertaV2Model,
    device: Device,
    hidden_size: usize,
    window: usize,
    type_vocab_size: usize,
}

impl DebertaV2 {
    /// Loads the network from its `config.json` and the bytes of its weights, to be computed on `device`.
    pub fn load(config: &serde_json::Value, file: &[u8], device: &Device) -> Result<Self> {
        let config = debertav2::Config::deserialize(config).map_err(candle_core::Error::wrap)?;
        if !config.hidden_size.is_multiple_of(config.num_attention_heads.max(1)) {
            bail!("its heads do not divide its width");
        }
        let weights = VarBuilder::from_slice_safetensors(file, DType::F32, device)?;
        let network = debertav2::DebertaV2Model::load(weights.pp("deberta"), &config)?;
        Ok(Self {
            network,
            device: device.clone(),
            hidden_size: config.hidden_size,
            // Positions are relative, so that longer texts could be read; none was trained on them.
            window: config.max_position_embeddings.min(LONGEST),
            type_vocab_size: config.type_vocab_size,
        })
    }
}

impl Encoder for DebertaV2 {
    fn width(&self) -> usize {
        self.hidden_size
    }

    fn window(&self) -> usize {
        self.window
    }

    fn read(&self, texts: &[Tokens], each: &mut dyn FnMut(&[f32])) -> Result<()> {
        read_one_by_one(texts, &self.device, each, |ids, token_type_ids| {
            let token_type_ids = (self.type_vocab_size > 0).then(|| token_type_ids.clone());
            self.network.forward(ids, token_type_ids, None)
        })
    }
}
