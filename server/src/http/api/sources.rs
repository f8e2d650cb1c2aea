//! `/api/sources`: the sync protocol, and pairing.
//!
//! Requests of this machine need no key, as everywhere in the API; those of other machines need one
//! that opens the source: see [`access`]. Request bodies may be gzip.

pub mod access;
mod gzip;

pub mod keys;
pub mod manage;
pub mod pairing;

pub mod batch;
pub mod blobs;
pub mod files;
pub mod plan;
pub mod progress;

use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, head, post, put};
use axum::{Router, middleware};

use crate::http::state::AppState;

/// The most bytes of a batch's JSON: its files in Base64 and some more.
const MAX_BATCH_BODY: usize = 16 << 20;
/// The most bytes of a piece of a blob, over which the service's own limit speaks.
const MAX_PIECE_BODY: usize = 8 << 20;

/// All routes of the sync protocol.
pub fn routes() -> Router<AppState> {
    let batch = post(batch::write).layer(DefaultBodyLimit::max(MAX_BATCH_BODY));
    let blobs = head(blobs::state).patch(blobs::append);
    Router::new()
        .route("/api/sources", get(manage::list))
        .route("/api/sources/pairing-codes", post(pairing::create_code))
        .route("/api/pair", post(pairing::pair))
        .route("/api/sources/{sid}", put(manage::put).get(manage::show).delete(manage::delete))
        .route("/api/sources/{sid}/pause", post(manage::pause))
        .route("/api/sources/{sid}/resume", post(manage::resume))
        .route("/api/sources/{sid}/keys", get(keys::list))
        .route("/api/sources/{sid}/keys/{id}", delete(keys::revoke))
        .route("/api/sources/{sid}/digest", get(manage::digest))
        .route("/api/sources/{sid}/plan", post(plan::plan))
        .route("/api/sources/{sid}/commit", post(plan::commit))
        .route("/api/sources/{sid}/batch", batch)
        .route("/api/sources/{sid}/files", get(files::list))
        .route(
            "/api/sources/{sid}/files/{*path}",
            get(files::read).put(files::put).delete(files::delete),
        )
        .route("/api/blobs/{hash}", blobs.layer(DefaultBodyLimit::max(MAX_PIECE_BODY)))
        .route("/api/sources/{sid}/changes", get(progress::changes))
        .route("/api/sources/{sid}/events", get(progress::follow))
        .route("/api/sources/{sid}/failures", get(progress::failures))
        .route("/api/sources/{sid}/reindex", post(progress::reindex))
        .route_layer(middleware::from_fn(gzip::decode))
}
