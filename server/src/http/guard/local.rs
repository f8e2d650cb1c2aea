//! What only the machine that the server runs on may ask: the page's functions under `/ui/local`,
//! which make keys and take sources away. The API has the same rule, see
//! [`crate::http::api::sources::access`].

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use quire_service::sync::SyncError;
use quire_ui::UiError;

/// Returns whether a request comes from this machine. One without an address did not come over a
/// socket, and so from this very process.
pub fn is_local(extensions: &Extensions) -> bool {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.is_none_or(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback())
}

/// Refuses other machines, in the shape that the page reads.
pub async fn check(request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/ui/local/") || is_local(request.extensions()) {
        return next.run(request).await;
    }
    let refused = SyncError::LocalOnly;
    let error = UiError { kind: refused.kind(), message: refused.to_string() };
    (StatusCode::FORBIDDEN, Json(error)).into_response()
}
