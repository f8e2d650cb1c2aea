//! The models on disk.

use axum::Json;
use axum::extract::State;
use quire_domain::InstalledModel;
use quire_service::Services;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::error::ApiError;

/// The models on disk.
#[derive(Serialize, ToSchema)]
pub struct ModelList {
    /// By name.
    pub models: Vec<InstalledModel>,
}

/// Lists the models on disk.
#[utoipa::path(get, path = "/api/models", tag = "models",
    responses((status = 200, body = ModelList)))]
pub async fn list(State(services): State<Services>) -> Result<Json<ModelList>, ApiError> {
    Ok(Json(ModelList { models: services.models.list().await? }))
}
