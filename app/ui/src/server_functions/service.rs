//! Reaching the service from a server function, and turning its errors into the page's.

use leptos::prelude::use_context;
use quire_domain::ErrorKind;
use quire_service::{ServiceError, Services};

use crate::UiError;

/// Finds the service that the server put into the context.
pub(super) fn services() -> Result<Services, UiError> {
    use_context::<Services>().ok_or_else(|| UiError::unavailable("the service is not running"))
}

impl From<ServiceError> for UiError {
    fn from(error: ServiceError) -> Self {
        let kind = error.kind();
        if kind == ErrorKind::Internal {
            tracing::error!(%error, "a server function failed");
            let message = "Something went wrong inside Quire; its log says what".to_owned();
            return Self { kind, message };
        }
        Self { kind, message: error.to_string() }
    }
}
