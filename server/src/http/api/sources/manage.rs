//! Sources themselves: making, showing, pausing, removing, and their digest.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use quire_domain::sync::{DigestReply, Source, SourceId, SourceRequest, SourceStatus};
use quire_service::{DocumentsOfSource, Services};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::access::{Caller, LocalCaller, OpenSource};
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{JsonBody, QueryOf};

/// All sources.
#[derive(Serialize, ToSchema)]
pub struct SourceList {
    /// By name.
    pub sources: Vec<SourceStatus>,
    /// The source that the caller's key opens, whether it was made yet or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens: Option<SourceId>,
}

/// What becomes of the documents of a source that is removed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeleteQuery {
    /// Whether they stay, as if ingested by hand; default false.
    #[serde(default)]
    pub keep_documents: bool,
}

/// How deep a digest is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DigestQuery {
    /// How many levels of folders to list; default 1.
    pub depth: Option<usize>,
}

/// Lists sources: all of them to this machine, its own to the holder of a key.
#[utoipa::path(get, path = "/api/sources", tag = "sources",
    responses((status = 200, body = SourceList), (status = 401, body = ErrorBody)))]
pub async fn list(
    State(services): State<Services>,
    caller: Caller,
) -> Result<Json<SourceList>, ApiError> {
    let mut sources = services.sources.list().await?;
    let opens = caller.key.map(|key| key.source);
    if let Some(opens) = &opens {
        sources.retain(|one| one.source.id == *opens);
    }
    Ok(Json(SourceList { sources, opens }))
}

/// Makes a source or updates it; the same request again changes nothing. A folder that the server
/// is to watch itself may be named only from its own machine and without a key.
#[utoipa::path(put, path = "/api/sources/{sid}", tag = "sources",
    params(("sid" = String, Path, description = "A UUID that the client chooses")),
    request_body = SourceRequest,
    responses((status = 200, body = Source), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, description = "No such collection", body = ErrorBody),
        (status = 409, description = "It has files and cannot go elsewhere", body = ErrorBody),
        (status = 422, description = "`invalid_glob`, or `invalid_root`: a folder that cannot be watched", body = ErrorBody)))]
pub async fn put(
    State(services): State<Services>,
    source: OpenSource,
    JsonBody(request): JsonBody<SourceRequest>,
) -> Result<Json<Source>, ApiError> {
    Ok(Json(services.sources.put(&source.id, request, source.key.as_ref()).await?))
}

/// Shows how a source stands; the `ETag` changes with every change of its files.
#[utoipa::path(get, path = "/api/sources/{sid}", tag = "sources",
    params(("sid" = String, Path, description = "The source")),
    responses((status = 200, body = SourceStatus), (status = 304, description = "Nothing changed"),
        (status = 404, body = ErrorBody)))]
pub async fn show(
    State(services): State<Services>,
    source: OpenSource,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let etag = |seq: u64| [(header::ETAG, format!("\"{seq}\""))];
    let seq = services.sources.get_seq(&source.id).await?;
    if has_tag(&headers, &format!("\"{seq}\"")) {
        return Ok((StatusCode::NOT_MODIFIED, etag(seq)).into_response());
    }
    let status = services.sources.get(&source.id).await?;
    Ok((etag(status.source.seq), Json(status)).into_response())
}

/// Removes a source, its keys, and its documents.
#[utoipa::path(delete, path = "/api/sources/{sid}", tag = "sources",
    params(("sid" = String, Path, description = "The source"), DeleteQuery),
    responses((status = 204, description = "It is gone"), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(services): State<Services>,
    _caller: LocalCaller,
    source: OpenSource,
    QueryOf(query): QueryOf<DeleteQuery>,
) -> Result<StatusCode, ApiError> {
    let documents =
        if query.keep_documents { DocumentsOfSource::Kept } else { DocumentsOfSource::Removed };
    services.sources.delete(&source.id, documents).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a source take no changes until it is resumed.
#[utoipa::path(post, path = "/api/sources/{sid}/pause", tag = "sources",
    params(("sid" = String, Path, description = "The source")),
    responses((status = 200, body = SourceStatus), (status = 404, body = ErrorBody)))]
pub async fn pause(
    State(services): State<Services>,
    _caller: LocalCaller,
    source: OpenSource,
) -> Result<Json<SourceStatus>, ApiError> {
    Ok(Json(services.sources.pause(&source.id, true).await?))
}

/// Makes a source take changes again.
#[utoipa::path(post, path = "/api/sources/{sid}/resume", tag = "sources",
    params(("sid" = String, Path, description = "The source")),
    responses((status = 200, body = SourceStatus), (status = 404, body = ErrorBody)))]
pub async fn resume(
    State(services): State<Services>,
    _caller: LocalCaller,
    source: OpenSource,
) -> Result<Json<SourceStatus>, ApiError> {
    Ok(Json(services.sources.pause(&source.id, false).await?))
}

/// Gives the digest of a source: if it is the vault's own, nothing has to be synced.
#[utoipa::path(get, path = "/api/sources/{sid}/digest", tag = "sources",
    params(("sid" = String, Path, description = "The source"), DigestQuery),
    responses((status = 200, body = DigestReply), (status = 404, body = ErrorBody)))]
pub async fn digest(
    State(services): State<Services>,
    source: OpenSource,
    QueryOf(query): QueryOf<DigestQuery>,
) -> Result<Json<DigestReply>, ApiError> {
    services.sources.see(&source.id, source.device.as_ref()).await?;
    Ok(Json(services.sources.get_digest(&source.id, query.depth.unwrap_or(1)).await?))
}

/// Returns whether `If-None-Match` names a tag.
pub(super) fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    let named = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    named.is_some_and(|named| named == "*" || named.split(',').any(|one| one.trim() == tag))
}
