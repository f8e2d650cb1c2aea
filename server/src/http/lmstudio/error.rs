//! Errors in LM Studio's shape: `{"error": {"type", "message", "code", "param"}}`, with types of its own.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::http::error::{self, ApiError};

/// The body of a reply that is an error.
#[derive(Debug, Serialize)]
pub struct ErrorBody {
    error: ErrorDetail,
}

/// What went wrong.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorDetail {
    #[serde(rename = "type")]
    kind: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    param: Option<String>,
}

impl From<ApiError> for ErrorDetail {
    fn from(error: ApiError) -> Self {
        let detail = *error.detail;
        let kind = match (error.status, detail.code.as_deref()) {
            (_, Some("model_not_found")) => "model_not_found",
            (_, Some("job_not_found")) => "job_not_found",
            (StatusCode::NOT_IMPLEMENTED, _) => "not_implemented",
            (status, _) if status.is_server_error() => "internal_error",
            _ => "invalid_request",
        };
        Self { kind, message: detail.message, code: detail.code, param: detail.param }
    }
}

/// Writes an error anew in this shape.
pub fn reshape(response: Response) -> Response {
    error::reshape(response, |error| ErrorBody { error: error.into() })
}
