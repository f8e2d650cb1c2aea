//! The API's own description, and a page to browse it. Everything is served from here.

use axum::Router;
use quire_domain::sync::{BatchRequest, SourceEvent};
use quire_domain::{AnswerEvent, EvaluationEvent, IngestEvent};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::http::state::AppState;

/// What is said of the native API as a whole, and the events of its streams.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Quire",
        description = "A private notebook over your own documents. Positions in text count Unicode code points, times are milliseconds since the Unix epoch, pages count from 1. An OpenAI-compatible API is under /v1."
    ),
    components(schemas(AnswerEvent, BatchRequest, EvaluationEvent, IngestEvent, SourceEvent))
)]
struct Description;

/// Serves routes, what describes them at `/api/openapi.json`, and `/api/docs`.
pub fn serve(routes: OpenApiRouter<AppState>) -> Router<AppState> {
    let (served, described) = routes.split_for_parts();
    let docs = SwaggerUi::new("/api/docs").url("/api/openapi.json", describe(described));
    served.merge(docs)
}

/// Puts what is said of the API as a whole before what is said of each route.
fn describe(mut routes: OpenApi) -> OpenApi {
    // OpenAPI has no sign for a part of a path that may hold slashes.
    let paths = std::mem::take(&mut routes.paths.paths).into_iter();
    routes.paths.paths = paths.map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    let mut description = Description::openapi();
    description.merge(routes);
    description
}
