//! `/v1/conversations`: chats as lists of items, which `/v1/responses` goes on with.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use quire_service::{Order, Paging, Services, Thread, ThreadItem};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::page::{Deleted, ListQuery, Listed, Sizes, seconds};
use super::responses::input::InputItem;
use super::responses::kept::{identified, item_id};
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, QueryOf};
use crate::http::state::AppState;

/// The most items that come at once, as OpenAI has it.
const MOST_ITEMS: usize = 20;

/// The routes below `/v1/conversations`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/conversations", post(create))
        .route("/v1/conversations/{id}", get(show).post(change).delete(delete))
        .route("/v1/conversations/{id}/items", get(list_items).post(add_items))
        .route("/v1/conversations/{id}/items/{item}", get(show_item).delete(delete_item))
}

/// A conversation to be made.
#[derive(Debug, Default, Deserialize)]
struct CreateBody {
    items: Option<Vec<Value>>,
    metadata: Option<BTreeMap<String, String>>,
}

/// What is to change of a conversation.
#[derive(Debug, Deserialize)]
struct ChangeBody {
    metadata: Option<BTreeMap<String, String>>,
}

/// Items to be added.
#[derive(Debug, Deserialize)]
struct ItemsBody {
    items: Vec<Value>,
}

/// A conversation as it is told.
#[derive(Debug, Serialize)]
struct ConversationObject {
    id: String,
    object: &'static str,
    created_at: i64,
    metadata: BTreeMap<String, String>,
}

impl From<Thread> for ConversationObject {
    fn from(thread: Thread) -> Self {
        let created_at = seconds(thread.created_at_ms);
        Self { id: thread.id, object: "conversation", created_at, metadata: thread.metadata }
    }
}

/// Gives all items of a conversation, oldest first.
pub async fn all_items(services: &Services, id: &str) -> Result<Vec<Value>, ApiError> {
    let paging = Paging { order: Order::Ascending, limit: usize::MAX, ..Paging::default() };
    let items = services.kept.list_items(id, paging).await;
    let items = items.map_err(|error| ApiError::from(error).param("conversation"))?;
    Ok(items.into_iter().map(|item| item.item).collect())
}

/// Reads items, which get identifiers.
fn read(items: Vec<Value>) -> Result<Vec<ThreadItem>, ApiError> {
    if items.len() > MOST_ITEMS {
        let message = format!("`items` has more than {MOST_ITEMS} entries; add them in parts.");
        return Err(ApiError::invalid(message).param("items"));
    }
    for (at, item) in items.iter().enumerate() {
        InputItem::read(item, &format!("items[{at}]"))?;
    }
    Ok(items.into_iter().map(identified).collect())
}

/// Makes a conversation.
async fn create(
    State(services): State<Services>,
    JsonBody(body): JsonBody<CreateBody>,
) -> Result<Json<ConversationObject>, ApiError> {
    let items = read(body.items.unwrap_or_default())?;
    let made = services.kept.create_thread(body.metadata.unwrap_or_default(), items).await?;
    Ok(Json(made.into()))
}

/// Shows a conversation.
async fn show(
    State(services): State<Services>,
    Path(id): Path<String>,
) -> Result<Json<ConversationObject>, ApiError> {
    Ok(Json(services.kept.get_thread(&id).await?.into()))
}

/// Replaces the notes of a conversation.
async fn change(
    State(services): State<Services>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<ChangeBody>,
) -> Result<Json<ConversationObject>, ApiError> {
    let changed = services.kept.change_thread(&id, body.metadata.unwrap_or_default()).await?;
    Ok(Json(changed.into()))
}

/// Deletes a conversation.
async fn delete(
    State(services): State<Services>,
    Path(id): Path<String>,
) -> Result<Json<Deleted>, ApiError> {
    services.kept.delete_thread(&id).await?;
    Ok(Json(Deleted::new(id, "conversation.deleted")))
}

/// Lists items, the newest first unless it is said otherwise.
async fn list_items(
    State(services): State<Services>,
    Path(id): Path<String>,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<Listed<Value>>, ApiError> {
    let paging = query.paging(Sizes::USUAL)?;
    let found = services.kept.list_items(&id, paging.clone()).await?;
    let id = |item: &ThreadItem| item.id.clone();
    Ok(Json(Listed::new(found, &paging, (id, |item: ThreadItem| item.item))))
}

/// Adds items at the end.
async fn add_items(
    State(services): State<Services>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<ItemsBody>,
) -> Result<Json<Listed<Value>>, ApiError> {
    let items = read(body.items)?;
    let told = items.iter().map(|item| item.item.clone()).collect();
    services.kept.append_items(&id, items).await?;
    Ok(Json(Listed::whole(told, item_id)))
}

/// Shows an item.
async fn show_item(
    State(services): State<Services>,
    Path((id, item)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(services.kept.get_item(&id, &item).await?.item))
}

/// Deletes an item, and shows the conversation.
async fn delete_item(
    State(services): State<Services>,
    Path((id, item)): Path<(String, String)>,
) -> Result<Json<ConversationObject>, ApiError> {
    services.kept.delete_item(&id, &item).await?;
    Ok(Json(services.kept.get_thread(&id).await?.into()))
}
