//! Extractors whose refusals wear the error envelope.

mod lenient;

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use quire_domain::{ErrorKind, InvalidName};
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// A body that is a JSON object; `application/json` must be stated, or nothing.
///
/// What clients are known to get wrong is read all the same, see `lenient`.
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            let message = "Send JSON with `Content-Type: application/json`.";
            return Err(ApiError::new(ErrorKind::Unsupported, message));
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| {
                match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(
                        ErrorKind::TooLarge,
                        "The request body is over the size limit.",
                    ),
                    _ => ApiError::invalid(rejection.body_text()),
                }
            })?;
        // A struct would also be read from an array of its fields, which nobody means.
        if first_sign(&bytes).is_some_and(|sign| sign != b'{') {
            return Err(ApiError::invalid("The body must be a JSON object.").code("invalid_json"));
        }
        read_json(&bytes).map(Self)
    }
}

/// Reads JSON, leniently if it cannot be read strictly.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    match axum::Json::<T>::from_bytes(bytes) {
        Ok(axum::Json(value)) => Ok(value),
        Err(rejection) => match lenient::read(bytes) {
            Some(value) => Ok(value),
            None => Err(ApiError::invalid(rejection.body_text()).code("invalid_json")),
        },
    }
}

/// Gives the first byte that is no space; nothing of an empty body.
fn first_sign(body: &[u8]) -> Option<u8> {
    body.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(stated) = headers.get(header::CONTENT_TYPE) else { return true };
    let stated = stated.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    let stated = stated.trim().to_ascii_lowercase();
    stated == "application/json"
        || (stated.starts_with("application/") && stated.ends_with("+json"))
}

/// Gives this server's address as the caller wrote it; the host was checked before.
pub fn base_url(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

/// One name out of the path.
pub struct Named<T>(pub T);

impl<S: Send + Sync, T: FromStr<Err = InvalidName> + Send> FromRequestParts<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|rejection: PathRejection| ApiError::invalid(rejection.body_text()))?;
        Ok(Self(text.parse()?))
    }
}

/// The query string.
pub struct QueryOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(value) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|rejection: QueryRejection| ApiError::invalid(rejection.body_text()))?;
        Ok(Self(value))
    }
}
