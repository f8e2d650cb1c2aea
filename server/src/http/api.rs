//! The native API under `/api`, one file a resource; its description is at `/api/openapi.json` and
//! can be browsed at `/api/docs`.

pub mod collections;
pub mod documents;
pub mod indexes;
pub mod metadata;
pub mod upload;

pub mod content;
pub mod events;

pub mod ask;
pub mod search;

pub mod conversations;
pub mod evaluations;
pub mod health;
pub mod models;

pub mod sources;

pub mod openapi;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post};

use super::state::AppState;

/// The most bytes of an evaluation's questions: about 100,000 of them.
const MAX_EVALUATION_BYTES: usize = 64 << 20;

/// All routes of the native API.
pub fn routes() -> Router<AppState> {
    let uploads = post(upload::upload).layer(DefaultBodyLimit::disable());
    let evaluations = post(evaluations::run).layer(DefaultBodyLimit::max(MAX_EVALUATION_BYTES));
    let sweeps = post(evaluations::sweep).layer(DefaultBodyLimit::max(MAX_EVALUATION_BYTES));
    Router::new()
        .route("/health", get(health::health))
        .route("/api/health/index", get(health::index_health))
        .route("/api/collections", get(collections::list).post(collections::create))
        .route(
            "/api/collections/{name}",
            get(collections::show).patch(collections::change).delete(collections::delete),
        )
        .route("/api/collections/{name}/index/switch", post(indexes::switch))
        .route("/api/collections/{name}/index/back", post(indexes::back))
        .route("/api/collections/{name}/index/next", delete(indexes::drop_next))
        .route("/api/collections/{name}/index/previous", delete(indexes::drop_previous))
        .route("/api/collections/{name}/documents", uploads.get(documents::list))
        .route("/api/collections/{name}/tags", get(metadata::tags))
        .route("/api/collections/{name}/events", get(events::follow))
        .route("/api/collections/{name}/search", post(search::search))
        .route("/api/collections/{name}/ask", post(ask::ask))
        .route(
            "/api/collections/{name}/conversations",
            get(conversations::list).post(conversations::create),
        )
        .route(
            "/api/conversations/{id}",
            get(conversations::show).patch(conversations::rename).delete(conversations::delete),
        )
        .route("/api/collections/{name}/evaluations", evaluations.get(evaluations::list))
        .route("/api/collections/{name}/evaluations/sweep", sweeps)
        .route("/api/evaluations/{id}", get(evaluations::show).delete(evaluations::delete))
        .route(
            "/api/collections/{name}/questions",
            get(evaluations::questions).put(evaluations::set_questions),
        )
        .route("/api/collections/{name}/questions/suggest", post(evaluations::suggest))
        .route("/api/documents/{id}", get(documents::show).delete(documents::delete))
        .route("/api/documents/{id}/retry", post(documents::retry))
        .route("/api/documents/{id}/text", get(documents::text))
        .route("/api/documents/{id}/view", get(documents::view))
        .route("/api/documents/{id}/links", get(metadata::links))
        .route("/api/documents/{id}/content", get(content::original))
        .route("/api/models", get(models::list))
        .merge(sources::routes())
        .merge(openapi::routes())
}
