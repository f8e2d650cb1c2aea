//! What is refused, in the shape of the protocol that was spoken, whether a route refuses it or a guard: the guards stand
//! before the routes, and do not know whose they are but by their paths.

use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use quire_domain::ErrorKind;
use quire_ui::UiError;

use crate::http::error::{self, ApiError};
use crate::http::{anthropic, lmstudio, miyo, ollama};

/// Writes what was refused anew. What a route has put into a shape of its own stays as it is.
pub async fn fit(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let wants_no_body = request.method() == Method::HEAD;
    let response = next.run(request).await;
    if wants_no_body {
        return response;
    }
    let is_below = |prefix: &str| path.starts_with(prefix);
    if is_below("/v1/messages") || is_below("/anthropic/") {
        anthropic::error::reshape(response)
    } else if ollama::PATHS.contains(&path.as_str()) {
        ollama::error::reshape(response)
    } else if is_below("/api/v1/") {
        lmstudio::error::reshape(response)
    } else if is_below("/v0/") {
        miyo::error::reshape(response)
    } else if is_below("/ui/") {
        error::reshape(response, for_page)
    } else {
        response
    }
}

fn for_page(error: ApiError) -> UiError {
    UiError { kind: ErrorKind::InvalidInput, message: error.detail.message }
}
