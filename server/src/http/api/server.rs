//! The server itself.

use axum::extract::State;
use axum::http::StatusCode;

use crate::http::error::ErrorBody;
use crate::http::state::AppState;

/// Has the server stop: it takes no more requests, and gives those that are open a few seconds to end.
#[utoipa::path(post, path = "/api/server/stop", tag = "server",
    responses((status = 202, description = "It is about to stop"),
        (status = 403, description = "The caller has not the token of the data folder; `quire server stop` has", body = ErrorBody)))]
pub async fn stop(State(state): State<AppState>) -> StatusCode {
    state.options.stop_wanted.cancel();
    StatusCode::ACCEPTED
}
