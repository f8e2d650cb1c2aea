//! Single files of a source: listing, reading, writing, deleting.

mod headers;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use quire_domain::sync::{EntryPage, FileEntry, FileHash, SourcePath, Tombstone, WriteResult};
use quire_folder_sync::now_ms;
use quire_service::sync::{FileChange, FileContent, FileWrite, SyncError, WrittenFile};
use quire_service::{Precondition, Services};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower::ServiceExt;
use tower_http::services::ServeFile;
use utoipa::{IntoParams, ToSchema};

use super::access::{NamedFile, OpenSource};
use super::manage::has_tag;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::QueryOf;
use headers::{FILE_CTIME, FILE_MTIME, content_digest, optional_time, precondition};

/// Which files to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only those whose path starts so.
    pub prefix: Option<String>,
    /// Where the page before ended.
    pub cursor: Option<String>,
    /// At most this many; default 1,000, at most 10,000.
    pub limit: Option<usize>,
    /// Members of each file to send, divided by commas; all if absent.
    pub fields: Option<String>,
}

/// What became of a file that was put.
#[derive(Serialize, ToSchema)]
pub struct PutReply {
    /// Its path.
    pub path: SourcePath,
    /// The hash of what the server has there now.
    pub etag: Option<FileHash>,
    /// The source's sequence number afterwards.
    pub seq: u64,
    /// What was done.
    pub status: WriteResult,
}

/// What became of a deletion.
#[derive(Serialize, ToSchema)]
pub struct DeleteReply {
    /// `deleted`, or `superseded` if the server has a later version.
    pub status: WriteResult,
    /// The trace that is kept.
    #[serde(flatten)]
    pub tombstone: Option<Tombstone>,
    /// The later version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<FileEntry>,
}

/// Lists files by path; one a line if `Accept` is `application/x-ndjson`, the last line then
/// holding `next`.
#[utoipa::path(get, path = "/api/sources/{sid}/files", tag = "sources",
    params(("sid" = String, Path, description = "The source"), ListQuery),
    responses((status = 200, body = EntryPage), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(services): State<Services>,
    source: OpenSource,
    QueryOf(query): QueryOf<ListQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let prefix = query.prefix.unwrap_or_default();
    let limit = query.limit.unwrap_or(1000);
    let page = services.sources.list_files(&source.id, &prefix, query.cursor, limit).await?;
    let mut files = Vec::with_capacity(page.files.len());
    for file in &page.files {
        let mut value = serde_json::to_value(file).map_err(|error| ApiError::internal(&error))?;
        if let (Some(fields), Value::Object(members)) = (&query.fields, &mut value) {
            members.retain(|name, _| fields.split(',').any(|field| field.trim() == name));
        }
        files.push(value);
    }
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accept.is_some_and(|accept| accept.contains("application/x-ndjson")) {
        return Ok(Json(serde_json::json!({ "files": files, "next": page.next })).into_response());
    }
    files.push(serde_json::json!({ "next": page.next }));
    let lines: Vec<String> = files.iter().map(Value::to_string).collect();
    let lines = lines.join("\n") + "\n";
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}

/// Sends the bytes of a file, with ranges.
#[utoipa::path(get, path = "/api/sources/{sid}/files/{*path}", tag = "sources",
    params(("sid" = String, Path, description = "The source"),
        ("path" = String, Path, description = "The file; may have slashes")),
    responses((status = 200, description = "Its bytes", content_type = "application/octet-stream"),
        (status = 304, description = "`If-None-Match` has its ETag"),
        (status = 404, body = ErrorBody)))]
pub async fn read(
    State(services): State<Services>,
    source: OpenSource,
    NamedFile(path): NamedFile,
    request: Request,
) -> Result<Response, ApiError> {
    let (entry, original) = services.sources.get_file(&source.id, &path).await?;
    let etag = entry.hash.as_ref().map(FileHash::etag).unwrap_or_default();
    let mut response = if has_tag(request.headers(), &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let media_type = "application/octet-stream".parse();
        let media_type = media_type.map_err(|error| ApiError::internal(&error))?;
        let Ok(reply) =
            ServeFile::new_with_mime(&original.path, &media_type).oneshot(request).await;
        reply.map(Body::new).into_response()
    };
    let headers = response.headers_mut();
    // The time on the server's disk is of no meaning; the file's own is in a header of its own.
    headers.remove(header::LAST_MODIFIED);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(FILE_MTIME, HeaderValue::from(entry.mtime_ms));
    if let Some(ctime_ms) = entry.ctime_ms {
        headers.insert(FILE_CTIME, HeaderValue::from(ctime_ms));
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    Ok(response)
}

/// Puts a file; its bytes are the body.
#[utoipa::path(put, path = "/api/sources/{sid}/files/{*path}", tag = "sources",
    params(("sid" = String, Path, description = "The source"),
        ("path" = String, Path, description = "The file; may have slashes"),
        ("X-File-Mtime" = Option<i64>, Header, description = "When it was changed; now where absent"),
        ("X-File-Ctime" = Option<i64>, Header, description = "When it was made"),
        ("Content-Digest" = Option<String>, Header, description = "`sha-256=:<Base64>:`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that the server must have"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: there must be no file")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "Nothing new: `unchanged` or `superseded`", body = PutReply),
        (status = 201, description = "Stored", body = PutReply), (status = 404, body = ErrorBody),
        (status = 409, description = "`path_taken`, `case_collision` or `source_paused`", body = ErrorBody),
        (status = 412, description = "With what is there in `details`", body = ErrorBody),
        (status = 413, body = ErrorBody),
        (status = 422, description = "`digest_mismatch` or `excluded`", body = ErrorBody),
        (status = 507, description = "The disk is full", body = ErrorBody)))]
