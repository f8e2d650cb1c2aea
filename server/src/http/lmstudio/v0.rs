//! `/api/v0`: models with what LM Studio knows of them, and chats with statistics.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Extension, Json};
use quire_domain::{InstalledModel, ModelKind};
use serde::Serialize;

use super::stats::{format_of, publisher_of};
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::guard::access::Identity;
use crate::http::state::AppState;
use crate::http::v1::chat::{self, ChatBody, Extras};
use crate::http::v1::error::model_not_found;

/// A list of models.
#[derive(Serialize)]
pub struct ModelList {
    object: &'static str,
    data: Vec<ModelEntry>,
}

/// A model on disk.
#[derive(Serialize)]
pub struct ModelEntry {
    id: String,
    object: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    publisher: String,
    /// Not read from the files for this.
    arch: &'static str,
    compatibility_type: &'static str,
    quantization: String,
    state: &'static str,
    max_context_length: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded_context_length: Option<u32>,
    capabilities: &'static [&'static str],
}

impl ModelEntry {
    fn of(model: &InstalledModel) -> Option<Self> {
        let (kind, capabilities): (_, &[&str]) = match model.kind {
            ModelKind::Chat if model.reads_images => ("vlm", &["tool_use", "vision"]),
            ModelKind::Chat => ("llm", &["tool_use"]),
            ModelKind::Embedding => ("embeddings", &[]),
            // LM Studio has no such models.
            ModelKind::Reranker | ModelKind::Judge | ModelKind::Ocr => return None,
        };
        Some(Self {
            id: model.id.to_string(),
            object: "model",
            kind,
            publisher: publisher_of(model),
            arch: "unknown",
            compatibility_type: format_of(model),
            quantization: model.quantization.clone().unwrap_or_default(),
            state: if model.loaded { "loaded" } else { "not-loaded" },
            max_context_length: model.context_tokens.unwrap_or_default(),
            loaded_context_length: model.context_tokens.filter(|_| model.loaded),
            capabilities,
        })
    }
}

/// Lists the models.
pub async fn list(State(state): State<AppState>) -> Result<Json<ModelList>, ApiError> {
    let models = state.services.models.list().await?;
    let data = models.iter().filter_map(ModelEntry::of).collect();
    Ok(Json(ModelList { object: "list", data }))
}

/// Shows one of them.
pub async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ModelEntry>, ApiError> {
    let models = state.services.models.list().await?;
    let found = models.iter().find(|model| model.id.as_str() == id).and_then(ModelEntry::of);
    found.map(Json).ok_or_else(|| model_not_found(format!("The model `{id}` does not exist.")))
}

/// Continues a chat.
pub async fn chat(
    State(state): State<AppState>,
    headers: HeaderMap,
    identity: Option<Extension<Identity>>,
    JsonBody(body): JsonBody<ChatBody>,
) -> Result<Response, ApiError> {
    chat::reply(&state, (&headers, identity.as_deref()), body, Extras::Stats).await
}
