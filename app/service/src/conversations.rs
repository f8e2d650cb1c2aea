//! Conversations: kept questions and answers.

use quire_domain::{CollectionName, Conversation, ConversationId, Message};
use serde::{Deserialize, Serialize};

use crate::{ServiceError, Services};

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
        _collection: &CollectionName,
    ) -> Result<Vec<Conversation>, ServiceError> {
        todo!()
    }

    /// Makes an empty conversation, titled by its first question later on.
    pub async fn create_conversation(
        &self,
        _collection: &CollectionName,
    ) -> Result<Conversation, ServiceError> {
        todo!()
    }

    /// Gets a conversation with its messages.
    pub async fn get_conversation(
        &self,
        _id: &ConversationId,
    ) -> Result<ConversationWithMessages, ServiceError> {
        todo!()
    }

    /// Gives a conversation another title, 1 to 200 characters.
    pub async fn rename_conversation(
        &self,
        _id: &ConversationId,
        _title: &str,
    ) -> Result<Conversation, ServiceError> {
        todo!()
    }

    /// Deletes a conversation and its messages.
    pub async fn delete_conversation(&self, _id: &ConversationId) -> Result<(), ServiceError> {
        todo!()
    }
}
