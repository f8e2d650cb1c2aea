//! Searching a collection.

use axum::Json;
use axum::extract::State;
use quire_domain::{CollectionName, Scope, SearchMode, SearchResults};
use quire_service::{SearchRequest, Services};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{JsonBody, Named};

/// What to search for.
#[derive(Deserialize, ToSchema)]
pub struct SearchBody {
    /// The words.
    pub query: String,
    /// How many hits at most, 1 to 100; default 10.
    #[serde(default)]
    pub k: Option<usize>,
    /// How to find them; default `hybrid`.
    #[serde(default)]
    pub mode: Option<SearchMode>,
    /// Whether the second stage reads the best hits of a hybrid search again; default true.
    #[serde(default)]
    pub rerank: Option<bool>,
    /// Which documents count.
    #[serde(flatten)]
    pub scope: Scope,
}

/// Searches a collection.
#[utoipa::path(post, path = "/api/collections/{name}/search", tag = "search and ask",
    params(("name" = String, Path, description = "The collection")),
    request_body = SearchBody,
    responses((status = 200, body = SearchResults),
        (status = 400, description = "The query is empty", body = ErrorBody),
        (status = 404, description = "There is no such collection, or nothing in it is in scope", body = ErrorBody)))]
pub async fn search(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
    JsonBody(body): JsonBody<SearchBody>,
) -> Result<Json<SearchResults>, ApiError> {
    let request = SearchRequest {
        query: body.query,
        k: body.k.unwrap_or(10),
        mode: body.mode.unwrap_or_default(),
        rerank: body.rerank.unwrap_or(true),
        scope: body.scope,
        beside: Vec::new(),
    };
    Ok(Json(services.search(&name, request).await?))
}
