//! The protocol of LM Studio's SDKs: one WebSocket a *namespace*, over which calls and channels run side by side. A *call*
//! has one reply; a *channel* is told things until it is closed, and may be told to stop.
//!
//! The shapes are those of `lmstudio` 1.5 for Python and `@lmstudio/sdk` 2.0 for JavaScript. Clients open the sockets at
//! the root, where pages are as well, so that the paths are mended to lie below `/lmstudio`.

mod frame;

mod error;

mod kv;

mod history;
mod info;
mod load_config;
mod prediction_config;
mod specifier;

pub mod instances;

mod session;

mod embedding;
mod files;
mod loading;
mod models;
mod prediction;
mod system;
mod tokens;

mod endpoints;

mod connection;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Path, State, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Json, Router};
use quire_domain::ErrorKind;
use serde::Serialize;

use crate::http::error::{ApiError, request_id};
use crate::http::guard::access::socket::SocketGuard;
use crate::http::socket;
use crate::http::state::AppState;
use connection::Opened;
use endpoints::Namespace;

/// What clients look for on the ports they know.
#[derive(Serialize)]
pub struct Greeting {
    lmstudio: bool,
}

/// The routes.
pub fn routes() -> Router<AppState> {
    Router::new().route("/lmstudio-greeting", get(greet)).route("/lmstudio/{namespace}", get(open))
}

/// Says that these protocols are spoken here.
async fn greet() -> Json<Greeting> {
    Json(Greeting { lmstudio: true })
}

/// Opens the socket of a namespace.
async fn open(
    State(state): State<AppState>,
    Path(namespace): Path<String>,
    guard: Option<Extension<SocketGuard>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let namespace: Namespace = namespace.parse().map_err(|()| {
        let message = format!("There is no namespace `{namespace}` of LM Studio's SDKs here.");
        ApiError::new(ErrorKind::NotFound, message).code("unknown_route")
    })?;
    let what = "This is for the WebSockets of LM Studio's SDKs.";
    let (guard, upgrade) = socket::upgrade(guard, upgrade, what)?;
    let shutdown = state.options.shutdown.clone();
    let limit = state.options.max_json_bytes;
    let opened = Opened { namespace, guard, shutdown, request_id: request_id() };
    let upgrade = upgrade.max_message_size(limit).max_frame_size(limit);
    Ok(upgrade.on_upgrade(move |socket| connection::serve(socket, opened)))
}
