//! Conversations, for the page.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use quire_domain::{Conversation, Message};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::service::services;
use crate::UiError;

/// A conversation with its messages, oldest first.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct OpenConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// Its messages.
    pub messages: Vec<Message>,
}

/// Lists the conversations about a collection, newest first.
#[server(prefix = "/ui", endpoint = "list_conversations", input = Json)]
pub async fn list_conversations(
    /// The collection's name.
    collection: String,
) -> Result<Vec<Conversation>, UiError> {
    Ok(services()?.conversations.list(&collection.parse()?).await?)
}

/// Makes a conversation that is titled by its first question, whatever becomes of the answer.
#[server(prefix = "/ui", endpoint = "begin_conversation", input = Json)]
pub async fn begin_conversation(
    /// The collection's name.
    collection: String,
    /// The question.
    question: String,
) -> Result<Conversation, UiError> {
    let services = services()?;
    let conversation = services.conversations.create(&collection.parse()?).await?;
    let words: Vec<&str> = question.split_whitespace().collect();
    let title: String = words.join(" ").chars().take(80).collect();
    Ok(services.conversations.rename(&conversation.id, &title).await?)
}

/// Gets a conversation with its messages.
#[server(prefix = "/ui", endpoint = "get_conversation", input = Json)]
pub async fn get_conversation(
    /// Its identifier.
    id: String,
) -> Result<OpenConversation, UiError> {
    let found = services()?.conversations.get(&id.parse()?).await?;
    Ok(OpenConversation { conversation: found.conversation, messages: found.messages })
}

/// Gives a conversation another title.
#[server(prefix = "/ui", endpoint = "rename_conversation", input = Json)]
pub async fn rename_conversation(
    /// Its identifier.
    id: String,
    /// The new title.
    title: String,
) -> Result<Conversation, UiError> {
    Ok(services()?.conversations.rename(&id.parse()?, &title).await?)
}

/// Deletes a conversation and its messages.
#[server(prefix = "/ui", endpoint = "delete_conversation", input = Json)]
pub async fn delete_conversation(
    /// Its identifier.
    id: String,
) -> Result<(), UiError> {
    Ok(services()?.conversations.delete(&id.parse()?).await?)
}