pub async fn put(
    State(services): State<Services>,
    source: OpenSource,
    NamedFile(path): NamedFile,
    request: Request,
) -> Result<Response, ApiError> {
    let headers = request.headers();
    let mtime_ms = optional_time(headers, &FILE_MTIME)?.unwrap_or_else(now_ms);
    let ctime_ms = optional_time(headers, &FILE_CTIME)?;
    let expected = content_digest(headers)?;
    let precondition = precondition(headers)?;
    services.sources.get_seq(&source.id).await?;
    let mut writer = services.uploads.begin(path.as_str()).await?;
    let mut body = request.into_body().into_data_stream();
    while let Some(piece) = body.next().await {
        let broken = |error| ApiError::invalid(format!("The body could not be read: {error}"));
        writer.write(&piece.map_err(broken)?).await?;
    }
    let content = FileContent::Upload(writer.finish().await?);
    let change = FileChange::Put { content, expected, mtime_ms, ctime_ms };
    let (seq, written) = write(&services, &source, path, precondition, change).await?;
    let status = written.outcome?.result;
    let entry = written.entry.filter(FileEntry::is_live);
    let etag = entry.and_then(|entry| entry.hash);
    let code = match status {
        WriteResult::Queued | WriteResult::Reused | WriteResult::Stored | WriteResult::Moved => {
            StatusCode::CREATED
        }
        WriteResult::Deleted | WriteResult::Unchanged | WriteResult::Superseded => StatusCode::OK,
    };
    let mut response =
        (code, Json(PutReply { path: written.path, etag: etag.clone(), seq, status }))
            .into_response();
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(&etag.etag()).ok()) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Ok(response)
}

/// Deletes a file; the same for one that is gone or was never there.
#[utoipa::path(delete, path = "/api/sources/{sid}/files/{*path}", tag = "sources",
    params(("sid" = String, Path, description = "The source"),
        ("path" = String, Path, description = "The file; may have slashes"),
        ("X-Deleted-At" = Option<i64>, Header, description = "When; now where absent"),
        ("If-Match" = Option<String>, Header, description = "The ETag that the server must have")),
    responses((status = 200, body = DeleteReply), (status = 404, body = ErrorBody),
        (status = 412, description = "With what is there in `details`", body = ErrorBody)))]
pub async fn delete(
    State(services): State<Services>,
    source: OpenSource,
    NamedFile(path): NamedFile,
    headers: HeaderMap,
) -> Result<Json<DeleteReply>, ApiError> {
    let ts_ms = optional_time(&headers, &headers::DELETED_AT)?.unwrap_or_else(now_ms);
    let precondition = precondition(&headers)?;
    let change = FileChange::Delete { ts_ms };
    let (_, written) = write(&services, &source, path, precondition, change).await?;
    let status = written.outcome?.result;
    let (tombstone, current) = match written.entry {
        Some(entry) if entry.is_live() => (None, Some(entry)),
        entry => (entry.map(tombstone), None),
    };
    Ok(Json(DeleteReply { status, tombstone, current }))
}

async fn write(
    services: &Services,
    source: &OpenSource,
    path: SourcePath,
    precondition: Precondition,
    change: FileChange,
) -> Result<(u64, WrittenFile), ApiError> {
    let write = FileWrite { path: path.clone(), precondition, change };
    let written =
        services.sources.write_files(&source.id, source.device.as_ref(), vec![write]).await?;
    let file = written.files.into_iter().next();
    let file = file.ok_or_else(|| ApiError::from(&SyncError::NoSuchFile { path }))?;
    Ok((written.seq, file))
}

fn tombstone(entry: FileEntry) -> Tombstone {
    Tombstone {
        path: entry.path,
        deleted_at: entry.ts_ms,
        device: entry.device,
        last_hash: entry.hash,
        seq: entry.seq,
    }
}
