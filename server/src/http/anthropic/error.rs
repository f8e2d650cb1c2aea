//! Errors in Anthropic's shape: `{"type": "error", "error": {"type", "message"}, "request_id"}`.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::http::error::{self, ApiError, request_id};

/// The body of a reply that is an error, and of the event that ends a stream that failed.
#[derive(Debug, Serialize)]
pub struct ErrorBody {
    #[serde(rename = "type")]
    kind: &'static str,
    error: ErrorDetail,
    request_id: String,
}

#[derive(Debug, Serialize)]
struct ErrorDetail {
    #[serde(rename = "type")]
    kind: &'static str,
    message: String,
}

impl From<ApiError> for ErrorBody {
    fn from(error: ApiError) -> Self {
        let kind = match error.status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::FORBIDDEN => "permission_error",
            StatusCode::NOT_FOUND => "not_found_error",
            StatusCode::PAYLOAD_TOO_LARGE => "request_too_large",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            StatusCode::SERVICE_UNAVAILABLE => "overloaded_error",
            status if status.is_server_error() => "api_error",
            _ => "invalid_request_error",
        };
        // There is no field for the parameter, so that the sentence names it.
        let message = match &error.detail.param {
            Some(param) if !error.detail.message.contains(param.as_str()) => {
                format!("{param}: {}", error.detail.message)
            }
            _ => error.detail.message.clone(),
        };
        Self { kind: "error", error: ErrorDetail { kind, message }, request_id: request_id() }
    }
}

/// Writes an error anew in this shape.
pub fn reshape(response: Response) -> Response {
    error::reshape(response, ErrorBody::from)
}
