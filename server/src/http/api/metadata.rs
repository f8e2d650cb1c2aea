//! What documents state about themselves: tags of a collection, links of a document.

use axum::Json;
use axum::extract::State;
use quire_domain::{CollectionName, DocumentId, DocumentLinks, TagCount};
use quire_service::Services;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::Named;

/// The tags of a collection.
#[derive(Serialize, ToSchema)]
pub struct TagList {
    /// The tags with those above them, by name.
    pub tags: Vec<TagCount>,
}

/// Lists the tags of a collection; `a/b` counts for `a` as well.
#[utoipa::path(get, path = "/api/collections/{name}/tags", tag = "documents",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, body = TagList), (status = 404, body = ErrorBody)))]
pub async fn tags(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<Json<TagList>, ApiError> {
    Ok(Json(TagList { tags: services.documents.list_tags(&name).await? }))
}

/// Shows where the links of a document lead, and which documents link to it.
#[utoipa::path(get, path = "/api/documents/{id}/links", tag = "documents",
    params(("id" = String, Path, description = "The document")),
    responses((status = 200, body = DocumentLinks), (status = 404, body = ErrorBody)))]
pub async fn links(
    State(services): State<Services>,
    Named(id): Named<DocumentId>,
) -> Result<Json<DocumentLinks>, ApiError> {
    Ok(Json(services.documents.get_links(&id).await?))
}
