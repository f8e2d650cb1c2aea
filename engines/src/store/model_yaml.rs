//! `model.yaml`, by which LM Studio describes a model: where its files are, and how it is best used. The format is that of
//! modelyaml.org; what Quire does not know in it is passed over.

use std::path::Path;

use quire_domain::{GpuLayers, ModelId, Preset};
use serde::Deserialize;
use serde_json::Value;

use crate::EngineError;

/// Such files have some hundred lines.
const LARGEST: u64 = 1 << 20;

/// What such a file says.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelYaml {
    /// The model's name.
    pub name: ModelId,
    /// The repositories that have it, best first.
    pub repositories: Vec<ModelId>,
    /// How it is best used.
    pub preset: Preset,
}

#[derive(Deserialize)]
struct File {
    model: String,
    base: Base,
    #[serde(default)]
    config: Config,
}

/// A base is a name, or a list of names with their places.
#[derive(Deserialize)]
#[serde(untagged)]
enum Base {
    Name(String),
    Places(Vec<Place>),
}

#[derive(Deserialize)]
struct Place {
    key: String,
    #[serde(default)]
    sources: Vec<Source>,
}

#[derive(Deserialize)]
struct Source {
    user: Option<String>,
    repo: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    operation: Fields,
    load: Fields,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    key: String,
    value: Value,
}

impl ModelYaml {
    /// Reads a file. Blocks on the disk.
    pub fn read(path: &Path) -> Result<Self, EngineError> {
        let length = path.metadata().map_err(super::io_error(path))?.len();
        let refuse = |reason: String| EngineError::NotAModel { path: path.to_owned(), reason };
        if length > LARGEST {
            return Err(refuse("it is too long for a description of a model".to_owned()));
        }
        let text = std::fs::read_to_string(path).map_err(super::io_error(path))?;
        Self::parse(&text).map_err(refuse)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let name =
            file.model.parse().map_err(|error: quire_domain::InvalidName| error.to_string())?;
        let repositories = match file.base {
            Base::Name(name) => vec![name],
            Base::Places(places) => places.into_iter().flat_map(repositories_of).collect(),
        };
        let repositories: Vec<ModelId> =
            repositories.iter().filter_map(|name| name.parse().ok()).collect();
        if repositories.is_empty() {
            return Err("it names no repository of Hugging Face".to_owned());
        }
        let mut preset = Preset::default();
        for Field { key, value } in
            file.config.operation.fields.into_iter().chain(file.config.load.fields)
        {
            settle(&mut preset, &key, &value);
        }
        Ok(Self { name, repositories, preset })
    }
}

fn repositories_of(place: Place) -> Vec<String> {
    let named = place
        .sources
        .into_iter()
        .filter_map(|source| Some(format!("{}/{}", source.user?, source.repo?)));
    let named: Vec<String> = named.collect();
    if named.is_empty() { vec![place.key] } else { named }
}

/// Takes in one field; a value may be `{checked: true, value: ..}`.
fn settle(preset: &mut Preset, key: &str, value: &Value) {
    let is_off = value.get("checked").is_some_and(|checked| checked == false);
    if is_off {
        return;
    }
    let value = value.get("value").unwrap_or(value);
    let number = || value.as_f64().map(|number| number as f32);
    let whole = || u32::try_from(value.as_u64()?).ok();
    match key {
        "llm.prediction.temperature" => preset.temperature = number(),
        "llm.prediction.topPSampling" => preset.top_p = number(),
        "llm.prediction.topKSampling" => preset.top_k = whole(),
        "llm.prediction.minPSampling" => preset.min_p = number(),
        "llm.prediction.repeatPenalty" => preset.repeat_penalty = number(),
        "llm.prediction.systemPrompt" => preset.system = value.as_str().map(str::to_owned),
        "llm.load.contextLength" => preset.load.context_tokens = whole(),
        "llm.load.llama.kCacheQuantizationType" => {
            preset.load.kv_type = value.as_str().and_then(|kind| kind.parse().ok());
        }
        "llm.load.llama.acceleration.offloadRatio" => {
            preset.load.gpu_layers = gpu_layers(value);
        }
        _ => {}
    }
}

/// Reads a share of the layers: LM Studio has numbers between 0 and 1, or `max` and `off`.
fn gpu_layers(value: &Value) -> Option<GpuLayers> {
    match value.as_f64() {
        Some(share) => (0.0..=1.0).contains(&share).then_some(GpuLayers::Share(share as f32)),
        None => value.as_str()?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use quire_domain::LoadOptions;

    use super::*;

    #[test]
    fn places_and_settings_are_read() {
        let text = "
model: qwen/qwen3-8b
base:
  - key: lmstudio-community/qwen3-8b-gguf
    sources:
      - type: huggingface
        user: lmstudio-community
        repo: Qwen3-8B-GGUF
metadataOverrides:
  domain: llm
  reasoning: true
config:
  operation:
    fields:
      - key: llm.prediction.topKSampling
        value: 20
      - key: llm.prediction.minPSampling
        value: {checked: true, value: 0.1}
      - key: llm.prediction.repeatPenalty
        value: {checked: false, value: 1.5}
      - key: llm.prediction.temperature
        value: 0.6
  load:
    fields:
      - key: llm.load.contextLength
        value: 4096
";
        let read = ModelYaml::parse(text).expect("a description");
        assert_eq!(read.name.as_str(), "qwen/qwen3-8b");
        assert_eq!(read.repositories[0].as_str(), "lmstudio-community/Qwen3-8B-GGUF");
        let expected = Preset {
            top_k: Some(20),
            min_p: Some(0.1),
            temperature: Some(0.6),
            load: LoadOptions::of_context(4096),
            ..Preset::default()
        };
        assert_eq!(read.preset, expected);
        let short = ModelYaml::parse("model: a/b\nbase: c/d-GGUF\n").expect("a description");
        assert_eq!(short.repositories[0].as_str(), "c/d-GGUF");
        assert!(ModelYaml::parse("model: a/b\nbase: []\n").is_err());
        assert!(ModelYaml::parse("- 1").is_err());
    }
}
