//! Asking a question. Dropping the future ends the generation on the server.

use quire_domain::{AnswerEvent, AnswerMode, url_part};
use serde::Serialize;

use super::event_stream::stream_events;
use crate::limits::Limits;

/// The body of a question, as `/api` takes it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AskBody {
    /// The question.
    pub(crate) question: String,
    /// The chat model; the server's default if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// How to choose what is read; by the question and the sizes if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<AnswerMode>,
    /// Which documents may be read.
    #[serde(flatten)]
    pub(crate) limits: Limits,
    /// Whether to answer even if the model holds that the passages do not.
    pub(crate) insist: bool,
    /// The conversation that it continues.
    pub(crate) conversation_id: String,
    /// Always true here.
    pub(crate) stream: bool,
}

/// Asks, and hands over each event as it comes; an error is a sentence for people.
pub(crate) async fn stream_answer(
    collection: &str,
    question: &AskBody,
    on_event: impl FnMut(AnswerEvent),
) -> Result<(), String> {
    let url = format!("/api/collections/{}/ask", url_part(collection));
    stream_events(&url, question, on_event).await
}
