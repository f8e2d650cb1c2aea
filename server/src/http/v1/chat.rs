//! `/v1/chat/completions`, whole and streamed, by a model or by a collection.

use async_stream::stream;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures::Stream;
use quire_domain::{ModelId, ModelKind};
use quire_engines::{Chat, ChatMessage, GenerateRequest, Generation, Prompt, Sampling};
use quire_service::ChatRequest;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{Call, CallShape};
use super::constraint::{Form, FormFields};
use super::error::{from_service, unsupported};
use super::grounded::{self, Evidence};
use super::messages;
use super::options::CommonOptions;
use super::reply::{Frame, Step, Usage, finish, next_step, probabilities};
use super::resolve::{Target, resolve};
use super::tools::{ToolFields, ToolUse};
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::AppState;
use crate::http::stream as events;

/// The object of a streamed chunk.
pub const CHUNK: &str = "chat.completion.chunk";
/// The object of a whole reply.
pub const WHOLE: &str = "chat.completion";

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

/// Continues a chat.
pub async fn complete(
    State(state): State<AppState>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<ChatBody>,
) -> Result<Response, ApiError> {
    body.options.refuse_unsupported()?;
    let (tools, form) = (body.tools.read()?, body.form.read()?);
    let messages = messages::read(body.messages.as_ref())?;
    let name = body.options.model.as_deref();
    let model = match resolve(&state.services, name, ModelKind::Chat).await? {
        Target::Collection(name) => {
            body.options.refuse_probabilities()?;
            body.options.top_logprobs()?;
            body.options.refuse_thinking()?;
            body.options.refuse_logit_bias()?;
            refuse_foreign(&tools, form.as_ref())?;
            let evidence = match body.evidence {
                Some(true) => Evidence::Told,
                Some(false) | None => Evidence::Untold,
            };
            let asked =
                grounded::Asked { collection: name, messages, evidence, options: body.options };
            return grounded::answer(&state, &headers, asked).await;
        }
        Target::Model(model) => Some(model),
        Target::Default => None,
    };
    let shape = tools.shape;
    let asked = Asked { messages, tools, form, options: &body.options };
    let (model, generation) = start(&state, model, asked).await?;
    let top_logprobs = body.options.top_logprobs()?;
    if body.options.is_stream() {
        let chunks = Chunks {
            frame: Frame::chat(&model, CHUNK),
            includes_usage: body.options.includes_usage(),
        };
        let chunks = stream_chunks(chunks, generation, (top_logprobs, shape));
        return Ok(events::reply(chunks, &state.options.shutdown));
    }
    let done = finish(generation).await?;
    let mut message = json!({"role": "assistant", "content": done.text, "refusal": null});
    shape.add_to(&mut message, &done.calls);
    if !done.thought.is_empty() {
        message["reasoning_content"] = done.thought.trim().into();
    }
    let choice = json!({
        "index": 0,
        "message": message,
        "logprobs": probabilities(&done.tokens, top_logprobs),
        "finish_reason": shape.reason(done.reason),
    });
    let mut reply = Frame::chat(&model, WHOLE).with(json!([choice]));
    reply["usage"] = done.usage.json();
    Ok(Json(reply).into_response())
}

/// Refuses what a collection cannot do.
fn refuse_foreign(tools: &ToolUse, form: Option<&Form>) -> Result<(), ApiError> {
    if tools.is_wanted() {
        return Err(unsupported("tools", "Calling tools for an answer from documents"));
    }
    match form {
        Some(form) => Err(unsupported(form.param, "Another form of an answer from documents")),
        None => Ok(()),
    }
}

/// What a model is asked.
struct Asked<'a> {
    messages: Vec<ChatMessage>,
    tools: ToolUse,
    form: Option<Form>,
    options: &'a CommonOptions,
}

