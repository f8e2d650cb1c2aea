//! `/v1/vector_stores`: collections by the word of the OpenAI API. A store is a collection and its files are documents, so
//! that what is made here is seen on the page and under `/api`, and the other way round.

mod batches;
mod files;
mod object;
pub mod search;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use quire_domain::{Attributes, FileId};
use quire_service::{NewVectorStore, Services, StoreChange, VectorStoreRecord};
use serde::Deserialize;

use super::page::{Deleted, ListQuery, Listed, Sizes};
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, QueryOf};
use crate::http::state::AppState;
use object::{ChunkingStrategy, ExpiresAfter, MetadataFields, StoreObject, days, read_metadata};

/// The most files that a store is made with, or that come in one batch.
const MOST_FILES: usize = 2000;

/// The routes below `/v1/vector_stores`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/vector_stores", post(create).get(list))
        .route("/v1/vector_stores/{store}", get(show).post(change).delete(delete))
        .route("/v1/vector_stores/{store}/search", post(search::search))
        .merge(files::routes())
        .merge(batches::routes())
}

/// A store to be made.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CreateBody {
    name: Option<String>,
    description: Option<String>,
    file_ids: Option<Vec<FileId>>,
    expires_after: Option<ExpiresAfter>,
    chunking_strategy: Option<ChunkingStrategy>,
    metadata: Option<MetadataFields>,
}

/// What is to change of a store.
#[derive(Debug, Deserialize)]
#[expect(clippy::option_option, reason = "missing, `null` and there are three things")]
struct ChangeBody {
    name: Option<String>,
    /// `null` lets it never expire, and a missing one changes nothing.
    #[serde(default, deserialize_with = "object::given")]
    expires_after: Option<Option<ExpiresAfter>>,
    metadata: Option<MetadataFields>,
}

/// Makes a store, with the files that are named.
async fn create(
    State(services): State<Services>,
    JsonBody(body): JsonBody<CreateBody>,
) -> Result<Json<StoreObject>, ApiError> {
    object::check_chunking(body.chunking_strategy.as_ref())?;
    let files = body.file_ids.unwrap_or_default();
    if files.len() > MOST_FILES {
        let message = format!("`file_ids` has more than {MOST_FILES} entries.");
        return Err(ApiError::invalid(message).param("file_ids"));
    }
    for id in &files {
        services.files.get(id).await.map_err(|error| ApiError::from(error).param("file_ids"))?;
    }
    let new = NewVectorStore {
        name: body.name,
        description: body.description,
        metadata: read_metadata(body.metadata)?,
        expires_after_days: body.expires_after.map(|after| days(&after)).transpose()?,
    };
    let store = services.vector_stores.create(new).await?;
    for id in &files {
        services.files.attach(id, &store.collection.name, Attributes::new()).await?;
    }
    Ok(Json(services.vector_stores.get(store.id.as_str()).await?.into()))
}

/// Lists all stores.
async fn list(
    State(services): State<Services>,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<Listed<StoreObject>>, ApiError> {
    let paging = query.paging(Sizes::USUAL)?;
    let found = services.vector_stores.list(paging.clone()).await?;
    let id = |store: &VectorStoreRecord| store.id.to_string();
    Ok(Json(Listed::new(found, &paging, (id, StoreObject::from))))
}

/// Shows a store.
async fn show(
    State(services): State<Services>,
    Path(store): Path<String>,
) -> Result<Json<StoreObject>, ApiError> {
    Ok(Json(services.vector_stores.get(&store).await?.into()))
}

/// Changes a store.
async fn change(
    State(services): State<Services>,
    Path(store): Path<String>,
    JsonBody(body): JsonBody<ChangeBody>,
) -> Result<Json<StoreObject>, ApiError> {
    let expires_after = body.expires_after;
    let expires_after = expires_after.map(|after| after.map(|after| days(&after)).transpose());
    let change = StoreChange {
        name: body.name,
        metadata: body.metadata.map(|metadata| read_metadata(Some(metadata))).transpose()?,
        expires_after_days: expires_after.transpose()?,
    };
    Ok(Json(services.vector_stores.change(&store, change).await?.into()))
}

/// Deletes a store.
async fn delete(
    State(services): State<Services>,
    Path(store): Path<String>,
) -> Result<Json<Deleted>, ApiError> {
    let gone = services.vector_stores.delete(&store).await?;
    Ok(Json(Deleted::new(gone.id.into(), "vector_store.deleted")))
}
