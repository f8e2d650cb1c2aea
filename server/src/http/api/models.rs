//! The models on disk, and those in memory.

use axum::Json;
use axum::extract::State;
use quire_domain::{InstalledModel, LoadOptions, ModelId, ResidentModel, TimeToLive, Unloading};
use quire_service::Services;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::JsonBody;

/// The models on disk.
#[derive(Serialize, ToSchema)]
pub struct ModelList {
    /// By name.
    pub models: Vec<InstalledModel>,
}

/// The models in memory and on their way there.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct LoadedModels {
    /// By name.
    pub models: Vec<ResidentModel>,
}

/// A model to load.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct LoadBody {
    /// Its name.
    pub model: ModelId,
    /// How many seconds it stays after its last use, from now on: 0 unloads it when it is idle, less than 0
    /// never. Left out: as it was, or as the server was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
    /// How a chat model is loaded, until the server ends or this says otherwise.
    #[serde(flatten)]
    pub options: LoadOptions,
}

/// A model to unload.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct UnloadBody {
    /// Its name.
    pub model: ModelId,
}

/// What came of unloading a model.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct Unloaded {
    /// What came of it.
    pub outcome: Unloading,
}

/// Lists the models on disk.
#[utoipa::path(get, path = "/api/models", tag = "models",
    responses((status = 200, body = ModelList)))]
pub async fn list(State(services): State<Services>) -> Result<Json<ModelList>, ApiError> {
    Ok(Json(ModelList { models: services.models.list().await? }))
}

/// Lists the models in memory and on their way there: what each takes, who waits, and when it leaves by itself.
#[utoipa::path(get, path = "/api/models/loaded", tag = "models",
    responses((status = 200, body = LoadedModels)))]
pub async fn loaded(State(services): State<Services>) -> Json<LoadedModels> {
    Json(LoadedModels { models: services.models.list_loaded() })
}

/// Loads a model before somebody asks it, or changes how long it stays; lists what is in memory then.
#[utoipa::path(post, path = "/api/models/load", tag = "models", request_body = LoadBody,
    responses(
        (status = 200, body = LoadedModels),
        (status = 404, description = "There is no such model on disk; the message names those that are near", body = ErrorBody),
        (status = 400, description = "It cannot be loaded so, such as with a LoRA adapter that was made for another model", body = ErrorBody),
        (status = 409, description = "It is at work, and cannot be loaded otherwise now", body = ErrorBody),
        (status = 503, description = "It could not be loaded, or needs more memory than models may take beside those at work", body = ErrorBody)))]
pub async fn load(
    State(services): State<Services>,
    JsonBody(body): JsonBody<LoadBody>,
) -> Result<Json<LoadedModels>, ApiError> {
    let ttl = body.ttl.map(TimeToLive::from_seconds);
    services.models.load(&body.model, ttl, body.options).await?;
    Ok(Json(LoadedModels { models: services.models.list_loaded() }))
}

/// Takes a model out of memory: at once, or when its work is done.
#[utoipa::path(post, path = "/api/models/unload", tag = "models", request_body = UnloadBody,
    responses(
        (status = 200, body = Unloaded),
        (status = 404, description = "There is no such model on disk; the message names those that are near", body = ErrorBody)))]
pub async fn unload(
    State(services): State<Services>,
    JsonBody(body): JsonBody<UnloadBody>,
) -> Result<Json<Unloaded>, ApiError> {
    Ok(Json(Unloaded { outcome: services.models.unload(&body.model).await? }))
}
