//! `/api/v1/models`: what is on disk and in memory, loading and unloading. A model has one instance, of its own name.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use quire_domain::{
    ErrorKind, GpuLayers, InstalledModel, KvType, LoadOptions, LoraAdapter, ModelId, ModelKind,
    TimeToLive,
};
use serde::{Deserialize, Serialize};

use super::stats::{format_of, publisher_of};
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::AppState;
use crate::http::v1::error::from_service;

/// A list of models.
#[derive(Serialize)]
pub struct ModelList {
    models: Vec<ModelEntry>,
}

#[derive(Serialize)]
struct ModelEntry {
    #[serde(rename = "type")]
    kind: &'static str,
    publisher: String,
    key: String,
    display_name: String,
    /// Not read from the files for this.
    architecture: Option<String>,
    quantization: Option<Quantization>,
    size_bytes: u64,
    params_string: Option<String>,
    loaded_instances: Vec<Instance>,
    max_context_length: u32,
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    capabilities: Option<Capabilities>,
}

#[derive(Serialize)]
struct Quantization {
    name: String,
    bits_per_weight: Option<f32>,
}

#[derive(Serialize)]
struct Instance {
    id: String,
    config: InstanceConfig,
}

#[derive(Serialize)]
struct InstanceConfig {
    context_length: u32,
}

#[derive(Serialize)]
struct Capabilities {
    vision: bool,
    trained_for_tool_use: bool,
}

/// A model to load. What LM Studio says of it beyond this is up to the server.
#[derive(Deserialize)]
pub struct LoadBody {
    model: ModelId,
    context_length: Option<u32>,
    /// How exactly keys and values are kept; Quire's own.
    kv_type: Option<KvType>,
    /// How many layers a graphics processor computes; Quire's own.
    gpu_layers: Option<GpuLayers>,
    /// What is laid over the weights; Quire's own.
    lora: Option<LoraAdapter>,
    /// How long it stays after its last use, in seconds; Quire's own.
    ttl: Option<i64>,
}

/// A model that is in memory.
#[derive(Serialize)]
pub struct Loaded {
    #[serde(rename = "type")]
    kind: &'static str,
    instance_id: String,
    /// The same, as earlier versions named it.
    model_instance_id: String,
    load_time_seconds: f64,
    status: &'static str,
}

/// A model to take out of memory.
#[derive(Deserialize, Serialize)]
pub struct UnloadBody {
    #[serde(alias = "model_instance_id")]
    instance_id: ModelId,
}

/// Lists the models.
pub async fn list(State(state): State<AppState>) -> Result<Json<ModelList>, ApiError> {
    let models = state.services.models.list().await?;
    Ok(Json(ModelList { models: models.iter().filter_map(ModelEntry::of).collect() }))
}

/// Loads a model.
pub async fn load(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<LoadBody>,
) -> Result<Json<Loaded>, ApiError> {
    let begun = Instant::now();
    let models = &state.services.models;
    let model = models.find(&body.model).await.map_err(missing)?;
    // Only chat models have a choice, and LM Studio's clients send the length with all.
    let is_chat = model.kind == ModelKind::Chat;
    let options = LoadOptions {
        context_tokens: body.context_length.filter(|_| is_chat),
        kv_type: body.kv_type,
        gpu_layers: body.gpu_layers,
        lora: body.lora,
    };
    let ttl = body.ttl.map(TimeToLive::from_seconds);
    models.load(&model.id, ttl, options).await.map_err(from_service)?;
    Ok(Json(Loaded {
        kind: kind_of(model.kind).unwrap_or("llm"),
        instance_id: model.id.to_string(),
        model_instance_id: model.id.to_string(),
        load_time_seconds: begun.elapsed().as_secs_f64(),
        status: "loaded",
    }))
}

/// Takes a model out of memory, at once or when its work is done.
pub async fn unload(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<UnloadBody>,
) -> Result<Json<UnloadBody>, ApiError> {
    state.services.models.unload(&body.instance_id).await.map_err(missing)?;
    Ok(Json(body))
}

fn missing(error: quire_service::ServiceError) -> ApiError {
    match error.kind() {
        ErrorKind::NotFound => from_service(error).code("model_not_found"),
        _ => from_service(error),
    }
}

fn kind_of(kind: ModelKind) -> Option<&'static str> {
    match kind {
        ModelKind::Chat => Some("llm"),
        ModelKind::Embedding => Some("embedding"),
        ModelKind::Reranker | ModelKind::Judge | ModelKind::Ocr => None,
    }
}

impl ModelEntry {
    fn of(model: &InstalledModel) -> Option<Self> {
        let kind = kind_of(model.kind)?;
        let is_chat = model.kind == ModelKind::Chat;
        let context_length = model.context_tokens.unwrap_or_default();
        let id = model.id.to_string();
        let name = id.rsplit_once('/').map_or(id.as_str(), |(_, name)| name).to_owned();
        let config = InstanceConfig { context_length };
        let instance = model.loaded.then(|| Instance { id: id.clone(), config });
        let capabilities = Capabilities { vision: model.reads_images, trained_for_tool_use: true };
        let quantization = model.quantization.clone();
        Some(Self {
            kind,
            publisher: publisher_of(model),
            key: id,
            display_name: name,
            architecture: None,
            quantization: quantization.map(|name| Quantization { name, bits_per_weight: None }),
            size_bytes: model.size_bytes,
            params_string: None,
            loaded_instances: instance.into_iter().collect(),
            max_context_length: context_length,
            format: format_of(model),
            capabilities: is_chat.then_some(capabilities),
        })
    }
}
