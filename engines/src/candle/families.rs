//! Which network a model's `config.json` asks for.

use std::path::Path;

use quire_domain::ModelId;

use crate::EngineError;

use super::bert::Bert;
use super::borrowed::{ModernBert, NomicBert};
use super::config::{BertConfig, read_json, refuse};
use super::encoder::Encoder;
use super::weights::Weights;

/// Reads a model's weights as they are on disk.
pub fn read_weights(folder: &Path) -> Result<Vec<u8>, EngineError> {
    let path = folder.join("model.safetensors");
    std::fs::read(&path).map_err(|source| EngineError::Io { path, source })
}

/// Loads the network of a model whose weights are in `file`.
pub fn load_encoder(
    model: &ModelId,
    folder: &Path,
    file: &[u8],
) -> Result<Box<dyn Encoder>, EngineError> {
    let config: serde_json::Value = read_json(model, &folder.join("config.json"))?;
    let kind = config.get("model_type").and_then(serde_json::Value::as_str).unwrap_or_default();
    let loaded: candle_core::Result<Box<dyn Encoder>> = match kind {
        "nomic_bert" => NomicBert::load(&config, file).map(|it| Box::new(it) as _),
        "modernbert" => ModernBert::load(&config, file).map(|it| Box::new(it) as _),
        _ => {
            let config = BertConfig::read(config).map_err(|reason| refuse(model, &reason))?;
            let weights = Weights::open(file);
            weights.and_then(|it| Bert::load(&it, &config)).map(|it| Box::new(it) as _)
        }
    };
    loaded.map_err(|error| refuse(model, &error.to_string()))
}
