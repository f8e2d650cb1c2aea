//! An identifier for each request: in the reply, in the log, and in messages about inner errors. Here requests are
//! counted, too.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use uuid::Uuid;

use crate::http::error::REQUEST_ID;
use crate::http::state::AppState;

/// Names the request and says how long it took.
pub async fn assign(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = format!("req_{}", Uuid::now_v7().simple());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let started = Instant::now();
    let mut response = REQUEST_ID.scope(id.clone(), next.run(request)).await;
    let duration = started.elapsed();
    state.metrics.count_request(method.as_str(), &response, duration);
    let duration_ms = duration.as_millis();
    tracing::debug!(
        request.id = %id,
        status = response.status().as_u16(),
        duration_ms,
        "{method} {path}"
    );
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    headers.insert(
        HeaderName::from_static("openai-processing-ms"),
        HeaderValue::from(duration_ms.min(u128::from(u64::MAX)) as u64),
    );
    response
}
