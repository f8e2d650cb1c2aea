//! Models and their instances as the SDKs know them.

use quire_domain::{InstalledModel, ModelKind};
use serde::Serialize;

use super::specifier::{Domain, Found};
use crate::http::lmstudio::stats::{format_of, publisher_of};
use crate::http::state::AppState;

/// What stands for what is no file: the SDKs know formats of files alone, and refuse other words.
const UNKNOWN_FORMAT: &str = "gguf";

/// A model that is installed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelInfo {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its name.
    pub model_key: String,
    format: &'static str,
    display_name: String,
    publisher: String,
    path: String,
    size_bytes: u64,
    indexed_model_identifier: String,
    /// All models are those of this machine, or are asked by it.
    device_identifier: (),
    #[serde(skip_serializing_if = "Option::is_none")]
    quantization: Option<Quantization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vision: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trained_for_tool_use: Option<bool>,
    max_context_length: usize,
}

#[derive(Clone, Debug, Serialize)]
struct Quantization {
    name: String,
    bits: u32,
}

/// A model that is in memory, or that comes there when it is asked.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceInfo {
    #[serde(flatten)]
    model: ModelInfo,
    /// Its name.
    pub identifier: String,
    instance_reference: String,
    ttl_ms: Option<u64>,
    /// Not told: what is known is when it will leave.
    last_used_time: Option<i64>,
    /// How many tokens it takes.
    pub context_length: usize,
}

impl ModelInfo {
    /// Describes a model; nothing of sorts that the SDKs do not know.
    pub fn of(state: &AppState, model: &InstalledModel) -> Option<Self> {
        let domain = Domain::of(model.kind)?;
        let is_chat = model.kind == ModelKind::Chat;
        let capacity = state.services.models.find_capacity(&model.id);
        let reads_images = model.reads_images || capacity.is_some_and(|it| it.reads_images);
        let id = model.id.to_string();
        let name = id.rsplit_once('/').map_or(id.as_str(), |(_, name)| name).to_owned();
        let known = model.context_tokens.map_or(0, |tokens| tokens as usize);
        let loaded = capacity.map_or(0, |capacity| capacity.context_tokens);
        Some(Self {
            kind: domain.as_str(),
            format: match format_of(model) {
                "remote" => UNKNOWN_FORMAT,
                format => format,
            },
            display_name: name,
            publisher: publisher_of(model),
            path: id.clone(),
            size_bytes: model.size_bytes,
            indexed_model_identifier: id.clone(),
            device_identifier: (),
            quantization: model.quantization.as_deref().and_then(Quantization::read),
            vision: is_chat.then_some(reads_images),
            // Models whose template shows no tools are told of them in words.
            trained_for_tool_use: is_chat.then_some(true),
            max_context_length: known.max(loaded),
            model_key: id,
        })
    }

    /// Describes a collection.
    fn of_collection(identifier: &str, max_context_length: usize) -> Self {
        Self {
            kind: Domain::Llm.as_str(),
            model_key: identifier.to_owned(),
            format: UNKNOWN_FORMAT,
            display_name: identifier.to_owned(),
            publisher: "quire".to_owned(),
            path: identifier.to_owned(),
            size_bytes: 0,
            indexed_model_identifier: identifier.to_owned(),
            device_identifier: (),
            quantization: None,
            vision: Some(false),
            trained_for_tool_use: Some(false),
            max_context_length,
        }
    }
}

impl Quantization {
    /// Reads how many bits a number has out of a name such as `Q4_K_M` or `BF16`.
    fn read(name: &str) -> Option<Self> {
        let digits = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let bits = digits[..end].parse().ok()?;
        Some(Self { name: name.to_owned(), bits })
    }
}

impl InstanceInfo {
    /// Describes a model under a name; nothing of sorts that the SDKs do not know.
    pub fn of(state: &AppState, model: &InstalledModel, identifier: String) -> Option<Self> {
        let info = ModelInfo::of(state, model)?;
        let models = &state.services.models;
        let capacity = models.find_capacity(&model.id);
        let resident = models.list_loaded().into_iter().find(|resident| resident.id == model.id);
        let ttl_seconds = resident.and_then(|resident| resident.ttl_seconds);
        let context_length = capacity.map(|capacity| capacity.context_tokens);
        Some(Self {
            context_length: context_length.unwrap_or(info.max_context_length),
            model: info,
            instance_reference: identifier.clone(),
            identifier,
            ttl_ms: ttl_seconds.map(|seconds| seconds.saturating_mul(1000)),
            last_used_time: None,
        })
    }

    /// Describes who was found. A collection takes what the model takes that writes for it, if there is one.
    pub async fn of_found(state: &AppState, found: &Found) -> Option<Self> {
        match found {
            Found::Model { model, identifier } => Self::of(state, model, identifier.clone()),
            Found::Collection { identifier, model } => {
                let writer = model.as_ref().unwrap_or(&state.services.config().chat_model);
                let writer = state.services.models.find(writer).await.ok();
                let writer = writer.and_then(|writer| Self::of(state, &writer, identifier.clone()));
                let context_length = writer.map_or(0, |writer| writer.context_length);
                Some(Self {
                    model: ModelInfo::of_collection(identifier, context_length),
                    identifier: identifier.clone(),
                    instance_reference: identifier.clone(),
                    ttl_ms: None,
                    last_used_time: None,
                    context_length,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quantization;

    #[test]
    fn bits_are_read_out_of_names() {
        for (name, expected) in [
            ("Q4_K_M", Some(4)),
            ("IQ3_XS", Some(3)),
            ("F16", Some(16)),
            ("BF16", Some(16)),
            ("Q8_0", Some(8)),
            ("MXFP4", Some(4)),
            ("", None),
        ] {
            let read = Quantization::read(name).map(|quantization| quantization.bits);
            assert_eq!(read, expected, "{name}");
        }
    }
}
