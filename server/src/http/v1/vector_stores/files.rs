//! The files of a vector store.

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use quire_domain::{Attributes, FileId};
use quire_service::{AttachedFile, AttachedFilter, Services};
use serde::{Deserialize, Serialize};

use super::object::{ChunkingStrategy, StoreFileObject, check_chunking, read_attributes, statuses};
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, QueryOf};
use crate::http::state::AppState;
use crate::http::v1::page::{Deleted, ListQuery, Listed, Sizes};

/// After how many milliseconds OpenAI's SDKs ask again if something is ready.
pub const POLL_AFTER: (&str, HeaderValue) =
    ("openai-poll-after-ms", HeaderValue::from_static("250"));

/// The routes below the files of a store.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/vector_stores/{store}/files", post(attach).get(list))
        .route("/v1/vector_stores/{store}/files/{file}", get(show).post(change).delete(detach))
        .route("/v1/vector_stores/{store}/files/{file}/content", get(content))
}

/// A file to be attached.
#[derive(Debug, Deserialize)]
pub struct AttachBody {
    pub(super) file_id: FileId,
    pub(super) attributes: Option<Attributes>,
    pub(super) chunking_strategy: Option<ChunkingStrategy>,
}

/// What is to be attached to a file.
#[derive(Debug, Deserialize)]
struct AttributesBody {
    attributes: Option<Attributes>,
}

/// The text of a file.
#[derive(Debug, Serialize)]
struct ContentPage {
    object: &'static str,
    data: Vec<TextPart>,
    has_more: bool,
    next_page: Option<String>,
}

/// A piece of text.
#[derive(Debug, Serialize)]
pub struct TextPart {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
}

impl TextPart {
    /// Makes a piece.
    pub fn new(text: String) -> Self {
        Self { kind: "text", text }
    }
}

/// Makes a file a document of the collection.
async fn attach(
    State(services): State<Services>,
    Path(store): Path<String>,
    JsonBody(body): JsonBody<AttachBody>,
) -> Result<Response, ApiError> {
    check_chunking(body.chunking_strategy.as_ref())?;
    let attributes = read_attributes(body.attributes)?;
    let store = services.vector_stores.get(&store).await?;
    let file = services.files.attach(&body.file_id, &store.collection.name, attributes).await?;
    services.vector_stores.touch(&store.collection.name).await?;
    Ok(([POLL_AFTER], Json(StoreFileObject::of(&store.id, file))).into_response())
}

/// Lists the files.
async fn list(
    State(services): State<Services>,
    Path(store): Path<String>,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<Listed<StoreFileObject>>, ApiError> {
    list_files(&services, &store, (query, None)).await
}

/// Lists files of a store, or those of a batch of it.
pub async fn list_files(
    services: &Services,
    store: &str,
    (query, batch): (ListQuery, Option<String>),
) -> Result<Json<Listed<StoreFileObject>>, ApiError> {
    let paging = query.paging(Sizes::USUAL)?;
    let store = services.vector_stores.get(store).await?;
    let found = match query.filter.as_deref() {
        // Those that were given up are not there any more.
        Some("cancelled") => Vec::new(),
        filter => {
            let statuses = statuses(filter)?;
            let filter = AttachedFilter { statuses, batch, paging: paging.clone() };
            services.files.list_attached(&store.collection.name, filter).await?
        }
    };
    let id = |file: &AttachedFile| FileId::of_document(&file.document.id).to_string();
    let show = |file| StoreFileObject::of(&store.id, file);
    Ok(Json(Listed::new(found, &paging, (id, show))))
}

/// Shows a file.
async fn show(
    State(services): State<Services>,
    Path((store, file)): Path<(String, FileId)>,
) -> Result<Response, ApiError> {
    let store = services.vector_stores.get(&store).await?;
    let file = services.files.get_attached(&file, &store.collection.name).await?;
    Ok(([POLL_AFTER], Json(StoreFileObject::of(&store.id, file))).into_response())
}

/// Replaces what is attached to a file.
async fn change(
    State(services): State<Services>,
    Path((store, file)): Path<(String, FileId)>,
    JsonBody(body): JsonBody<AttributesBody>,
) -> Result<Json<StoreFileObject>, ApiError> {
    let attributes = read_attributes(body.attributes)?;
    let store = services.vector_stores.get(&store).await?;
    let file = services.files.set_attributes(&file, &store.collection.name, attributes).await?;
    Ok(Json(StoreFileObject::of(&store.id, file)))
}

/// Takes a file out of the collection.
async fn detach(
    State(services): State<Services>,
    Path((store, file)): Path<(String, FileId)>,
) -> Result<Json<Deleted>, ApiError> {
    let store = services.vector_stores.get(&store).await?;
    services.files.detach(&file, &store.collection.name).await?;
    Ok(Json(Deleted::new(file.into(), "vector_store.file.deleted")))
}

/// Sends the text that was read of a file, a page at a time.
async fn content(
    State(services): State<Services>,
    Path((store, file)): Path<(String, FileId)>,
) -> Result<Json<ContentPage>, ApiError> {
    let store = services.vector_stores.get(&store).await?;
    let file = services.files.get_attached(&file, &store.collection.name).await?;
    let texts = services.documents.list_texts(&file.document.id).await?;
    Ok(Json(ContentPage {
        object: "vector_store.file_content.page",
        data: texts.into_iter().map(|page| TextPart::new(page.text)).collect(),
        has_more: false,
        next_page: None,
    }))
}
