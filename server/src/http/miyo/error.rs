//! Errors in the shape that the plugin reads: `{"detail": "..", "code": ".."}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quire_domain::{ErrorKind, InvalidName};
use quire_service::ServiceError;
use serde_json::json;

use crate::http::error::ApiError;

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

impl IntoResponse for MiyoError {
    fn into_response(self) -> Response {
        let ApiError { status, detail } = self.0;
        (status, Json(json!({ "detail": detail.message, "code": detail.code }))).into_response()
    }
}
