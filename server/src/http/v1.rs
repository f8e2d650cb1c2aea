//! The OpenAI-compatible API. Models answer plainly; a collection is a model too, named
//! `collection/<name>`, and answers from its documents with annotations.

pub mod models;
pub mod resolve;

pub mod chat;
pub mod completions;
pub mod conversations;
pub mod embeddings;
pub mod responses;

pub mod files;
pub mod rerank;
pub mod tokenize;
pub mod vector_stores;

pub(crate) mod calls;
pub(crate) mod constraint;
pub(crate) mod content;
pub(crate) mod error;
pub(crate) mod file_search;
pub(crate) mod mcp;
pub(crate) mod messages;
pub(crate) mod options;
mod page;
mod reply;
pub(crate) mod tools;

use axum::Router;
use axum::routing::{get, post};

use super::state::AppState;

/// All routes of `/v1`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*id}", get(models::show))
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/completions", post(completions::complete))
        .route("/v1/embeddings", post(embeddings::embed))
        .route("/v1/rerank", post(rerank::rerank))
        .route("/v1/tokenize", post(tokenize::tokenize))
        .route("/v1/detokenize", post(tokenize::detokenize))
        .merge(responses::routes())
        .merge(conversations::routes())
        .merge(files::routes())
        .merge(vector_stores::routes())
}
