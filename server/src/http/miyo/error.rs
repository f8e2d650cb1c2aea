//! Errors in the shape that the plugin reads: `{"detail": "..", "code": ".."}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quire_domain::{ErrorKind, InvalidName};
use quire_service::ServiceError;
use serde_json::json;

use crate::http::error::{self, ApiError};

/// An error on its way out.
pub struct MiyoError(ApiError);

impl MiyoError {
    /// Makes an error about what the caller sent.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self(ApiError::invalid(detail))
    }

    /// Makes an error of something that is not there.
    pub fn missing(detail: impl Into<String>) -> Self {
        Self(ApiError::new(ErrorKind::NotFound, detail))
    }

    /// Makes an error of something that is there already.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self(ApiError::new(ErrorKind::Conflict, detail))
    }

    /// Makes an error for callers from elsewhere.
    pub fn not_local() -> Self {
        let error = ApiError::invalid("Only programs on this machine may use this service.");
        Self(error.status(StatusCode::FORBIDDEN, "permission_error").code("local_only"))
    }
}

impl<E: Into<ApiErrorSource>> From<E> for MiyoError {
    fn from(error: E) -> Self {
        Self(error.into().0)
    }
}

/// What has a face in the API has one here.
pub struct ApiErrorSource(ApiError);

impl From<ServiceError> for ApiErrorSource {
    fn from(error: ServiceError) -> Self {
        Self(error.into())
    }
}

impl From<InvalidName> for ApiErrorSource {
    fn from(error: InvalidName) -> Self {
        Self(error.into())
    }
}

impl From<ApiError> for ApiErrorSource {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

/// Writes an error of the guards anew in this shape.
pub fn reshape(response: Response) -> Response {
    error::reshape(response, |error| shape(&error))
}

fn shape(error: &ApiError) -> serde_json::Value {
    json!({ "detail": error.detail.message, "code": error.detail.code })
}

impl IntoResponse for MiyoError {
    fn into_response(self) -> Response {
        (self.0.status, Json(shape(&self.0))).into_response()
    }
}
