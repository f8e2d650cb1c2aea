//! `/api/collections`: listing, making, renaming, deleting.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quire_domain::{Collection, CollectionName, Language, ModelId};
use quire_service::{CollectionChange, NewCollection, Services};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{JsonBody, Named};

/// All collections.
#[derive(Serialize, ToSchema)]
pub struct CollectionList {
    /// By name.
    pub collections: Vec<Collection>,
}

/// A collection to be made.
#[derive(Deserialize, ToSchema)]
pub struct CreateCollection {
    /// Its name: 1 to 64 letters, digits, spaces, `-`, `_`, `.`.
    pub name: CollectionName,
    /// The model that embeds it.
    #[serde(default)]
    pub embedding_model: Option<ModelId>,
    /// The language of its keyword index; detected where absent.
    #[serde(default)]
    pub language: Option<Language>,
}

/// What is to change of a collection.
#[derive(Deserialize, ToSchema)]
pub struct ChangeCollection {
    /// A new name.
    #[serde(default)]
    pub name: Option<CollectionName>,
}

/// Lists all collections.
#[utoipa::path(get, path = "/api/collections", tag = "collections",
    responses((status = 200, body = CollectionList)))]
pub async fn list(State(services): State<Services>) -> Result<Json<CollectionList>, ApiError> {
    Ok(Json(CollectionList { collections: services.list_collections().await? }))
}

/// Makes an empty collection.
#[utoipa::path(post, path = "/api/collections", tag = "collections",
    request_body = CreateCollection,
    responses((status = 201, body = Collection),
        (status = 400, description = "The name breaks its rules", body = ErrorBody),
        (status = 409, description = "The name is taken", body = ErrorBody)))]
pub async fn create(
    State(services): State<Services>,
    JsonBody(body): JsonBody<CreateCollection>,
) -> Result<(StatusCode, Json<Collection>), ApiError> {
    let new = NewCollection {
        name: body.name,
        embedding_model: body.embedding_model,
        language: body.language,
    };
    Ok((StatusCode::CREATED, Json(services.create_collection(new).await?)))
}

/// Shows one collection.
#[utoipa::path(get, path = "/api/collections/{name}", tag = "collections",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, body = Collection), (status = 404, body = ErrorBody)))]
pub async fn show(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<Json<Collection>, ApiError> {
    Ok(Json(services.get_collection(&name).await?))
}

/// Renames a collection.
#[utoipa::path(patch, path = "/api/collections/{name}", tag = "collections",
    params(("name" = String, Path, description = "The collection")),
    request_body = ChangeCollection,
    responses((status = 200, body = Collection), (status = 404, body = ErrorBody),
        (status = 409, description = "The name is taken", body = ErrorBody)))]
pub async fn change(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
    JsonBody(body): JsonBody<ChangeCollection>,
) -> Result<Json<Collection>, ApiError> {
    let change = CollectionChange { name: body.name };
    Ok(Json(services.change_collection(&name, change).await?))
}

/// Deletes a collection with its documents, index and conversations.
#[utoipa::path(delete, path = "/api/collections/{name}", tag = "collections",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 204, description = "It is gone"), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<StatusCode, ApiError> {
    services.delete_collection(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}
