//! Conversations: kept questions and answers.

use std::sync::Arc;

use quire_catalog::ConversationRecords;
use quire_domain::{
    Answer, CollectionName, Conversation, ConversationId, Message, NoticeCode, Role,
};
use quire_folder_sync::now_ms;
use serde::{Deserialize, Serialize};

use crate::ServiceError;

/// The title of a conversation before its first question.
const UNTITLED: &str = "New conversation";

/// A conversation with all its messages, oldest first.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ConversationWithMessages {
    /// The conversation.
    pub conversation: Conversation,
    /// Its messages.
    pub messages: Vec<Message>,
}

/// The part of the services that keeps questions and their answers.
pub struct Conversations {
    pub(crate) catalog: Arc<dyn ConversationRecords>,
}

impl Conversations {
    /// Lists the conversations about a collection, newest first.
    pub async fn list(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<Conversation>, ServiceError> {
        Ok(self.catalog.list_conversations(collection).await?)
    }

    /// Makes an empty conversation, titled by its first question later on.
    pub async fn create(&self, collection: &CollectionName) -> Result<Conversation, ServiceError> {
        Ok(self.catalog.create_conversation(collection, UNTITLED).await?)
    }

    /// Gets a conversation with its messages.
    pub async fn get(&self, id: &ConversationId) -> Result<ConversationWithMessages, ServiceError> {
        let conversation = self.catalog.get_conversation(id).await?;
        let messages = self.catalog.list_messages(id).await?;
        Ok(ConversationWithMessages { conversation, messages })
    }

    /// Gives a conversation another title, 1 to 200 characters.
    pub async fn rename(
        &self,
        id: &ConversationId,
        title: &str,
    ) -> Result<Conversation, ServiceError> {
        let title: String = title.trim().chars().take(200).collect();
        if title.is_empty() {
            return Err(ServiceError::Empty { what: "title" });
        }
        Ok(self.catalog.rename_conversation(id, &title).await?)
    }

    /// Deletes a conversation and its messages.
    pub async fn delete(&self, id: &ConversationId) -> Result<(), ServiceError> {
        Ok(self.catalog.delete_conversation(id).await?)
    }

    /// Reads the earlier turns of a conversation as pairs of question and answer.
    pub(crate) async fn turns(
        &self,
        id: &ConversationId,
    ) -> Result<Vec<(String, String)>, ServiceError> {
        let messages = self.get(id).await?.messages;
        let mut turns: Vec<(String, String)> = Vec::new();
        for message in messages {
            match (message.role, turns.last_mut()) {
                (Role::User, _) => turns.push((message.text, String::new())),
                (Role::Assistant, Some(turn)) => turn.1 = words_shown(message),
                (Role::Assistant, None) => {}
            }
        }
        Ok(turns)
    }

    /// Adds question and answer to a conversation, which takes its title from the first question.
    pub(crate) async fn keep_turn(
        &self,
        id: &ConversationId,
        question: &str,
        answer: &Answer,
    ) -> Result<(), ServiceError> {
        let created_at_ms = now_ms();
        let message = |role, text: &str, answer| Message {
            role,
            text: text.to_owned(),
            answer,
            created_at_ms,
        };
        let messages = vec![
            message(Role::User, question, None),
            message(Role::Assistant, &answer.answer, Some(answer.clone())),
        ];
        let conversation = self.catalog.get_conversation(id).await?;
        self.catalog.append_messages(id, messages).await?;
        if conversation.title == UNTITLED {
            let title: String = question.chars().take(80).collect();
            self.catalog.rename_conversation(id, &title).await?;
        }
        Ok(())
    }
}

/// Gives what was shown for an answer. One that came without a chat model says that in place of words of its
/// own, which is nothing to go on from: what was shown are the quotes.
fn words_shown(message: Message) -> String {
    let is_bare = |answer: &Answer| {
        answer.notice.as_ref().is_some_and(|notice| notice.code == NoticeCode::NoChatModel)
    };
    let Some(answer) = message.answer.filter(|answer| is_bare(answer)) else {
        return message.text;
    };
    let quotes = answer.evidence.iter().map(|citation| citation.quote.as_str());
    quotes.collect::<Vec<_>>().join("\n")
}
