//! Errors in Ollama's shape: `{"error": "a sentence"}`.

use axum::response::Response;
use serde::Serialize;

use crate::http::error::{self, ApiError};

/// The body of a reply that is an error, and of the line that ends a stream that failed.
#[derive(Debug, Serialize)]
pub struct ErrorBody {
    error: String,
}

impl From<ApiError> for ErrorBody {
    fn from(error: ApiError) -> Self {
        Self { error: error.detail.message }
    }
}

/// Writes an error anew in this shape.
pub fn reshape(response: Response) -> Response {
    error::reshape(response, ErrorBody::from)
}
