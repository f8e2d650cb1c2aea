//! Blobs: large files in pieces.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use quire_domain::ErrorKind;
use quire_domain::sync::BlobState;
use quire_domain::sync::FileHash;
use quire_service::sync::SyncError;
use quire_service::{ServiceError, Services};

use super::access::Caller;
use crate::http::error::{ApiError, ErrorBody};

const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// Says how much of a blob is there.
#[utoipa::path(head, path = "/api/blobs/{hash}", tag = "sources",
    params(("hash" = String, Path, description = "`sha256:` and 64 hexadecimal digits")),
    responses((status = 200, description = "All of it"),
        (status = 404, description = "`Upload-Offset` says how much")))]
pub async fn state(
    State(services): State<Services>,
    _caller: Caller,
    Path(hash): Path<String>,
) -> Result<Response, ApiError> {
    Ok(show(services.sources.get_blob(&read_hash(&hash)?).await?, StatusCode::NOT_FOUND))
}

/// Appends a piece to a blob. `Upload-Offset` says where it begins, `Upload-Length` how long the
/// whole is; the last piece makes it whole.
#[utoipa::path(patch, path = "/api/blobs/{hash}", tag = "sources",
    params(("hash" = String, Path, description = "`sha256:` and 64 hexadecimal digits"),
        ("Upload-Offset" = u64, Header, description = "Where the piece begins"),
        ("Upload-Length" = u64, Header, description = "The size of the whole")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "All of it is there"),
        (status = 204, description = "`Upload-Offset` says where the next piece begins"),
        (status = 409, description = "`Upload-Offset` says where a piece must begin", body = ErrorBody),
        (status = 413, body = ErrorBody),
        (status = 422, description = "The whole has another hash; begin anew", body = ErrorBody)))]
pub async fn append(
    State(services): State<Services>,
    _caller: Caller,
    Path(hash): Path<String>,
    headers: HeaderMap,
    piece: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let hash = read_hash(&hash)?;
    let offset = number(&headers, "upload-offset")?;
    let length = number(&headers, "upload-length")?;
    let piece = piece.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(ErrorKind::TooLarge, "The piece is over the size limit.")
        }
        _ => ApiError::invalid(rejection.body_text()),
    })?;
    match services.sources.append_blob(&hash, offset, length, &piece).await {
        Ok(state) => Ok(show(state, StatusCode::NO_CONTENT)),
        Err(ServiceError::Sync(SyncError::OffsetMismatch { offset })) => {
            let mut response =
                ApiError::from(&SyncError::OffsetMismatch { offset }).into_response();
            response.headers_mut().insert(UPLOAD_OFFSET, HeaderValue::from(offset));
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

fn show(state: BlobState, partial: StatusCode) -> Response {
    match state {
        BlobState::Whole => StatusCode::OK.into_response(),
        BlobState::Partial(offset) => {
            (partial, [(UPLOAD_OFFSET, HeaderValue::from(offset))]).into_response()
        }
    }
}

/// Reads a hash with or without its prefix.
fn read_hash(text: &str) -> Result<FileHash, ApiError> {
    let prefixed = if text.contains(':') { text.to_owned() } else { format!("sha256:{text}") };
    Ok(prefixed.parse()?)
}

fn number(headers: &HeaderMap, name: &str) -> Result<u64, ApiError> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()?.parse().ok());
    value.ok_or_else(|| ApiError::invalid(format!("`{name}` must be a number.")).param(name))
}
