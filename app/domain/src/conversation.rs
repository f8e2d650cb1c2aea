//! Conversations: questions about a collection and their answers, kept to be reopened.

use serde::{Deserialize, Serialize};

use crate::{Answer, CollectionName, ConversationId};

/// Who said a message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person who asks.
    User,
    /// The model that answers.
    Assistant,
}

/// One turn of a conversation.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// The words.
    pub text: String,
    /// The whole answer, for the assistant's turns.
    pub answer: Option<Answer>,
    /// When, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

/// A conversation, without its messages.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversation {
    /// Its identifier.
    pub id: ConversationId,
    /// The collection it is about.
    pub collection: CollectionName,
    /// Its title; at first the first question, shortened.
    pub title: String,
    /// When it began, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When it last grew.
    pub updated_at_ms: i64,
}
