//! `/api/documents`: listing, reading, deleting, trying again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quire_domain::{
    Block, CollectionName, Document, DocumentDetails, DocumentId, DocumentStatus, PageText,
    ParseReport,
};
use quire_service::{DocumentQuery, Services};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{Named, QueryOf};

/// Some documents, by path.
#[derive(Serialize, ToSchema)]
pub struct DocumentList {
    /// The documents.
    pub documents: Vec<Document>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// The stored text of a page, or of a document without pages.
#[derive(Serialize, ToSchema)]
pub struct TextOfPage {
    /// The page, from 1.
    pub page: Option<u32>,
    /// Its text; citations count its code points.
    pub text: String,
}

/// A page with its structure.
#[derive(Serialize, ToSchema)]
pub struct PageView {
    /// The document.
    pub document: Document,
    /// The page's text and where its lines lie.
    pub page: PageText,
    /// The blocks of this page.
    pub blocks: Vec<Block>,
}

/// Which documents to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `accepted`, `parsed`, `embedded`, `indexed`, `failed` or `unsupported`.
    #[param(value_type = Option<DocumentStatus>)]
    pub status: Option<String>,
    /// Only those whose path starts so.
    pub prefix: Option<String>,
    /// At most this many; default 100, at most 1,000.
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Which page of a document.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The page, from 1; only for documents that have pages.
    pub page: Option<u32>,
}

/// Lists the documents of a collection by path.
#[utoipa::path(get, path = "/api/collections/{name}/documents", tag = "documents",
    params(("name" = String, Path, description = "The collection"), ListQuery),
    responses((status = 200, body = DocumentList), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<DocumentList>, ApiError> {
    let status = query.status.map(|status| status.parse()).transpose();
    let query = DocumentQuery {
        status: status.map_err(|error| ApiError::from(error).param("status"))?,
        prefix: query.prefix,
        limit: query.limit,
        cursor: query.cursor,
    };
    let page = services.documents.list(&name, query).await?;
    Ok(Json(DocumentList { documents: page.documents, next: page.next }))
}

/// Shows one document, and what reading it left out of its text.
#[utoipa::path(get, path = "/api/documents/{id}", tag = "documents",
    params(("id" = String, Path, description = "The document")),
    responses((status = 200, body = DocumentDetails), (status = 404, body = ErrorBody)))]
pub async fn show(
    State(services): State<Services>,
    Named(id): Named<DocumentId>,
) -> Result<Json<DocumentDetails>, ApiError> {
    Ok(Json(services.documents.get_details(&id).await?))
}

/// Deletes a document; no later search finds it.
#[utoipa::path(delete, path = "/api/documents/{id}", tag = "documents",
    params(("id" = String, Path, description = "The document")),
    responses((status = 204, description = "It is gone"), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(services): State<Services>,
    Named(id): Named<DocumentId>,
) -> Result<StatusCode, ApiError> {
    services.documents.delete(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Has a document read again from its original: one that failed, or one with pages that are pictures, once a model that
/// recognises text is installed. Until then searches see the text that it has.
#[utoipa::path(post, path = "/api/documents/{id}/retry", tag = "documents",
    params(("id" = String, Path, description = "The document")),
    responses((status = 202, body = Document), (status = 404, body = ErrorBody)))]
pub async fn retry(
    State(services): State<Services>,
    Named(id): Named<DocumentId>,
) -> Result<(StatusCode, Json<Document>), ApiError> {
    Ok((StatusCode::ACCEPTED, Json(services.documents.retry(&id).await?)))
}

/// Reads the stored text that citations point into.
#[utoipa::path(get, path = "/api/documents/{id}/text", tag = "documents",
    params(("id" = String, Path, description = "The document"), PageQuery),
    responses((status = 200, body = TextOfPage),
        (status = 400, description = "The document has pages and none was named", body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn text(
    State(services): State<Services>,
    Named(id): Named<DocumentId>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<TextOfPage>, ApiError> {
    let stored = services.documents.get_text(&id, query.page).await?;
    Ok(Json(TextOfPage { page: stored.page, text: stored.text }))
}

/// Reads a page with its blocks and the place of each line.
#[utoipa::path(get, path = "/api/documents/{id}/view", tag = "documents",
    params(("id" = String, Path, description = "The document"), PageQuery),
    responses((status = 200, body = PageView), (status = 404, body = ErrorBody)))]
pub async fn view(
    State(services): State<Services>,
    Named(id): Named<DocumentId>,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<PageView>, ApiError> {
    let view = services.documents.get_view(&id, query.page).await?;
    Ok(Json(PageView { document: view.document, page: view.page, blocks: view.blocks }))
}

/// Tells how a document was read: its pages, tables and structure with their text, and what was not read.
///
/// The shape is that of `quire parse --json`; `took_ms` and `peak_memory_bytes` are null here.
#[utoipa::path(get, path = "/api/documents/{id}/report", tag = "documents",
    params(("id" = String, Path, description = "The document")),
    responses((status = 200, body = ParseReport),
        (status = 404, description = "There is no such document, or it has no text", body = ErrorBody)))]
pub async fn report(
    State(services): State<Services>,
    Named(id): Named<DocumentId>,
) -> Result<Json<ParseReport>, ApiError> {
    Ok(Json(services.documents.get_report(&id).await?))
}
