//! Request bodies that were compressed: a manifest shrinks to a fifth.

use async_compression::tokio::bufread::GzipDecoder;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt;
use quire_domain::ErrorKind;
use tokio_util::io::{ReaderStream, StreamReader};

use crate::http::error::ApiError;

/// Decodes a gzip body as it is read. Limits count what comes out, so a small body cannot swell
/// past them.
pub async fn decode(request: Request, next: Next) -> Response {
    let encoding = request.headers().get(header::CONTENT_ENCODING);
    let encoding = encoding.map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
    match encoding.as_deref() {
        None | Some("identity") => next.run(request).await,
        Some("gzip") => next.run(decoded(request)).await,
        Some(other) => {
            let message = format!("Bodies may be plain or gzip, not `{other}`.");
            ApiError::new(ErrorKind::Unsupported, message).into_response()
        }
    }
}

fn decoded(request: Request) -> Request {
    let (mut parts, body) = request.into_parts();
    parts.headers.remove(header::CONTENT_ENCODING);
    parts.headers.remove(header::CONTENT_LENGTH);
    let packed = StreamReader::new(body.into_data_stream().map_err(std::io::Error::other));
    let plain = ReaderStream::new(GzipDecoder::new(packed));
    Request::from_parts(parts, Body::from_stream(plain))
}
