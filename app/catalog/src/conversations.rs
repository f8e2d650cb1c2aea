//! Records of conversations.

use async_trait::async_trait;
use quire_domain::{CollectionName, Conversation, ConversationId, Message};

use crate::CatalogError;

/// Keeps conversations and their messages.
#[async_trait]
pub trait ConversationRecords: Send + Sync {
    /// Lists those about a collection, newest first.
    async fn list_conversations(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<Conversation>, CatalogError>;

    /// Adds an empty one.
    async fn create_conversation(
        &self,
        collection: &CollectionName,
        title: &str,
    ) -> Result<Conversation, CatalogError>;

    /// Gets one.
    async fn get_conversation(&self, id: &ConversationId) -> Result<Conversation, CatalogError>;

    /// Reads its messages, oldest first.
    async fn list_messages(&self, id: &ConversationId) -> Result<Vec<Message>, CatalogError>;

    /// Adds messages at its end, all or none.
    async fn append_messages(
        &self,
        id: &ConversationId,
        messages: Vec<Message>,
    ) -> Result<(), CatalogError>;

    /// Gives it another title.
    async fn rename_conversation(
        &self,
        id: &ConversationId,
        title: &str,
    ) -> Result<Conversation, CatalogError>;

    /// Removes it with its messages.
    async fn delete_conversation(&self, id: &ConversationId) -> Result<(), CatalogError>;
}
