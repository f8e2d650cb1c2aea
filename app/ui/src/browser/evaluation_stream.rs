//! Running an evaluation, and making questions for one. Dropping the future ends either on the server
//! at the next question.

use quire_domain::{EvaluationEvent, IndexChoice, SuggestionEvent, url_part};
use serde::Serialize;

use super::event_stream::stream_events;

/// The body of an evaluation of the collection's own questions, as `/api` takes it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EvaluationBody {
    /// What to call it; the server's default if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Whether to answer the questions too.
    pub(crate) answers: bool,
    /// The chat model that answers; the server's default if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// Which index to search.
    pub(crate) index: IndexChoice,
    /// Always true here.
    pub(crate) stream: bool,
}

/// Runs it, and hands over each event as it comes; an error is a sentence for people.
pub(crate) async fn stream_evaluation(
    collection: &str,
    evaluation: &EvaluationBody,
    on_event: impl FnMut(EvaluationEvent),
) -> Result<(), String> {
    let url = format!("/api/collections/{}/evaluations", url_part(collection));
    stream_events(&url, evaluation, on_event).await
}

#[derive(Serialize)]
struct SuggestBody {
    count: u32,
}

/// Has questions made, and hands over each event as it comes; an error is a sentence for people.
pub(crate) async fn stream_suggestions(
    collection: &str,
    count: u32,
    on_event: impl FnMut(SuggestionEvent),
) -> Result<(), String> {
    let url = format!("/api/collections/{}/questions/suggest", url_part(collection));
    stream_events(&url, &SuggestBody { count }, on_event).await
}
