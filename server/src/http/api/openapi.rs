//! The API's own description, and a page to browse it. Everything is served from here.

use axum::Router;
use quire_domain::sync::{BatchRequest, SourceEvent};
use quire_domain::{AnswerEvent, EvaluationEvent, IngestEvent};
use utoipa::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

use crate::http::state::AppState;

/// The description of the native API.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Quire",
        description = "A private notebook over your own documents. Positions in text count Unicode code points, times are milliseconds since the Unix epoch, pages count from 1. An OpenAI-compatible API is under /v1."
    ),
    paths(
        super::health::health,
        super::health::index_health,
        super::collections::list,
        super::collections::create,
        super::collections::show,
        super::collections::change,
        super::collections::delete,
        super::indexes::switch,
        super::indexes::back,
        super::indexes::drop_next,
        super::indexes::drop_previous,
        super::upload::upload,
        super::documents::list,
        super::documents::show,
        super::documents::delete,
        super::documents::retry,
        super::documents::text,
        super::documents::view,
        super::metadata::tags,
        super::metadata::links,
        super::content::original,
        super::events::follow,
        super::search::search,
        super::ask::ask,
        super::conversations::list,
        super::conversations::create,
        super::conversations::show,
        super::conversations::rename,
        super::conversations::delete,
        super::evaluations::run,
        super::evaluations::sweep,
        super::evaluations::list,
        super::evaluations::show,
        super::evaluations::delete,
        super::evaluations::questions,
        super::evaluations::set_questions,
        super::evaluations::suggest,
        super::models::list,
        super::sources::manage::list,
        super::sources::manage::put,
        super::sources::manage::show,
        super::sources::manage::delete,
        super::sources::manage::pause,
        super::sources::manage::resume,
        super::sources::manage::digest,
        super::sources::keys::list,
        super::sources::keys::revoke,
        super::sources::pairing::create_code,
        super::sources::pairing::pair,
        super::sources::plan::plan,
        super::sources::plan::commit,
        super::sources::batch::write,
        super::sources::files::list,
        super::sources::files::read,
        super::sources::files::put,
        super::sources::files::delete,
        super::sources::blobs::state,
        super::sources::blobs::append,
        super::sources::progress::changes,
        super::sources::progress::follow,
        super::sources::progress::failures,
        super::sources::progress::reindex,
    ),
    components(schemas(AnswerEvent, BatchRequest, EvaluationEvent, IngestEvent, SourceEvent))
)]
pub struct Description;

/// `/api/openapi.json` and `/api/docs`.
pub fn routes() -> Router<AppState> {
    SwaggerUi::new("/api/docs").url("/api/openapi.json", Description::openapi()).into()
}
