//! Files that come to a vector store together.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use quire_domain::{Attributes, FileId};
use quire_service::Services;
use serde::Deserialize;

use super::MOST_FILES;
use super::files::{AttachBody, POLL_AFTER, list_files};
use super::object::{
    BatchObject, ChunkingStrategy, StoreFileObject, check_chunking, read_attributes,
};
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, QueryOf};
use crate::http::state::AppState;
use crate::http::v1::page::{ListQuery, Listed};

/// The routes below the batches of a store.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/vector_stores/{store}/file_batches", post(create))
        .route("/v1/vector_stores/{store}/file_batches/{batch}", get(show))
        .route("/v1/vector_stores/{store}/file_batches/{batch}/cancel", post(cancel))
        .route("/v1/vector_stores/{store}/file_batches/{batch}/files", get(list))
}

/// A batch to be made: of files that have all in common, or of files each with its own settings.
#[derive(Debug, Deserialize)]
struct BatchBody {
    file_ids: Option<Vec<FileId>>,
    files: Option<Vec<AttachBody>>,
    attributes: Option<Attributes>,
    chunking_strategy: Option<ChunkingStrategy>,
}

impl BatchBody {
    fn read(self) -> Result<Vec<(FileId, Attributes)>, ApiError> {
        check_chunking(self.chunking_strategy.as_ref())?;
        let files: Vec<(FileId, Attributes)> = match (self.file_ids, self.files) {
            (Some(ids), None) => {
                let attributes = read_attributes(self.attributes)?;
                ids.into_iter().map(|id| (id, attributes.clone())).collect()
            }
            (None, Some(files)) => {
                let read = |file: AttachBody| {
                    check_chunking(file.chunking_strategy.as_ref())?;
                    Ok((file.file_id, read_attributes(file.attributes)?))
                };
                files.into_iter().map(read).collect::<Result<_, ApiError>>()?
            }
            _ => {
                let message = "Send either `file_ids` or `files`.";
                return Err(ApiError::invalid(message).param("file_ids"));
            }
        };
        if (1..=MOST_FILES).contains(&files.len()) {
            return Ok(files);
        }
        let message = format!("A batch has 1 to {MOST_FILES} files.");
        Err(ApiError::invalid(message).param("file_ids"))
    }
}

/// Makes several files documents of the collection.
async fn create(
    State(services): State<Services>,
    Path(store): Path<String>,
    JsonBody(body): JsonBody<BatchBody>,
) -> Result<Response, ApiError> {
    let files = body.read()?;
    let store = services.vector_stores.get(&store).await?;
    let batch = services.files.attach_batch(&store.collection.name, files).await?;
    services.vector_stores.touch(&store.collection.name).await?;
    Ok(([POLL_AFTER], Json(BatchObject::of(&store.id, batch))).into_response())
}

/// Shows a batch.
async fn show(
    State(services): State<Services>,
    Path((store, batch)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let store = services.vector_stores.get(&store).await?;
    let batch = services.files.get_batch(&store.collection.name, &batch).await?;
    Ok(([POLL_AFTER], Json(BatchObject::of(&store.id, batch))).into_response())
}

/// Gives a batch up.
async fn cancel(
    State(services): State<Services>,
    Path((store, batch)): Path<(String, String)>,
) -> Result<Json<BatchObject>, ApiError> {
    let store = services.vector_stores.get(&store).await?;
    let batch = services.files.cancel_batch(&store.collection.name, &batch).await?;
    Ok(Json(BatchObject::of(&store.id, batch)))
}

/// Lists the files of a batch.
async fn list(
    State(services): State<Services>,
    Path((store, batch)): Path<(String, String)>,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<Listed<StoreFileObject>>, ApiError> {
    let found = services.vector_stores.get(&store).await?;
    let batch = services.files.get_batch(&found.collection.name, &batch).await?.id;
    list_files(&services, &store, (query, Some(batch))).await
}
