//! Conversations: kept questions and answers.

use quire_domain::{CollectionName, Conversation, ConversationId, Message};
use serde::{Deserialize, Serialize};

use crate::{ServiceError, Services};

/// The title of a conversation before its first question.
pub(crate) const UNTITLED: &str = "New conversation";

/// A conversation with all its messages, oldest first.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ConversationWithMessages {
    /// The conversation.
    pub conversation: Conversation,
    /// Its messages.
    pub messages: Vec<Message>,
}

impl Services {
    /// Lists the conversations about a collection, newest first.
    pub async fn list_conversations(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<Conversation>, ServiceError> {
        Ok(self.inner.catalog.list_conversations(collection).await?)
    }

    /// Makes an empty conversation, titled by its first question later on.
    pub async fn create_conversation(
        &self,
        collection: &CollectionName,
    ) -> Result<Conversation, ServiceError> {
        Ok(self.inner.catalog.create_conversation(collection, UNTITLED).await?)
    }

    /// Gets a conversation with its messages.
    pub async fn get_conversation(
        &self,
        id: &ConversationId,
    ) -> Result<ConversationWithMessages, ServiceError> {
        let conversation = self.inner.catalog.get_conversation(id).await?;
        let messages = self.inner.catalog.list_messages(id).await?;
        Ok(ConversationWithMessages { conversation, messages })
    }

    /// Gives a conversation another title, 1 to 200 characters.
    pub async fn rename_conversation(
        &self,
        id: &ConversationId,
        title: &str,
    ) -> Result<Conversation, ServiceError> {
        let title: String = title.trim().chars().take(200).collect();
        if title.is_empty() {
            return Err(ServiceError::Empty { what: "title" });
        }
        Ok(self.inner.catalog.rename_conversation(id, &title).await?)
    }

    /// Deletes a conversation and its messages.
    pub async fn delete_conversation(&self, id: &ConversationId) -> Result<(), ServiceError> {
        Ok(self.inner.catalog.delete_conversation(id).await?)
    }
}
