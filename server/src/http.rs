//! The HTTP faces: the native API, `/v1`, what clients of Anthropic, Ollama and LM Studio speak, the web app, shims for other
//! programs' plugins, and the guards before them.
//!
//! A handler decodes, calls the service, and encodes; no rule about documents or answers is here.

mod blocking;
pub mod error;
pub mod extract;
mod moment;
mod pulling;
pub mod socket;
pub mod state;
pub mod stored;
pub mod stream;
pub mod text_or;
pub mod turn;

pub mod api;
pub mod metrics;
pub mod v1;
pub mod web;

pub mod anthropic;
pub mod lmstudio;
pub mod mcp;
pub mod ollama;

pub mod khoj;
pub mod miyo;

mod guard;
mod paths;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use quire_service::Services;

use crate::HttpOptions;
use state::AppState;

/// Puts every face on one router.
///
/// Needs a `Host` header that names this machine: see [`Callers::hosts`](crate::Callers::hosts).
pub fn router(services: Services, options: HttpOptions) -> Router {
    let state = AppState::new(services, options);
    guard::protect(faces(&state), state)
}

/// All routes, without the guards before them.
fn faces(state: &AppState) -> Router {
    let limit = DefaultBodyLimit::max(state.options.max_json_bytes);
    let faces = Router::new()
        .merge(api::routes())
        .merge(metrics::routes())
        .merge(v1::routes())
        .merge(anthropic::routes())
        .merge(ollama::routes())
        .merge(lmstudio::routes())
        .merge(khoj::routes())
        .merge(miyo::routes());
    let faces = mcp::add_route(faces, state);
    web::add_routes(faces, state)
        .fallback(web::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(limit)
        .layer(from_fn(metrics::note_route))
        .with_state(state.clone())
}
