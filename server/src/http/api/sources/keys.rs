//! The keys of a source: which devices hold one, and taking it from them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quire_domain::sync::IssuedKey;
use quire_service::Services;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{LocalCaller, NamedKey, OpenSource};
use crate::http::error::{ApiError, ErrorBody};

/// The keys of a source.
#[derive(Serialize, ToSchema)]
pub struct KeyList {
    /// The one used last first.
    pub keys: Vec<IssuedKey>,
}

/// Lists the keys of a source, without the keys themselves; only to this machine.
#[utoipa::path(get, path = "/api/sources/{sid}/keys", tag = "sources",
    params(("sid" = String, Path, description = "The source")),
    responses((status = 200, body = KeyList), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(services): State<Services>,
    _caller: LocalCaller,
    source: OpenSource,
) -> Result<Json<KeyList>, ApiError> {
    Ok(Json(KeyList { keys: services.sources.list_keys(&source.id).await? }))
}

/// Revokes a key: the next call with it is refused. What its device sent stays.
#[utoipa::path(delete, path = "/api/sources/{sid}/keys/{id}", tag = "sources",
    params(("sid" = String, Path, description = "The source"),
        ("id" = String, Path, description = "The key, as it is named in the list")),
    responses((status = 204, description = "It opens nothing any more"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, description = "The source has no such key", body = ErrorBody)))]
pub async fn revoke(
    State(services): State<Services>,
    _caller: LocalCaller,
    source: OpenSource,
    NamedKey(key): NamedKey,
) -> Result<StatusCode, ApiError> {
    services.sources.revoke_key(&source.id, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
