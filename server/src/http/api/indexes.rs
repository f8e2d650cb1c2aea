//! `/api/collections/{name}/index`: switching to the next index, going back, giving one up.
//!
//! A next index is begun by changing a collection's language or embedding model. Every reply is the
//! collection as it then is; while `next_index` is there, the switch is still to come.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quire_domain::{Collection, CollectionName};
use quire_service::Services;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::Named;

/// Returns whether what was asked is done or still on its way.
pub(super) fn progress(collection: Collection) -> (StatusCode, Json<Collection>) {
    let on_its_way = collection.next_index.is_some();
    let status = if on_its_way { StatusCode::ACCEPTED } else { StatusCode::OK };
    (status, Json(collection))
}

/// Switches to the next index as soon as it is ready.
#[utoipa::path(post, path = "/api/collections/{name}/index/switch", tag = "collections",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, description = "It answers now", body = Collection),
        (status = 202, description = "It will when it is ready", body = Collection),
        (status = 404, body = ErrorBody),
        (status = 409, description = "There is none, or it cannot be built", body = ErrorBody)))]
pub async fn switch(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<(StatusCode, Json<Collection>), ApiError> {
    Ok(progress(services.collections.switch_index(&name).await?))
}

/// Goes back to the previous index, at once or as soon as it has what changed since.
#[utoipa::path(post, path = "/api/collections/{name}/index/back", tag = "collections",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, description = "It answers now", body = Collection),
        (status = 202, description = "It will when it has what changed", body = Collection),
        (status = 404, body = ErrorBody),
        (status = 409, description = "There is none", body = ErrorBody)))]
pub async fn back(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<(StatusCode, Json<Collection>), ApiError> {
    Ok(progress(services.collections.go_back(&name).await?))
}

/// Gives up the index that is being built or waits.
#[utoipa::path(delete, path = "/api/collections/{name}/index/next", tag = "collections",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, body = Collection), (status = 404, body = ErrorBody),
        (status = 409, description = "There is none", body = ErrorBody)))]
pub async fn drop_next(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<Json<Collection>, ApiError> {
    Ok(Json(services.collections.drop_next_index(&name).await?))
}

/// Removes the index that is kept for going back.
#[utoipa::path(delete, path = "/api/collections/{name}/index/previous", tag = "collections",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, body = Collection), (status = 404, body = ErrorBody),
        (status = 409, description = "There is none", body = ErrorBody)))]
pub async fn drop_previous(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<Json<Collection>, ApiError> {
    Ok(Json(services.collections.drop_previous_index(&name).await?))
}
