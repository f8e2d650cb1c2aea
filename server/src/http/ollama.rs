//! What clients of Ollama speak: `/api/chat`, `generate`, `embed`, `embeddings`, `tags`, `show`, `ps`, `version`, `pull`,
//! `delete` and `copy`, streamed as lines of JSON.
//!
//! Quire's own API is under `/api` too. No path of the two is the same: Quire's are named after what is kept
//! (`/api/collections`, `/api/models`), Ollama's after what is done, and a test holds them apart. `/api/tags` lists models;
//! the tags of documents are below `/api/collections/{name}`.

mod embed;
pub mod error;
mod generate;
mod input;
mod library;
mod lines;
mod models;
mod options;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::map_request;
use axum::routing::{delete, get, post};

use super::state::AppState;

/// The paths of its routes.
pub const PATHS: [&str; 11] = [
    "/api/chat",
    "/api/generate",
    "/api/embed",
    "/api/embeddings",
    "/api/tags",
    "/api/show",
    "/api/ps",
    "/api/version",
    "/api/pull",
    "/api/delete",
    "/api/copy",
];

/// The routes; whatever is refused on them is refused in Ollama's shape, which `guard::shape` sees to.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/chat", post(generate::chat))
        .route("/api/generate", post(generate::generate))
        .route("/api/embed", post(embed::embed))
        .route("/api/embeddings", post(embed::embed_one))
        .route("/api/tags", get(models::tags))
        .route("/api/show", post(models::show))
        .route("/api/ps", get(models::ps))
        .route("/api/version", get(models::version))
        .route("/api/pull", post(library::pull))
        .route("/api/delete", delete(library::delete))
        .route("/api/copy", post(library::copy))
        .layer(map_request(take_as_json))
}

/// Takes the body of a program for JSON whatever type it states, as Ollama does: curl states that of a form, and some
/// libraries that of plain text. What a web page sends must be stated rightly.
async fn take_as_json(mut request: Request) -> Request {
    if !is_of_a_page(request.headers()) {
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
    }
    request
}

/// Returns whether a browser sent a request: all of them say where from, unless they only get a page.
fn is_of_a_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}
