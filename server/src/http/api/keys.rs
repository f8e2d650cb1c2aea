//! Keys that open the server, and who used them; only the owner sees and changes either.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quire_domain::sync::KeyId;
use quire_domain::{AccessKey, AccessKeyRequest, AccessRecord, NewKey};
use quire_service::Services;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{JsonBody, Named, QueryOf};

/// How many requests are shown unless told otherwise.
const USUAL: u32 = 100;

/// All keys, without the keys themselves.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct AccessKeys {
    /// By name.
    pub keys: Vec<AccessKey>,
}

/// The newest requests that came with a key or from another machine.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct AccessLog {
    /// The newest last.
    pub requests: Vec<AccessRecord>,
}

/// How much of the record is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// How many requests at most; default 100.
    pub limit: Option<u32>,
}

/// Lists the keys.
#[utoipa::path(get, path = "/api/keys", tag = "keys",
    responses((status = 200, body = AccessKeys), (status = 403, body = ErrorBody)))]
pub async fn list(State(services): State<Services>) -> Result<Json<AccessKeys>, ApiError> {
    Ok(Json(AccessKeys { keys: services.access.list().await? }))
}

/// Makes a key. The reply is the only place where it ever stands.
#[utoipa::path(post, path = "/api/keys", tag = "keys", request_body = AccessKeyRequest,
    responses((status = 201, body = NewKey), (status = 403, body = ErrorBody),
        (status = 409, description = "A key has this name", body = ErrorBody)))]
pub async fn create(
    State(services): State<Services>,
    JsonBody(request): JsonBody<AccessKeyRequest>,
) -> Result<(StatusCode, Json<NewKey>), ApiError> {
    Ok((StatusCode::CREATED, Json(services.access.create(request).await?)))
}

/// Revokes a key: the next request with it is refused.
#[utoipa::path(delete, path = "/api/keys/{id}", tag = "keys",
    params(("id" = String, Path, description = "The key, as it is named in the list")),
    responses((status = 204, description = "It opens nothing any more"),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn revoke(
    State(services): State<Services>,
    Named(id): Named<KeyId>,
) -> Result<StatusCode, ApiError> {
    services.access.revoke(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the newest requests that came with a key or from another machine.
#[utoipa::path(get, path = "/api/keys/log", tag = "keys", params(LogQuery),
    responses((status = 200, body = AccessLog), (status = 403, body = ErrorBody)))]
pub async fn log(
    State(services): State<Services>,
    QueryOf(query): QueryOf<LogQuery>,
) -> Result<Json<AccessLog>, ApiError> {
    let limit = query.limit.unwrap_or(USUAL);
    Ok(Json(AccessLog { requests: services.access.list_records(limit).await? }))
}
