//! Which network a model's `config.json` asks for.

use std::path::Path;

use quire_domain::ModelId;

use crate::EngineError;

use super::bert::Bert;
use super::bert_on_card::BertOnCard;
use super::classifier::Classifier;
use super::config::{BertConfig, read_json, refuse};
use super::deberta_v2::DebertaV2;
use super::device::open_device;
use super::encoder::Encoder;
use super::kernels::Activation;
use super::modern_bert::ModernBert;
use super::nomic_bert::NomicBert;
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
    let device = open_device();
    let loaded: candle_core::Result<Box<dyn Encoder>> =
        match entry(&config, "model_type").unwrap_or_default() {
            DEBERTA_V2 => DebertaV2::load(&config, file, &device).map(|it| Box::new(it) as _),
            "nomic_bert" => NomicBert::load(&config, file, &device).map(|it| Box::new(it) as _),
            "modernbert" => ModernBert::load(&config, file, &device).map(|it| Box::new(it) as _),
            _ => {
                let known = BertConfig::read(config.clone());
                let known = known.map_err(|reason| refuse(model, &reason))?;
                let weights = Weights::open(file);
                if device.is_cpu() {
                    weights.and_then(|it| Bert::load(&it, &known)).map(|it| Box::new(it) as _)
                } else {
                    let prefix = weights.map(|weights| weights.prefix());
                    prefix
                        .and_then(|prefix| BertOnCard::load(&config, (file, prefix), &device))
                        .map(|it| Box::new(it) as _)
                }
            }
        };
    loaded.map_err(|error| refuse(model, &error.to_string()))
}

/// Loads a network with its head for sequence classification; the weights are in `file`.
pub fn load_classifier(
    model: &ModelId,
    folder: &Path,
    file: &[u8],
) -> Result<Classifier, EngineError> {
    let config: serde_json::Value = read_json(model, &folder.join("config.json"))?;
    let encoder = load_encoder(model, folder, file)?;
    let failed = |error: candle_core::Error| refuse(model, &error.to_string());
    let weights = Weights::open(file).map_err(failed)?;
    if entry(&config, "model_type") != Some(DEBERTA_V2) {
        return Classifier::load(&weights, encoder).map_err(failed);
    }
    // transformers leaves out what is as usual.
    let name = entry(&config, "pooler_hidden_act").unwrap_or("gelu");
    let activation = Activation::find(name).ok_or_else(|| {
        refuse(model, &format!("its pooler's activation `{name}` is not one of gelu, relu, tanh"))
    })?;
    Classifier::load_with_context_pooler(&weights, encoder, activation).map_err(failed)
}

/// `DeBERTa`'s second and third version, as `model_type` names them both.
const DEBERTA_V2: &str = "deberta-v2";

fn entry<'a>(config: &'a serde_json::Value, name: &str) -> Option<&'a str> {
    config.get(name)?.as_str()
}
