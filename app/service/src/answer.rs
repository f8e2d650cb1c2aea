//! Asking: the grounded answer as a stream of events.

use std::pin::Pin;

use futures::Stream;
use quire_domain::{Answer, AnswerEvent, CollectionName, ConversationId, DocumentId, ModelId};
use serde::{Deserialize, Serialize};

use crate::{ServiceError, Services};

/// The steps of an answer; dropping it stops the generation at the next token.
pub type AnswerStream = Pin<Box<dyn Stream<Item = AnswerEvent> + Send>>;

/// A question about a collection.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct AskRequest {
    /// The question.
    pub question: String,
    /// The chat model; the service's default where absent.
    #[serde(default)]
    pub model: Option<ModelId>,
    /// The conversation to continue; its earlier turns are read and this one is added.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// Earlier turns, for callers that keep the conversation themselves: pairs of question and
    /// answer, oldest first. Not used together with `conversation_id`.
    #[serde(default)]
    pub history: Vec<(String, String)>,
    /// Only these documents.
    #[serde(default)]
    pub documents: Option<Vec<DocumentId>>,
    /// The most tokens of the answer.
    #[serde(default)]
    pub max_tokens: Option<usize>,
    /// Makes the answer repeatable.
    #[serde(default)]
    pub seed: Option<u32>,
}

impl Services {
    /// Asks a question; errors that are known before the first event are returned at once.
    pub async fn ask(
        &self,
        _collection: &CollectionName,
        _request: AskRequest,
    ) -> Result<AnswerStream, ServiceError> {
        todo!()
    }

    /// Asks a question and waits for the whole answer.
    pub async fn ask_whole(
        &self,
        _collection: &CollectionName,
        _request: AskRequest,
    ) -> Result<Answer, ServiceError> {
        todo!()
    }
}
