//! Conversations: kept questions and answers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quire_domain::{CollectionName, Conversation, ConversationId, Message};
use quire_service::Services;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{JsonBody, Named};

/// The conversations about a collection.
#[derive(Serialize, ToSchema)]
pub struct ConversationList {
    /// Newest first.
    pub conversations: Vec<Conversation>,
}

/// A conversation with all its messages.
#[derive(Serialize, ToSchema)]
pub struct WholeConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// Its messages, oldest first.
    pub messages: Vec<Message>,
}

/// What is to change of a conversation.
#[derive(Deserialize, ToSchema)]
pub struct RenameConversation {
    /// A new title, 1 to 200 characters.
    pub title: String,
}

/// Lists the conversations about a collection.
#[utoipa::path(get, path = "/api/collections/{name}/conversations", tag = "conversations",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, body = ConversationList), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<Json<ConversationList>, ApiError> {
    let conversations = services.conversations.list(&name).await?;
    Ok(Json(ConversationList { conversations }))
}

/// Makes an empty conversation.
#[utoipa::path(post, path = "/api/collections/{name}/conversations", tag = "conversations",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 201, body = Conversation), (status = 404, body = ErrorBody)))]
pub async fn create(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<(StatusCode, Json<Conversation>), ApiError> {
    Ok((StatusCode::CREATED, Json(services.conversations.create(&name).await?)))
}

/// Shows a conversation with its messages.
#[utoipa::path(get, path = "/api/conversations/{id}", tag = "conversations",
    params(("id" = String, Path, description = "The conversation")),
    responses((status = 200, body = WholeConversation), (status = 404, body = ErrorBody)))]
pub async fn show(
    State(services): State<Services>,
    Named(id): Named<ConversationId>,
) -> Result<Json<WholeConversation>, ApiError> {
    let whole = services.conversations.get(&id).await?;
    Ok(Json(WholeConversation { conversation: whole.conversation, messages: whole.messages }))
}

/// Gives a conversation another title.
#[utoipa::path(patch, path = "/api/conversations/{id}", tag = "conversations",
    params(("id" = String, Path, description = "The conversation")),
    request_body = RenameConversation,
    responses((status = 200, body = Conversation), (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn rename(
    State(services): State<Services>,
    Named(id): Named<ConversationId>,
    JsonBody(body): JsonBody<RenameConversation>,
) -> Result<Json<Conversation>, ApiError> {
    Ok(Json(services.conversations.rename(&id, &body.title).await?))
}

/// Deletes a conversation and its messages.
#[utoipa::path(delete, path = "/api/conversations/{id}", tag = "conversations",
    params(("id" = String, Path, description = "The conversation")),
    responses((status = 204, description = "It is gone"), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(services): State<Services>,
    Named(id): Named<ConversationId>,
) -> Result<StatusCode, ApiError> {
    services.conversations.delete(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
