//! The API's own description, and a page to browse it. Everything is served from here.

use axum::Router;
use quire_domain::sync::{BatchRequest, SourceEvent};
use quire_domain::{AnswerEvent, EvaluationEvent, IngestEvent, Language};
use serde_json::{Value, json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    Content, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder, Schema, Type,
};
use utoipa::{OpenApi as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::http::error::ErrorBody;
use crate::http::state::AppState;

/// What the answer of a route that refuses is called.
const ERROR: &str = "Error";

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
    let mut description = json!(describe(described));
    name_formats(&mut description);
    let docs = SwaggerUi::new("/api/docs");
    served.merge(docs.external_url_unchecked("/api/openapi.json", description))
}

/// Puts what is said of the API as a whole before what is said of each route.
fn describe(mut routes: OpenApi) -> OpenApi {
    // OpenAPI has no sign for a part of a path that may hold slashes.
    let paths = std::mem::take(&mut routes.paths.paths).into_iter();
    routes.paths.paths = paths.map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    let mut description = Description::openapi();
    description.merge(routes);
    let components = description.components.get_or_insert_default();
    components.responses.insert(ERROR.to_owned(), RefOr::T(error_response()));
    components.schemas.insert(<Language as ToSchema>::name().into_owned(), languages());
    for item in description.paths.paths.values_mut() {
        for operation in operations(item) {
            let responses = &mut operation.responses.responses;
            let error = Ref::from_response_name(ERROR);
            responses.entry("default".to_owned()).or_insert_with(|| RefOr::Ref(error));
        }
    }
    description
}

/// Names numbers without a sign as OpenAPI's registry of formats does: utoipa writes `u-int32` for `uint32`.
fn name_formats(description: &mut Value) {
    match description {
        Value::Object(fields) => {
            if let Some(Value::String(format)) = fields.get_mut("format")
                && let Some(bits) = format.strip_prefix("u-int")
            {
                *format = format!("uint{bits}");
            }
            fields.values_mut().for_each(name_formats);
        }
        Value::Array(parts) => parts.iter_mut().for_each(name_formats),
        _ => {}
    }
}

/// What every route may answer beside what is said of it: the guards before the routes refuse as they do.
fn error_response() -> Response {
    let schema = Ref::from_schema_name(ErrorBody::name());
    ResponseBuilder::new()
        .description("Refused: `error` says why, and what to do")
        .content("application/json", Content::new(Some(schema)))
        .build()
}

/// The languages by their codes: what a macro writes of their names is not seen by utoipa.
fn languages() -> RefOr<Schema> {
    let known = Language::ALL.iter().chain([&Language::Unknown]);
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("A language by its ISO 639-1 code; `und` is one that is not known"))
        .enum_values(Some(known.map(|language| language.code())))
        .into()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = item;
    [get, put, post, delete, options, head, patch, trace].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_sign_are_named_as_the_registry_names_them() {
        let mut description = json!({
            "one": [{"format": "u-int32"}, {"format": "int32"}],
            "format": {"format": "u-int64"},
        });
        name_formats(&mut description);
        let expected = json!({
            "one": [{"format": "uint32"}, {"format": "int32"}],
            "format": {"format": "uint64"},
        });
        assert_eq!(description, expected);
    }
}
