//! Asking a collection: the whole answer as JSON, or its events as they come.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use quire_domain::{
    Answer, AnswerEvent, AnswerMode, CollectionName, ConversationId, ModelId, Sampling, Scope,
};
use quire_service::AskRequest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{JsonBody, Named};
use crate::http::guard::caller;
use crate::http::state::AppState;
use crate::http::stream;
use crate::http::turn::step::Usage;
use crate::http::v1::options::within;

/// A question.
#[derive(Deserialize, ToSchema)]
pub struct AskBody {
    /// The question.
    pub question: String,
    /// The chat model; the server's default if absent.
    #[serde(default)]
    pub model: Option<ModelId>,
    /// The conversation to continue.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// Earlier turns, the oldest first, for callers that keep the conversation themselves; not together with
    /// `conversation_id`.
    #[serde(default)]
    pub history: Vec<EarlierTurn>,
    /// Which documents count.
    #[serde(flatten)]
    pub scope: Scope,
    /// The most tokens of the answer.
    #[serde(default)]
    pub max_tokens: Option<usize>,
    /// 0 to 2: how freely the answer is worded; default 0, which always takes the likeliest word.
    #[serde(default)]
    pub temperature: Option<f32>,
    /// 0 to 1: keeps the likeliest words up to this probability, if the temperature is above 0.
    #[serde(default)]
    pub top_p: Option<f32>,
    /// Makes the answer repeatable, if the temperature is above 0.
    #[serde(default)]
    pub seed: Option<u32>,
    /// Texts before which the answer ends.
    #[serde(default)]
    pub stop: Vec<String>,
    /// What the answer is to be like, such as its language or style; it rests on the documents all
    /// the same.
    #[serde(default)]
    pub instructions: Option<String>,
    /// How to choose what is read: `retrieval`, `full_document`, or `coverage`, which reads
    /// everything; by the question and the sizes if absent.
    #[serde(default)]
    pub mode: Option<AnswerMode>,
    /// Whether the model is to write in any case: though a quote answers the question by itself, or though
    /// the model holds that the passages do not; default false.
    #[serde(default)]
    pub insist: bool,
    /// Whether the answer comes with its trace: candidates, prompt, seed.
    #[serde(default)]
    pub explain: bool,
    /// Whether to send events instead of one object.
    #[serde(default)]
    pub stream: Option<bool>,
}

/// A question that was asked before, with its answer.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct EarlierTurn {
    /// The question.
    pub question: String,
    /// What was answered.
    pub answer: String,
}

/// Asks a question about the documents of a collection.
#[utoipa::path(post, path = "/api/collections/{name}/ask", tag = "search and ask",
    params(("name" = String, Path, description = "The collection")),
    request_body = AskBody,
    responses(
        (status = 200, description = "The answer, or with `stream` server-sent AnswerEvents named by their type. The first is `evidence`, the best quotes, before a chat model is loaded; if none is installed, the answer is the evidence and a `notice`. If the first quote answers the question in so many words, it is the answer, with a `notice` of code `quoted`, and no model is asked; naming a `model` or `insist` has it written. What is only known with the model, such as that the question is longer than its context, comes as `failed` behind it",
            content((Answer = "application/json"), (AnswerEvent = "text/event-stream"))),
        (status = 400, description = "The question is empty, or a number lies outside its range", body = ErrorBody),
        (status = 404, description = "There is no such collection, or nothing in it is in scope", body = ErrorBody),
        (status = 413, description = "The question is longer than the model's context; not with `stream`", body = ErrorBody)))]
pub async fn ask(
    State(state): State<AppState>,
    Named(name): Named<CollectionName>,
    JsonBody(body): JsonBody<AskBody>,
) -> Result<Response, ApiError> {
    let is_stream = body.stream.unwrap_or(false);
    let sampling = sampling(&body)?;
    if body.conversation_id.is_some() && !body.history.is_empty() {
        let message = "`conversation_id` names the earlier turns; leave `history` out.";
        return Err(ApiError::invalid(message).param("history"));
    }
    let request = AskRequest {
        question: body.question,
        model: body.model,
        conversation_id: body.conversation_id,
        history: body.history.into_iter().map(|turn| (turn.question, turn.answer)).collect(),
        scope: body.scope,
        beside: Vec::new(),
        max_tokens: body.max_tokens,
        sampling: Some(sampling),
        stop: body.stop.into_iter().filter(|text| !text.is_empty()).collect(),
        instructions: body.instructions,
        mode: body.mode,
        insist: body.insist,
        explain: body.explain,
        ttl: None,
        caller: caller::current(),
    };
    if !is_stream {
        let answer = state.services.ask_whole(&name, request).await?;
        state.metrics.count_tokens(Usage::of(&answer.receipt));
        return Ok(Json(answer).into_response());
    }
    let events = state.services.ask(&name, request).await?;
    let metrics = Arc::clone(&state.metrics);
    let events = events.map(move |event| {
        if let AnswerEvent::Done { answer } = &event {
            metrics.count_tokens(Usage::of(&answer.receipt));
        }
        stream::named(event_name(&event), &event)
    });
    Ok(stream::reply(events, &state.options.shutdown))
}

fn sampling(body: &AskBody) -> Result<Sampling, ApiError> {
    let greedy = Sampling::greedy();
    let temperature = within("temperature", body.temperature, 0.0..=2.0)?;
    let top_p = within("top_p", body.top_p, 0.0..=1.0)?;
    Ok(Sampling {
        temperature: temperature.unwrap_or(greedy.temperature),
        top_p: top_p.unwrap_or(greedy.top_p),
        seed: body.seed,
        ..greedy
    })
}

fn event_name(event: &AnswerEvent) -> &'static str {
    match event {
        AnswerEvent::Evidence { .. } => "evidence",
        AnswerEvent::Reading { .. } => "reading",
        AnswerEvent::Retrieved { .. } => "retrieved",
        AnswerEvent::Token { .. } => "token",
        AnswerEvent::Sentence { .. } => "sentence",
        AnswerEvent::Done { .. } => "done",
        AnswerEvent::Failed { .. } => "failed",
    }
}