async fn start(
    state: &AppState,
    model: Option<ModelId>,
    asked: Asked<'_>,
) -> Result<(String, Generation), ApiError> {
    let Asked { messages, tools, form, options } = asked;
    let chat = Chat {
        tools: tools.tools,
        tool_choice: tools.choice,
        parallel_calls: tools.is_parallel,
        thinking: options.thinking(),
        ..Chat::new(messages)
    };
    let param = form.as_ref().map(|form| form.param);
    let generate = GenerateRequest {
        max_tokens: options.token_limit()?,
        stop: options.stop_texts(),
        sampling: options.sampling(&Sampling::default())?,
        top_logprobs: options.top_logprobs()?,
        constraint: form.map(|form| form.constraint),
        logit_bias: options.logit_bias()?,
        ..GenerateRequest::new(Prompt::Chat(chat))
    };
    let request = ChatRequest { model, generate, ttl: options.ttl() };
    let started = state.services.models.generate(request).await;
    let (generator, generation) = started.map_err(|error| for_param(from_service(error), param))?;
    Ok((generator.info().model.to_string(), generation))
}

/// Names the field that asked for a form which the model cannot keep to.
fn for_param(error: ApiError, param: Option<&'static str>) -> ApiError {
    let is_form = matches!(error.detail.param.as_deref(), Some("response_format" | "grammar"));
    match param {
        Some(param) if is_form => error.param(param),
        _ => error,
    }
}

/// The chunks of a streamed reply: role, text, calls, reason, and then the account if it is wanted.
fn stream_chunks(
    chunks: Chunks,
    mut generation: Generation,
    (top_logprobs, shape): (Option<usize>, CallShape),
) -> impl Stream<Item = Event> + Send {
    stream! {
        let mut calls = 0_usize;
        let mut usage = Usage::default();
        yield chunks.delta(json!({"role": "assistant", "content": ""}));
        loop {
            match next_step(&mut generation, &mut usage).await {
                Step::Thought(text) => yield chunks.delta(json!({"reasoning_content": text})),
                Step::Call(name) => {
                    yield chunks.delta(shape.begin(calls, &Call::new(name)));
                    calls += 1;
                }
                Step::Arguments(text) => {
                    yield chunks.delta(shape.more(calls.saturating_sub(1), &text));
                }
                Step::Text(text, tokens) => {
                    let tokens = probabilities(&tokens, top_logprobs);
                    yield chunks.delta_with(json!({"content": text}), tokens);
                }
                Step::End(reason) => {
                    for event in chunks.end(shape.reason(reason), usage) {
                        yield event;
                    }
                    break;
                }
                Step::Failed(error) => {
                    yield events::data(&error.body());
                    break;
                }
            }
        }
    }
}

/// Makes the chunks of one streamed reply.
pub struct Chunks {
    /// What they have in common.
    pub frame: Frame,
    /// Whether the account of tokens is wanted.
    pub includes_usage: bool,
}

impl Chunks {
    /// A chunk with more of the message.
    pub fn delta(&self, delta: Value) -> Event {
        self.delta_with(delta, Value::Null)
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers make the values in place")]
    fn delta_with(&self, delta: Value, probabilities: Value) -> Event {
        self.chunk(&json!({
            "index": 0, "delta": delta, "logprobs": probabilities, "finish_reason": null,
        }))
    }

    /// The chunks after the message.
    pub fn end(&self, reason: &str, usage: Usage) -> Vec<Event> {
        let choice = json!({"index": 0, "delta": {}, "logprobs": null, "finish_reason": reason});
        let mut last = vec![self.chunk(&choice)];
        if self.includes_usage {
            let mut account = self.frame.with(json!([]));
            account["usage"] = usage.json();
            last.push(events::data(&account));
        }
        last.push(Event::default().data("[DONE]"));
        last
    }

    fn chunk(&self, choice: &Value) -> Event {
        let mut chunk = self.frame.with(json!([choice]));
        if self.includes_usage {
            chunk["usage"] = Value::Null;
        }
        events::data(&chunk)
    }
}
