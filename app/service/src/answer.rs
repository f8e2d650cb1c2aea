//! Asking: the grounded answer as a stream of events.
//!
//! The model proposes, the program decides: what the model writes is cut into sentences as it
//! streams, and each is shown with the words of a document that support it, or as unsupported.

mod answerable;
mod arrange;
mod beginning;
mod brief;
mod budget;
mod cite;
mod coverage;
mod echo;
mod evidence;
mod excerpt;
mod followup;
mod lead;
mod marks;
mod opening;
mod passages;
mod pipeline;
mod place;
mod prompt;
mod repetition;
mod reply;
mod selection;
mod writing;

pub(crate) use passages::Passage;
pub use reply::{PassageRequest, ReplyCheck, ReplyPassages};

use std::pin::Pin;

use futures::{Stream, StreamExt};
use quire_domain::{
    Answer, AnswerEvent, AnswerMode, Collection, CollectionName, ConversationId, ErrorKind,
    ModelId, Sampling, Scope, TimeToLive,
};
use quire_engines::Caller;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument;

use crate::search::Beside;
use crate::{ServiceError, Services};

/// The steps of an answer; dropping it stops the generation at the next token.
pub type AnswerStream = Pin<Box<dyn Stream<Item = AnswerEvent> + Send>>;

/// Events made before the reader has taken them; the engine waits beyond that.
const EVENTS_AHEAD: usize = 64;

/// A question about a collection.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct AskRequest {
    /// The question.
    pub question: String,
    /// The chat model; the service's default if absent.
    #[serde(default)]
    pub model: Option<ModelId>,
    /// The conversation to continue; its earlier turns are read and this one is added.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// Earlier turns, for callers that keep the conversation themselves: pairs of question and
    /// answer, oldest first. Not used together with `conversation_id`.
    #[serde(default)]
    pub history: Vec<(String, String)>,
    /// Which documents count.
    #[serde(flatten)]
    pub scope: Scope,
    /// Collections whose passages count as well; what is found in all of them is ranked together. Sentences are checked in
    /// the language of the first. A question about everything is answered from the best passages then.
    #[serde(skip)]
    pub beside: Vec<Beside>,
    /// The most tokens of the answer.
    #[serde(default)]
    pub max_tokens: Option<usize>,
    /// How the answer's tokens are chosen; the likeliest ones if absent.
    #[serde(default)]
    pub sampling: Option<Sampling>,
    /// Texts before which the answer ends.
    #[serde(default)]
    pub stop: Vec<String>,
    /// What whoever asks wants of the answer, such as its language or style. It stands below Quire's
    /// own rules: an answer rests on the documents all the same.
    #[serde(default)]
    pub instructions: Option<String>,
    /// How to choose what is read; by the question and the sizes if absent.
    #[serde(default)]
    pub mode: Option<AnswerMode>,
    /// Whether the model is to write in any case: though a quote answers the question by itself, or though the
    /// model holds that the passages do not.
    #[serde(default)]
    pub insist: bool,
    /// Whether the answer comes with its trace; in conversations it is kept in any case.
    #[serde(default)]
    pub explain: bool,
    /// How long the chat model stays in memory from now on; as it was if absent.
    #[serde(skip)]
    pub ttl: Option<TimeToLive>,
    /// Who asks.
    #[serde(skip)]
    pub caller: Caller,
}

impl Services {
    /// Asks a question. Errors that are known without a chat model are returned before the first event, which
    /// is the evidence; those that are not come as `Failed` behind it.
    ///
    /// When the stream is dropped before its end, the work stops, and the evidence and what was written
    /// until then are kept in the conversation.
    pub async fn ask(
        &self,
        collection: &CollectionName,
        request: AskRequest,
    ) -> Result<AnswerStream, ServiceError> {
        let collection = self.inner.catalog.get_collection(collection).await?;
        self.ask_in(collection, request).await
    }

    async fn ask_in(
        &self,
        collection: Collection,
        request: AskRequest,
    ) -> Result<AnswerStream, ServiceError> {
        let beginning = beginning::begin(self, collection, request).await?;
        let (sender, receiver) = mpsc::channel(EVENTS_AHEAD);
        let services = self.clone();
        let work = async move {
            let event = match pipeline::run(&services, beginning, &sender).await {
                Ok(answer) => AnswerEvent::Done { answer: Box::new(answer) },
                Err(error) => {
                    AnswerEvent::Failed { kind: error.kind(), message: error.to_string() }
                }
            };
            // Whoever asked may be gone; the answer is kept all the same.
            let _gone = sender.send(event).await;
        };
        tokio::spawn(work.in_current_span());
        Ok(ReceiverStream::new(receiver).boxed())
    }

    /// Asks a question and waits for the whole answer.
    pub async fn ask_whole(
        &self,
        collection: &CollectionName,
        request: AskRequest,
    ) -> Result<Answer, ServiceError> {
        let collection = self.inner.catalog.get_collection(collection).await?;
        self.ask_whole_in(collection, request).await
    }

    /// Asks a question of the index that `collection` names, and waits for the whole answer.
    pub(crate) async fn ask_whole_in(
        &self,
        collection: Collection,
        request: AskRequest,
    ) -> Result<Answer, ServiceError> {
        let beginning = beginning::begin(self, collection, request).await?;
        let (sender, mut steps) = mpsc::channel(EVENTS_AHEAD);
        let services = self.clone();
        // In a task of its own, so that what was written is kept though whoever asked leaves.
        let work = async move { pipeline::run(&services, beginning, &sender).await };
        let work = tokio::spawn(work.in_current_span());
        while steps.recv().await.is_some() {}
        work.await.unwrap_or_else(|_panicked| {
            let message = "the answer ended before its time".to_owned();
            Err(ServiceError::AnswerFailed { kind: ErrorKind::Internal, message })
        })
    }
}
