//! What clients of LM Studio speak: its older API at `/api/v0`, which is OpenAI's with statistics, its own at `/api/v1`,
//! and the protocol of its SDKs over a WebSocket each. Nothing of Quire's own API begins so; of other shims only `/api/v1/user`
//! does, which LM Studio does not have.

mod chat;
pub mod downloads;
pub mod error;
mod events;
mod models;
pub mod sdk;
pub mod stats;
mod v0;

use axum::Router;
use axum::routing::{get, post};

use super::state::AppState;

/// The routes; what `/api/v1` refuses it refuses in LM Studio's shape, which `guard::shape` sees to, and `/api/v0` in
/// OpenAI's.
pub fn routes() -> Router<AppState> {
    let v1 = Router::new()
        .route("/api/v1/chat", post(chat::chat))
        .route("/api/v1/models", get(models::list))
        .route("/api/v1/models/load", post(models::load))
        .route("/api/v1/models/unload", post(models::unload))
        .route("/api/v1/models/download", post(downloads::download))
        .route("/api/v1/models/download/status/{job}", get(downloads::status));
    Router::new()
        .route("/api/v0/models", get(v0::list))
        .route("/api/v0/models/{*id}", get(v0::show))
        .route("/api/v0/chat/completions", post(v0::chat))
        .route("/api/v0/completions", post(super::v1::completions::complete))
        .route("/api/v0/embeddings", post(super::v1::embeddings::embed))
        .merge(v1)
        .merge(sdk::routes())
}
