//! `/api/collections`: listing, making, changing, deleting.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quire_domain::{Collection, CollectionName, IndexSwitch, Language, ModelId};
use quire_service::{CollectionChange, NewCollection, Services};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::indexes::progress;
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
    /// The language of its keyword index; detected if absent.
    #[serde(default)]
    pub language: Option<Language>,
}

/// What is to change of a collection; what is absent stays.
#[derive(Deserialize, ToSchema)]
pub struct ChangeCollection {
    /// A new name.
    #[serde(default)]
    pub name: Option<CollectionName>,
    /// Another language for its keyword index; `und` detects it from the documents.
    #[serde(default)]
    pub language: Option<Language>,
    /// Another model to embed it.
    #[serde(default)]
    pub embedding_model: Option<ModelId>,
    /// When the index that language and model need takes the place of the active one; default
    /// `on_request` if the model changes, else `when_ready`.
    #[serde(default)]
    pub switch: Option<IndexSwitch>,
}

/// Lists all collections.
#[utoipa::path(get, path = "/api/collections", tag = "collections",
    responses((status = 200, body = CollectionList)))]
pub async fn list(State(services): State<Services>) -> Result<Json<CollectionList>, ApiError> {
    Ok(Json(CollectionList { collections: services.collections.list().await? }))
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
    Ok((StatusCode::CREATED, Json(services.collections.create(new).await?)))
}

/// Shows one collection.
#[utoipa::path(get, path = "/api/collections/{name}", tag = "collections",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, body = Collection), (status = 404, body = ErrorBody)))]
pub async fn show(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<Json<Collection>, ApiError> {
    Ok(Json(services.collections.get(&name).await?))
}

/// Changes a collection: its name at once, language and model by building `next_index`.
#[utoipa::path(patch, path = "/api/collections/{name}", tag = "collections",
    params(("name" = String, Path, description = "The collection")),
    request_body = ChangeCollection,
    responses((status = 200, description = "It is done", body = Collection),
        (status = 202, description = "An index is being built; see `next_index`", body = Collection),
        (status = 404, description = "There is no such collection or model", body = ErrorBody),
        (status = 409, description = "The name is taken", body = ErrorBody)))]
pub async fn change(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
    JsonBody(body): JsonBody<ChangeCollection>,
) -> Result<(StatusCode, Json<Collection>), ApiError> {
    let ChangeCollection { name: new_name, language, embedding_model, switch } = body;
    let builds = language.is_some() || embedding_model.is_some();
    let change = CollectionChange { name: new_name, language, embedding_model, switch };
    let changed = services.collections.change(&name, change).await?;
    Ok(if builds { progress(changed) } else { (StatusCode::OK, Json(changed)) })
}

/// Deletes a collection with its documents, index and conversations.
#[utoipa::path(delete, path = "/api/collections/{name}", tag = "collections",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 204, description = "It is gone"), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<StatusCode, ApiError> {
    services.collections.delete(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}
