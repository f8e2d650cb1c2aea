//! A collection as a model: the last messages of the user are the question, earlier ones are the
//! conversation, system messages say what the answer is to be like, and the answer rests on the
//! documents.

use async_stream::stream;
use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use quire_domain::{Answer, AnswerEvent, Citation, CollectionName};
use quire_engines::{ChatMessage, Sampling};
use quire_service::{AnswerStream, AskRequest};
use serde_json::json;

use super::chat::{CHUNK, Chunks, WHOLE};
use super::content::{Content, Details};
use super::error::from_service;
use super::messages::conversation::{Conversation, as_question};
use super::options::CommonOptions;
use super::reply::{Frame, Usage};
use super::resolve::COLLECTION_PREFIX;
use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::http::stream as events;

/// A chat with a collection.
pub struct Asked {
    /// The collection.
    pub collection: CollectionName,
    /// The chat, its last message being the question.
    pub messages: Vec<ChatMessage>,
    /// Whether the evidence is told, before anything else.
    pub evidence: Evidence,
    /// The other parameters.
    pub options: CommonOptions,
}

/// Whether an answer tells the quotes that were found before a model was asked. OpenAI has no place for them,
/// so that only whoever asks for them gets them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Evidence {
    /// It does, as annotations before its words.
    Told,
    /// It does not.
    Untold,
}

impl Evidence {
    /// Gives the quotes that are told of these.
    fn of(self, quotes: &[Citation]) -> &[Citation] {
        match self {
            Self::Told => quotes,
            Self::Untold => &[],
        }
    }
}

/// Answers from the documents of a collection.
pub async fn answer(
    state: &AppState,
    headers: &HeaderMap,
    asked: Asked,
) -> Result<Response, ApiError> {
    let Conversation { question, history, instructions } = as_question(&asked.messages)?;
    let max_tokens = asked.options.token_limit()?;
    if max_tokens == Some(0) {
        let message = "`max_tokens` is 0; an answer needs at least 1.";
        return Err(ApiError::invalid(message).param("max_tokens"));
    }
    let request = AskRequest {
        question,
        history,
        instructions,
        max_tokens,
        sampling: Some(asked.options.sampling(&Sampling::greedy())?),
        stop: asked.options.stop_texts(),
        ttl: asked.options.ttl(),
        ..AskRequest::default()
    };
    let model = format!("{COLLECTION_PREFIX}{}", asked.collection);
    let content = Content::new(base_url(headers));
    if asked.options.is_stream() {
        let answer = state.services.ask(&asked.collection, request).await.map_err(from_service)?;
        let frame = Frame::chat(&model, CHUNK);
        let chunks = Chunks { frame, includes_usage: asked.options.includes_usage() };
        return Ok(events::reply(
            stream_answer(answer, chunks, (content, asked.evidence)),
            &state.options.shutdown,
        ));
    }
    let answer =
        state.services.ask_whole(&asked.collection, request).await.map_err(from_service)?;
    Ok(Json(whole(&model, &answer, (content, asked.evidence))).into_response())
}

/// This server as the caller addressed it; the host was checked before.
fn base_url(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

fn whole(
    model: &str,
    answer: &Answer,
    (mut content, evidence): (Content, Evidence),
) -> serde_json::Value {
    let quotes = evidence.of(&answer.evidence);
    let mut annotations = content.evidence(quotes);
    content.add_citations(&answer.citations);
    let mut text = String::new();
    for sentence in &answer.sentences {
        text += &content.sentence(sentence, &answer.answer);
    }
    text += &content.rest(&answer.answer);
    annotations.extend(content.annotations());
    let message = json!({
        "role": "assistant",
        "content": text,
        "refusal": null,
        "annotations": annotations,
        "quire": Details::of(answer, quotes),
    });
    let choice = json!({
        "index": 0, "message": message, "logprobs": null, "finish_reason": reason(answer),
    });
    let mut reply = Frame::chat(model, WHOLE).with(json!([choice]));
    reply["usage"] = usage(answer).json();
    reply
}

/// Sends the evidence if it is told, each sentence when it has been checked, and the annotations of those before
/// the end.
fn stream_answer(
    mut answer: AnswerStream,
    chunks: Chunks,
    (mut content, evidence): (Content, Evidence),
) -> impl Stream<Item = Event> + Send {
    stream! {
        // What the tokens so far say: the text between sentences is taken from it.
        let mut told = String::new();
        yield chunks.delta(json!({"role": "assistant", "content": ""}));
        while let Some(event) = answer.next().await {
            match event {
                AnswerEvent::Reading { .. } | AnswerEvent::Retrieved { .. } => {}
                AnswerEvent::Evidence { citations } => {
                    let quotes = evidence.of(&citations);
                    if !quotes.is_empty() {
                        let annotations = content.evidence(quotes);
                        let quire = json!({"evidence": quotes});
                        yield chunks.delta(json!({"annotations": annotations, "quire": quire}));
                    }
                }
                AnswerEvent::Token { text } => told.push_str(&text),
                AnswerEvent::Sentence { sentence, citations } => {
                    content.add_citations(&citations);
                    let text = content.sentence(&sentence, &told);
                    yield chunks.delta(json!({"content": text}));
                }
                AnswerEvent::Done { answer } => {
                    let rest = content.rest(&answer.answer);
                    if !rest.is_empty() {
                        yield chunks.delta(json!({"content": rest}));
                    }
                    let annotations = content.annotations();
                    let details = Details::of(&answer, evidence.of(&answer.evidence));
                    let last = json!({"annotations": annotations, "quire": details});
                    yield chunks.delta(last);
                    for event in chunks.end(reason(&answer), usage(&answer)) {
                        yield event;
                    }
                    break;
                }
                AnswerEvent::Failed { kind, message } => {
                    yield events::data(&ApiError::shown(kind, message).body());
                    break;
                }
            }
        }
    }
}

/// Names why the answer ended. OpenAI has one word for an answer that is not whole; `quire.receipt`
/// says more.
fn reason(answer: &Answer) -> &'static str {
    if answer.receipt.truncated { "length" } else { "stop" }
}

fn usage(answer: &Answer) -> Usage {
    Usage {
        prompt: answer.receipt.prompt_tokens as usize,
        cached: answer.receipt.cached_tokens as usize,
        completion: answer.receipt.completion_tokens as usize,
        // A model that answers from documents is kept from thinking first.
        reasoning: 0,
    }
}
