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

pub mod claims;
pub mod conversations;
pub mod evaluations;
pub mod health;
pub mod models;

pub mod keys;
pub mod mcp;
pub mod server;
pub mod sources;

pub mod openapi;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::state::AppState;

/// The most bytes of an evaluation's questions or claims: about 100,000 questions.
const MAX_EVALUATION_BYTES: usize = 64 << 20;

/// All routes of the native API, and what describes them.
pub fn routes() -> Router<AppState> {
    openapi::serve(described_routes())
}

/// The routes, each with its description: there is no other list of them.
fn described_routes() -> OpenApiRouter<AppState> {
    let questions = DefaultBodyLimit::max(MAX_EVALUATION_BYTES);
    OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(health::index_health))
        .routes(routes!(collections::list, collections::create))
        .routes(routes!(collections::show, collections::change, collections::delete))
        .routes(routes!(indexes::switch))
        .routes(routes!(indexes::back))
        .routes(routes!(indexes::drop_next))
        .routes(routes!(indexes::drop_previous))
        .routes(routes!(upload::upload).layer(DefaultBodyLimit::disable()))
        .routes(routes!(documents::list))
        .routes(routes!(documents::show, documents::delete))
        .routes(routes!(documents::retry))
        .routes(routes!(documents::text))
        .routes(routes!(documents::view))
        .routes(routes!(documents::report))
        .routes(routes!(content::original))
        .routes(routes!(metadata::tags))
        .routes(routes!(metadata::links))
        .routes(routes!(events::follow))
        .routes(routes!(search::search))
        .routes(routes!(ask::ask))
        .routes(routes!(conversations::list, conversations::create))
        .routes(routes!(conversations::show, conversations::rename, conversations::delete))
        .routes(routes!(evaluations::run).layer(questions))
        .routes(routes!(evaluations::sweep).layer(questions))
        .routes(routes!(claims::judge).layer(questions))
        .routes(routes!(evaluations::list))
        .routes(routes!(evaluations::show, evaluations::delete))
        .routes(routes!(evaluations::questions, evaluations::set_questions))
        .routes(routes!(evaluations::suggest))
        .routes(routes!(models::list))
        .routes(routes!(models::loaded))
        .routes(routes!(models::load))
        .routes(routes!(models::unload))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::log))
        .routes(routes!(keys::revoke))
        .routes(routes!(server::stop))
        .routes(routes!(mcp::list))
        .routes(routes!(mcp::connect))
        .routes(routes!(mcp::change_tool))
        .merge(sources::routes())
}
