//! `/v1/models`: models on disk and collections.

use axum::Json;
use axum::extract::{Path, State};
use quire_domain::{Collection, InstalledModel, ModelFormat, ModelKind};
use quire_engines::EngineError;
use quire_service::{ServiceError, Services};
use serde::Serialize;

use super::error::from_service;
use super::resolve::unknown;
use crate::http::error::ApiError;
use crate::http::state::{AppState, Started};

/// A list, in OpenAI's shape.
#[derive(Serialize)]
pub struct ModelList {
    object: &'static str,
    data: Vec<ModelEntry>,
}

/// One model. The first four fields are OpenAI's, the others are those of LM Studio.
#[derive(Serialize)]
pub struct ModelEntry {
    id: String,
    object: &'static str,
    created: u64,
    /// Whose it is: `local`, `quire`, or the machine that runs it.
    owned_by: String,
    #[serde(rename = "type")]
    kind: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_context_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
}

/// Lists everything that can be named as a model.
pub async fn list(State(state): State<AppState>) -> Result<Json<ModelList>, ApiError> {
    Ok(Json(ModelList { object: "list", data: entries(&state.services, state.started).await? }))
}

/// Shows one of them; the name may hold slashes.
pub async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ModelEntry>, ApiError> {
    let entries = entries(&state.services, state.started).await?;
    match entries.into_iter().find(|entry| entry.id == id) {
        Some(entry) => Ok(Json(entry)),
        None => Err(missing(&state.services, &id).await),
    }
}

/// Says that there is no such model, and which ones are near.
async fn missing(services: &Services, id: &str) -> ApiError {
    let nearest = match id.parse() {
        Ok(name) => match services.models.find(&name).await {
            Err(ServiceError::Engine(EngineError::UnknownModel { nearest, .. })) => nearest,
            // It has another name, under which it is listed.
            Ok(model) => vec![model.id],
            Err(error) => return from_service(error),
        },
        Err(_) => Vec::new(),
    };
    unknown(id, &nearest)
}

async fn entries(services: &Services, started: Started) -> Result<Vec<ModelEntry>, ApiError> {
    let models = services.models.list().await?;
    let collections = services.collections.list().await?;
    let models = models.into_iter().map(|model| of_model(model, started));
    Ok(models.chain(collections.into_iter().map(|collection| of_collection(&collection))).collect())
}

fn of_model(model: InstalledModel, started: Started) -> ModelEntry {
    ModelEntry {
        id: model.id.to_string(),
        object: "model",
        created: started.0,
        owned_by: model.remote_host.unwrap_or_else(|| "local".to_owned()),
        kind: match model.kind {
            ModelKind::Chat if model.reads_images => "vlm",
            ModelKind::Chat => "llm",
            ModelKind::Embedding => "embeddings",
            ModelKind::Reranker => "reranker",
            ModelKind::Judge => "judge",
            ModelKind::Ocr => "ocr",
        },
        state: if model.loaded { "loaded" } else { "not-loaded" },
        max_context_length: model.context_tokens,
        quantization: model.quantization,
        format: model.format.map(|format| match format {
            ModelFormat::Gguf => "gguf",
            ModelFormat::Safetensors => "safetensors",
            ModelFormat::Onnx => "onnx",
        }),
    }
}

fn of_collection(collection: &Collection) -> ModelEntry {
    ModelEntry {
        id: format!("{}{}", super::resolve::COLLECTION_PREFIX, collection.name),
        object: "model",
        created: (collection.created_at_ms / 1000).max(0) as u64,
        owned_by: "quire".to_owned(),
        kind: "collection",
        state: "loaded",
        max_context_length: None,
        quantization: None,
        format: None,
    }
}
