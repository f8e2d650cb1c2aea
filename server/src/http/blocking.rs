//! Work that keeps a processor busy, on a thread that may be: those that answer requests are few.

use tracing::Span;

use super::error::ApiError;

/// Does such work for the request that is being answered.
pub async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let span = Span::current();
    let done = tokio::task::spawn_blocking(move || span.in_scope(work)).await;
    // It panicked.
    done.unwrap_or_else(|error| Err(ApiError::internal(&error)))
}
