//! `/v1/chat/completions`, whole and streamed, by a model or by a collection.

use async_stream::stream;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use quire_domain::Citation;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::CallShape;
use super::constraint::FormFields;
use super::content::{Annotation, Details};
use super::messages;
use super::options::CommonOptions;
use super::reply::{Frame, probabilities, usage_json, word};
use super::tools::ToolFields;
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, base_url};
use crate::http::lmstudio::stats::Stats;
use crate::http::state::AppState;
use crate::http::stream as events;
use crate::http::turn::finished::{Finished, Part};
use crate::http::turn::marked::Marked;
use crate::http::turn::step::{Ending, Step};
use crate::http::turn::{self, Asked, Delivery, Turn};

/// The object of a streamed chunk.
const CHUNK: &str = "chat.completion.chunk";
/// The object of a whole reply.
const WHOLE: &str = "chat.completion";

/// A chat request.
#[derive(Debug, Deserialize)]
pub struct ChatBody {
    messages: Option<Value>,
    #[serde(flatten)]
    tools: ToolFields,
    #[serde(flatten)]
    form: FormFields,
    /// Whether a collection tells the best quotes before it answers; Quire's own.
    evidence: Option<bool>,
    #[serde(flatten)]
    options: CommonOptions,
}

/// How a reply is told.
struct Telling {
    /// The shape of calls.
    shape: CallShape,
    /// How many of the likeliest tokens are told with each one.
    top_logprobs: Option<usize>,
    /// Whether the evidence is told. OpenAI has no place for it, so that only whoever asks for it gets it.
    is_evidence_told: bool,
    /// Where links lead.
    base_url: String,
    /// What else is told.
    extras: Extras,
}

impl Telling {
    /// Gives the quotes that are told of these.
    fn evidence<'a>(&self, quotes: &'a [Citation]) -> &'a [Citation] {
        if self.is_evidence_told { quotes } else { &[] }
    }
}

/// Whether a reply tells more than OpenAI's does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extras {
    /// It does not.
    None,
    /// It tells how fast it was, as LM Studio does.
    Stats,
}

/// Continues a chat.
pub async fn complete(
    State(state): State<AppState>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<ChatBody>,
) -> Result<Response, ApiError> {
    reply(&state, &headers, body, Extras::None).await
}

/// Continues a chat, and tells what else is wanted.
pub async fn reply(
    state: &AppState,
    headers: &HeaderMap,
    body: ChatBody,
    extras: Extras,
) -> Result<Response, ApiError> {
    let telling = Telling { extras, ..body.telling(headers)? };
    let is_stream = body.options.is_stream();
    let includes_usage = body.options.includes_usage();
    let asked = body.read()?;
    if is_stream {
        let turn = turn::begin(state, asked, Delivery::Streamed).await?;
        let chunks = Chunks { frame: Frame::chat(&turn.model, CHUNK), includes_usage };
        let chunks = stream_chunks(chunks, turn, telling);
        return Ok(events::reply(chunks, &state.options.shutdown));
    }
    let turn = turn::begin(state, asked, Delivery::Whole).await?;
    let frame = Frame::chat(&turn.model, WHOLE);
    Ok(Json(whole(&frame, &turn.finish().await?, &telling)).into_response())
}

impl ChatBody {
    fn telling(&self, headers: &HeaderMap) -> Result<Telling, ApiError> {
        Ok(Telling {
            shape: self.tools.read()?.shape,
            top_logprobs: self.options.top_logprobs()?,
            is_evidence_told: self.evidence.unwrap_or(false),
            base_url: base_url(headers),
            extras: Extras::None,
        })
    }

    fn read(self) -> Result<Asked, ApiError> {
        self.options.refuse_unsupported()?;
        let (tools, form) = (self.tools.read()?, self.form.read()?);
        let messages = messages::read(self.messages.as_ref())?;
        Ok(Asked { messages, tools, form, options: self.options })
    }
}

