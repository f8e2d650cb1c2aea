//! Whether the server runs, and whether catalog and index agree.

use axum::Json;
use axum::extract::State;
use quire_domain::IndexHealth;
use quire_service::Services;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::backends;
use crate::http::error::ApiError;

/// A server that runs.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// `quire`, so that a client knows it has found the right program.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `local`, or `scripted` for a build without models.
    pub build: String,
    /// Its process.
    pub pid: u32,
}

/// Says that the server runs.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = Health)))]
pub async fn health() -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        name: "quire".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: backends::BUILD.to_owned(),
        pid: std::process::id(),
    })
}

/// Compares every collection's catalog with its index.
#[utoipa::path(get, path = "/api/health/index", tag = "health",
    responses((status = 200, body = IndexHealth)))]
pub async fn index_health(State(services): State<Services>) -> Result<Json<IndexHealth>, ApiError> {
    Ok(Json(services.index_health().await?))
}
