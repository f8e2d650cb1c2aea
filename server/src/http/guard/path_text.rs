//! Paths whose escapes are no UTF-8: there is no route that has one, and handlers would refuse them each in its own words.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use crate::http::error::ApiError;

/// Refuses a path that is not text.
pub async fn check(request: Request, next: Next) -> Response {
    if percent_decode_str(request.uri().path()).decode_utf8().is_err() {
        return ApiError::invalid("The path is not UTF-8.").into_response();
    }
    next.run(request).await
}
