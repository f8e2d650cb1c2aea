//! What every request passes before it is routed, outermost first: an identifier and the count of requests, panics
//! caught, the `Host` check, the `Origin` check with CORS, headers that keep pages closed, and whose words a reply is if
//! another model was named. Then its path is mended, and it passes the rest: the shape of what is refused, a path that is
//! text, its body, and who calls and what they may do.

pub mod access;
mod answered;
mod body;
pub mod caller;
mod headers;
mod host;
pub mod local;
mod origin;
mod panic;
mod path_text;
mod request_id;
mod shape;
pub mod stand_in;
pub mod streams;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use super::paths;
use super::state::AppState;
use access::Gate;

/// Wraps the routes in every guard. The last layer is the first to see a request.
pub fn protect(routes: Router, state: AppState) -> Router {
    // What follows a path is decided once it is mended, and by a middleware that could be passed by no route.
    let guarded = Router::new()
        .fallback_service(routes)
        .layer(from_fn_with_state(Gate::new(state.clone()), access::check))
        .layer(from_fn_with_state(state.clone(), body::watch))
        .layer(from_fn(path_text::check))
        .layer(from_fn(shape::fit));
    let mended = ServiceBuilder::new().map_request(paths::mend).service(guarded);
    Router::new()
        .fallback_service(mended)
        .layer(from_fn(stand_in::tell))
        .layer(from_fn(headers::add))
        .layer(from_fn_with_state(state.clone(), origin::check))
        .layer(from_fn_with_state(state.clone(), host::check))
        .layer(CatchPanicLayer::custom(panic::reply))
        .layer(from_fn_with_state(state, request_id::assign))
}
