//! What every request passes before it is routed, outermost first: an identifier, panics caught,
//! the `Host` check, the `Origin` check with CORS, headers that keep pages closed, what only
//! this machine may ask, and whose words a reply is if another model was named.

mod headers;
mod host;
pub mod local;
mod origin;
mod panic;
mod request_id;
pub mod stand_in;

use axum::Router;
use axum::middleware;
use tower_http::catch_panic::CatchPanicLayer;

use super::state::AppState;

/// Wraps the routes in every guard. The last layer is the first to see a request.
pub fn protect(routes: Router, state: AppState) -> Router {
    routes
        .layer(middleware::from_fn(stand_in::tell))
        .layer(middleware::from_fn(local::check))
        .layer(middleware::from_fn(headers::add))
        .layer(middleware::from_fn_with_state(state.clone(), origin::check))
        .layer(middleware::from_fn_with_state(state, host::check))
        .layer(CatchPanicLayer::custom(panic::reply))
        .layer(middleware::from_fn(request_id::assign))
}