fn whole(frame: &Frame, done: &Finished, telling: &Telling) -> Value {
    let mut marked = Marked::default();
    let mut text = String::new();
    for part in &done.parts {
        match part {
            Part::Text(more) => {
                marked.text(more);
                text.push_str(more);
            }
            Part::Sentence(cited) => text += &marked.sentence(cited),
            Part::Thought(_) | Part::Call(_) => {}
        }
    }
    let mut message = json!({"role": "assistant", "content": text, "refusal": null});
    telling.shape.add_to(&mut message, &done.calls().collect::<Vec<_>>());
    let thought = done.thought();
    if !thought.is_empty() {
        message["reasoning_content"] = thought.trim().into();
    }
    if let Some(answer) = &done.answer {
        let quotes = telling.evidence(&done.evidence);
        let mut annotations = Annotation::of_evidence(quotes, &telling.base_url);
        annotations.extend(Annotation::of_marks(&marked.marks, &telling.base_url));
        message["annotations"] = json!(annotations);
        message["quire"] = json!(Details::of(answer, quotes));
    }
    let choice = json!({
        "index": 0,
        "message": message,
        "logprobs": probabilities(&done.tokens, telling.top_logprobs),
        "finish_reason": done.reason.map(|reason| telling.shape.reason(word(reason))),
    });
    let mut reply = frame.with(json!([choice]));
    reply["usage"] = usage_json(done.usage);
    if let (Extras::Stats, Some(reason)) = (telling.extras, done.reason) {
        reply["stats"] = json!(Stats::of(&done.timing, done.usage, reason));
    }
    reply
}

/// The chunks of a streamed reply: role, evidence if it is told, text, calls, annotations, reason, and then the account
/// if it is wanted.
fn stream_chunks(
    chunks: Chunks,
    mut turn: Turn,
    telling: Telling,
) -> impl Stream<Item = Event> + Send {
    stream! {
        let shape = telling.shape;
        let mut marked = Marked::default();
        let mut calls = 0_usize;
        yield chunks.delta(json!({"role": "assistant", "content": ""}));
        while let Some(step) = turn.steps.next().await {
            turn.timing.hear(&step);
            match step {
                Step::Started(_) => {}
                Step::Evidence(quotes) => {
                    let quotes = telling.evidence(&quotes);
                    if !quotes.is_empty() {
                        let annotations = Annotation::of_evidence(quotes, &telling.base_url);
                        let quire = json!({"evidence": quotes});
                        yield chunks.delta(json!({"annotations": annotations, "quire": quire}));
                    }
                }
                Step::Thought(text) => yield chunks.delta(json!({"reasoning_content": text})),
                Step::Call(call) => {
                    yield chunks.delta(shape.begin(calls, &call));
                    calls += 1;
                }
                Step::Arguments(text) => {
                    yield chunks.delta(shape.more(calls.saturating_sub(1), &text));
                }
                Step::Text(text, tokens) => {
                    marked.text(&text);
                    let tokens = probabilities(&tokens, telling.top_logprobs);
                    yield chunks.delta_with(json!({"content": text}), tokens);
                }
                Step::Sentence(cited) => {
                    yield chunks.delta(json!({"content": marked.sentence(&cited)}));
                }
                Step::End(Ending { reason, usage, answer }) => {
                    if let Some(answer) = answer {
                        let annotations = Annotation::of_marks(&marked.marks, &telling.base_url);
                        let details = Details::of(&answer, telling.evidence(&answer.evidence));
                        yield chunks.delta(json!({"annotations": annotations, "quire": details}));
                    }
                    let stats = (telling.extras == Extras::Stats)
                        .then(|| Stats::of(&turn.timing, usage, reason));
                    let reason = shape.reason(word(reason));
                    for event in chunks.end(reason, usage_json(usage), stats) {
                        yield event;
                    }
                }
                Step::Failed(error) => yield events::data(&error.body()),
            }
        }
    }
}

/// Makes the chunks of one streamed reply.
struct Chunks {
    /// What they have in common.
    frame: Frame,
    /// Whether the account of tokens is wanted.
    includes_usage: bool,
}

impl Chunks {
    /// A chunk with more of the message.
    fn delta(&self, delta: Value) -> Event {
        self.delta_with(delta, Value::Null)
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers make the values in place")]
    fn delta_with(&self, delta: Value, probabilities: Value) -> Event {
        events::data(&self.chunk(&json!({
            "index": 0, "delta": delta, "logprobs": probabilities, "finish_reason": null,
        })))
    }

    /// The chunks after the message.
    fn end(&self, reason: &str, usage: Value, stats: Option<Stats>) -> Vec<Event> {
        let choice = json!({"index": 0, "delta": {}, "logprobs": null, "finish_reason": reason});
        let mut end = self.chunk(&choice);
        if let Some(stats) = stats {
            end["stats"] = json!(stats);
        }
        let mut last = vec![events::data(&end)];
        if self.includes_usage {
            let mut account = self.frame.with(json!([]));
            account["usage"] = usage;
            last.push(events::data(&account));
        }
        last.push(Event::default().data("[DONE]"));
        last
    }

    fn chunk(&self, choice: &Value) -> Value {
        let mut chunk = self.frame.with(json!([choice]));
        if self.includes_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }
}
