//! Which network a model's `config.json` asks for.

use std::path::Path;

use quire_domain::ModelId;

use crate::EngineError;

use super::bert::Bert;
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
    let config: BertConfig = read_json(model, &folder.join("config.json"))?;
    config.check().map_err(|reason| refuse(model, &reason))?;
    let bert = Weights::open(file).and_then(|weights| Bert::load(&weights, &config));
    Ok(Box::new(bert.map_err(|error| refuse(model, &error.to_string()))?))
}
