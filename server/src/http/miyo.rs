//! A shim: the local service that the plugin Obsidian Copilot searches through, which it knows as
//! Miyo, so that people can keep that plugin. Only with `quire serve --miyo`, and only for this
//! machine: the service reads folders that it is told.
//!
//! A folder is named by its last part, which is the vault's name, or by its absolute path. Vaults
//! that are kept in step otherwise, by our own plugin, are found by their name too. Paths of files go
//! out as `Folder/path/in/it`. Errors are `{"detail": "..", "code": ".."}`.

mod documents;
pub mod error;
mod folder;
mod local;
mod search;

use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use self::local::LocalOnly;
use super::state::AppState;

/// The routes below `/v0`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v0/health", get(health))
        .route("/v0/folder", get(folder::show).post(folder::add).delete(folder::remove))
        .route("/v0/scan", post(folder::scan))
        .route("/v0/folder/files", get(documents::files))
        .route("/v0/folder/documents", get(documents::passages))
        .route("/v0/parse-doc", post(documents::parse))
        .route("/v0/search", post(search::search))
        .route("/v0/search/related", post(search::related))
}

/// `GET /v0/health`: the first thing that the plugin asks.
async fn health(_caller: LocalOnly) -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
