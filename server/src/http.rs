//! The HTTP faces: the native API, `/v1`, what clients of Anthropic, Ollama and LM Studio speak, the web app, shims for other
//! programs' plugins, and the guards before them.
//!
//! A handler decodes, calls the service, and encodes; no rule about documents or answers is here.

pub mod error;
pub mod extract;
pub mod state;
pub mod stored;
pub mod stream;
pub mod text_or;
pub mod turn;

pub mod api;
pub mod v1;
pub mod web;

pub mod anthropic;
pub mod lmstudio;
pub mod ollama;

pub mod khoj;
pub mod miyo;

mod guard;
mod paths;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use quire_service::Services;
use tower::ServiceBuilder;

use crate::HttpOptions;
use state::AppState;

/// Puts every face on one router.
///
/// Needs a `Host` header that names this machine: see [`Callers::hosts`](crate::Callers::hosts).
pub fn router(services: Services, options: HttpOptions) -> Router {
    let limit = DefaultBodyLimit::max(options.max_json_bytes);
    let state = AppState::new(services, options);
    let faces = Router::new()
        .merge(api::routes())
        .merge(v1::routes())
        .merge(anthropic::routes())
        .merge(ollama::routes())
        .merge(lmstudio::routes())
        .merge(khoj::routes())
        .merge(miyo::routes());
    let faces = web::add_routes(faces, &state)
        .fallback(web::not_found)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(limit)
        .with_state(state.clone());
    // Paths are mended before routing, so the routes are a service inside another router.
    let mended = ServiceBuilder::new().map_request(paths::mend).service(faces);
    guard::protect(Router::new().fallback_service(mended), state)
}
