//! A handler that panics is an inner error of one request, not the end of the server.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::http::error::ApiError;

/// Makes the reply for a handler that panicked.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands over the box")]
pub fn reply(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    ApiError::internal(&format!("a handler panicked: {text}")).into_response()
}
