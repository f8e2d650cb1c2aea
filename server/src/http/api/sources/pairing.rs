//! Pairing a device: a code from this machine, a key in exchange for it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quire_domain::sync::{PairReply, PairRequest, PairingCode, PairingCodeRequest};
use quire_service::Services;

use super::access::LocalCaller;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::JsonBody;

/// Makes a code that one device may trade for a key within ten minutes.
#[utoipa::path(post, path = "/api/sources/pairing-codes", tag = "sources",
    request_body = PairingCodeRequest,
    responses((status = 201, body = PairingCode), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody),
        (status = 404, description = "No such collection", body = ErrorBody)))]
pub async fn create_code(
    State(services): State<Services>,
    _caller: LocalCaller,
    JsonBody(request): JsonBody<PairingCodeRequest>,
) -> Result<(StatusCode, Json<PairingCode>), ApiError> {
    Ok((StatusCode::CREATED, Json(services.sources.create_pairing_code(request).await?)))
}

/// Trades a code for a key, from any machine. Five wrong codes end all that are open.
#[utoipa::path(post, path = "/api/pair", tag = "sources", request_body = PairRequest,
    responses((status = 201, body = PairReply),
        (status = 403, description = "The code is wrong or has ended", body = ErrorBody)))]
pub async fn pair(
    State(services): State<Services>,
    JsonBody(request): JsonBody<PairRequest>,
) -> Result<(StatusCode, Json<PairReply>), ApiError> {
    Ok((StatusCode::CREATED, Json(services.sources.pair(request).await?)))
}
