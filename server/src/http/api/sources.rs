//! `/api/sources`: the sync protocol, and pairing.
//!
//! Requests of this machine need no key, as everywhere in the API; those of other machines need one
//! that opens the source: see [`access`].

pub mod access;

pub mod keys;
pub mod manage;
pub mod pairing;

pub mod batch;
pub mod blobs;
pub mod files;
pub mod plan;
pub mod progress;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::http::state::AppState;

/// The most bytes of a batch's JSON: its files in Base64 and some more.
const MAX_BATCH_BODY: usize = 16 << 20;
/// The most bytes of a piece of a blob, over which the service's own limit speaks.
const MAX_PIECE_BODY: usize = 8 << 20;

/// All routes of the sync protocol.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(manage::list))
        .routes(routes!(pairing::create_code))
        .routes(routes!(pairing::pair))
        .routes(routes!(manage::put, manage::show, manage::delete))
        .routes(routes!(manage::pause))
        .routes(routes!(manage::resume))
        .routes(routes!(keys::list))
        .routes(routes!(keys::revoke))
        .routes(routes!(manage::digest))
        .routes(routes!(plan::plan))
        .routes(routes!(plan::commit))
        .routes(routes!(batch::write).layer(DefaultBodyLimit::max(MAX_BATCH_BODY)))
        .routes(routes!(files::list))
        .routes(routes!(files::read, files::put, files::delete))
        .routes(routes!(blobs::state, blobs::append).layer(DefaultBodyLimit::max(MAX_PIECE_BODY)))
        .routes(routes!(progress::changes))
        .routes(routes!(progress::follow))
        .routes(routes!(progress::failures))
        .routes(routes!(progress::reindex))
}
