//! `/v1/chat/completions`, whole and streamed, by a model or by a collection.

mod approvals;
mod chunks;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use quire_domain::Citation;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::CallShape;
use super::constraint::FormFields;
use super::content::{Annotation, Details, Linked};
use super::mcp::items::McpItem;
use super::messages;
use super::options::CommonOptions;
use super::reply::{Frame, probabilities, usage_json, word};
use super::tools::ToolFields;
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, base_url};
use crate::http::guard::access::Identity;
use crate::http::lmstudio::stats::Stats;
use crate::http::state::AppState;
use crate::http::stream as events;
use crate::http::turn::finished::{Finished, Part};
use crate::http::turn::marked::Marked;
use crate::http::turn::step::Usage;
use crate::http::turn::{self, Asked, Delivery};
use approvals::ChatApproval;
use chunks::{Chunks, stream_chunks};

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
    /// Somebody's word about calls of tools of servers that waited for it; Quire's own.
    mcp_approvals: Option<Vec<ChatApproval>>,
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
    identity: Option<Extension<Identity>>,
    JsonBody(body): JsonBody<ChatBody>,
) -> Result<Response, ApiError> {
    reply(&state, (&headers, identity.as_deref()), body, Extras::None).await
}

/// Continues a chat, and tells what else is wanted.
pub async fn reply(
    state: &AppState,
    (headers, identity): (&HeaderMap, Option<&Identity>),
    body: ChatBody,
    extras: Extras,
) -> Result<Response, ApiError> {
    let telling = Telling { extras, ..body.telling(headers)? };
    let is_stream = body.options.is_stream();
    let includes_usage = body.options.includes_usage();
    let asked = body.read(identity)?;
    if is_stream {
        let begun = Box::pin(turn::begin_all(state, asked, Delivery::Streamed)).await?;
        let chunks = Chunks { frame: Frame::chat(&begun.model, CHUNK), includes_usage };
        let chunks = stream_chunks(chunks, begun.turns, telling);
        return Ok(events::reply(chunks, &state.options.shutdown));
    }
    let begun = Box::pin(turn::begin_all(state, asked, Delivery::Whole)).await?;
    let frame = Frame::chat(&begun.model, WHOLE);
    let mut finished = Vec::with_capacity(begun.turns.len());
    for turn in begun.turns {
        finished.push(turn.finish().await?);
    }
    Ok(Json(whole(&frame, &finished, &telling)).into_response())
}

impl ChatBody {
    fn telling(&self, headers: &HeaderMap) -> Result<Telling, ApiError> {
        Ok(Telling {
            shape: self.tools.shape(),
            top_logprobs: self.options.top_logprobs()?,
            is_evidence_told: self.evidence.unwrap_or(false),
            base_url: base_url(headers),
            extras: Extras::None,
        })
    }

    fn read(mut self, identity: Option<&Identity>) -> Result<Asked, ApiError> {
        self.options.refuse_unsupported()?;
        self.options.refuse_text_only()?;
        let (mut tools, form) = (self.tools.read_for(identity)?, self.form.read()?);
        let given = self.mcp_approvals.take().unwrap_or_default();
        let approved = approvals::read(&given, &mut self.messages)?;
        match &mut tools.hosted {
            Some(hosted) => approvals::note(hosted, self.messages.as_ref(), approved),
            None if given.is_empty() => {}
            None => {
                let message = "Calls of tools of servers are answered, and no server is among `tools`: send the tool again.";
                return Err(ApiError::invalid(message).param("mcp_approvals"));
            }
        }
        let messages = messages::read(self.messages.as_ref())?;
        Ok(Asked { messages, tools, form, options: self.options })
    }
}

/// Tells all replies to a chat, which share its prompt.
fn whole(frame: &Frame, finished: &[Finished], telling: &Telling) -> Value {
    let choices = finished.iter().enumerate();
    let choices: Vec<Value> = choices.map(|(index, done)| choice(index, done, telling)).collect();
    let mut reply = frame.with(choices.into());
    let usages: Vec<Usage> = finished.iter().map(|done| done.usage).collect();
    let usage = Usage::of_choices(&usages);
    reply["usage"] = usage_json(usage);
    if let (Extras::Stats, Some(done)) = (telling.extras, finished.first())
        && let Some(reason) = done.reason
    {
        reply["stats"] = json!(Stats::of(&done.timing, usage, reason));
    }
    reply
}

fn choice(index: usize, done: &Finished, telling: &Telling) -> Value {
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
    let hosted: Vec<McpItem> = done.hosted.iter().filter_map(McpItem::of_chat).collect();
    if !hosted.is_empty() {
        message["mcp"] = json!(hosted);
    }
    let linked = Linked::by(done.searched.as_ref());
    if let Some(answer) = &done.answer {
        let quotes = telling.evidence(&done.evidence);
        let mut annotations = Annotation::of_evidence(quotes, &telling.base_url);
        annotations.extend(Annotation::of_marks(&marked.marks, (linked, &telling.base_url)));
        message["annotations"] = json!(annotations);
        message["quire"] = json!(Details::of(answer, quotes));
    } else if linked == Linked::Files {
        // The model answered in its own chat, with what was found before it.
        let annotations = Annotation::of_marks(&marked.marks, (linked, &telling.base_url));
        message["annotations"] = json!(annotations);
    }
    json!({
        "index": index,
        "message": message,
        "logprobs": probabilities(&done.tokens, telling.top_logprobs),
        "finish_reason": done.reason.map(|reason| telling.shape.reason(word(reason))),
    })
}
