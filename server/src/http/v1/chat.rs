//! `/v1/chat/completions`, whole and streamed, by a model or by a collection.

use async_stream::stream;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures::Stream;
use quire_domain::{ModelId, ModelKind};
use quire_engines::{ChatMessage, GenerateRequest, Generation, Prompt, Sampling};
use quire_service::ChatRequest;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{from_service, unsupported};
use super::grounded::{self, Evidence};
use super::messages;
use super::options::CommonOptions;
use super::reply::{Frame, Step, Usage, finish, next_step, probabilities};
use super::resolve::{Target, resolve};
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
    response_format: Option<Value>,
    tools: Option<Vec<Value>>,
    functions: Option<Vec<Value>>,
    tool_choice: Option<Value>,
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
    refuse_unsupported(&body)?;
    let messages = messages::read(body.messages.as_ref())?;
    let name = body.options.model.as_deref();
    let model = match resolve(&state.services, name, ModelKind::Chat).await? {
        Target::Collection(name) => {
            body.options.refuse_probabilities()?;
            body.options.top_logprobs()?;
            body.options.refuse_thinking()?;
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
    let (model, generation) = start(&state, model, messages, &body.options).await?;
    let top_logprobs = body.options.top_logprobs()?;
    if body.options.is_stream() {
        let chunks = Chunks {
            frame: Frame::chat(&model, CHUNK),
            includes_usage: body.options.includes_usage(),
        };
        let chunks = stream_chunks(chunks, generation, top_logprobs);
        return Ok(events::reply(chunks, &state.options.shutdown));
    }
    let done = finish(generation).await?;
    let mut message = json!({"role": "assistant", "content": done.text, "refusal": null});
    if !done.thought.is_empty() {
        message["reasoning_content"] = done.thought.trim().into();
    }
    let choice = json!({
        "index": 0,
        "message": message,
        "logprobs": probabilities(&done.tokens, top_logprobs),
        "finish_reason": done.reason,
    });
    let mut reply = Frame::chat(&model, WHOLE).with(json!([choice]));
    reply["usage"] = done.usage.json();
    Ok(Json(reply).into_response())
}

fn refuse_unsupported(body: &ChatBody) -> Result<(), ApiError> {
    body.options.refuse_unsupported()?;
    let has_tools = body.tools.as_ref().or(body.functions.as_ref()).is_some_and(|t| !t.is_empty());
    let wants_none = body.tool_choice.as_ref().is_some_and(|choice| choice == "none");
    if has_tools && !wants_none {
        return Err(unsupported("tools", "Calling tools"));
    }
    let format = body.response_format.as_ref().and_then(|format| format.get("type"));
    match format.and_then(Value::as_str) {
        None | Some("text") => Ok(()),
        Some(other) => Err(unsupported("response_format", &format!("The format `{other}`"))),
    }
}

async fn start(
    state: &AppState,
    model: Option<ModelId>,
    messages: Vec<ChatMessage>,
    options: &CommonOptions,
) -> Result<(String, Generation), ApiError> {
    let generate = GenerateRequest {
        prompt: if options.may_think() { Prompt::Chat(messages) } else { Prompt::Direct(messages) },
        instructions_bytes: 0,
        max_tokens: options.token_limit()?,
        stop: options.stop_texts(),
        sampling: options.sampling(&Sampling::default())?,
        top_logprobs: options.top_logprobs()?,
    };
    let request = ChatRequest { model, generate };
    let (generator, generation) =
        state.services.models.generate(request).await.map_err(from_service)?;
    Ok((generator.info().model.to_string(), generation))
}

/// The chunks of a streamed reply: role, text, reason, and then the account if it is wanted.
fn stream_chunks(
    chunks: Chunks,
    mut generation: Generation,
    top_logprobs: Option<usize>,
) -> impl Stream<Item = Event> + Send {
    stream! {
        let mut usage = Usage::default();
        yield chunks.delta(json!({"role": "assistant", "content": ""}));
        loop {
            match next_step(&mut generation, &mut usage).await {
                Step::Thought(text) => yield chunks.delta(json!({"reasoning_content": text})),
                Step::Text(text, tokens) => {
                    let tokens = probabilities(&tokens, top_logprobs);
                    yield chunks.delta_with(json!({"content": text}), tokens);
                }
                Step::End(reason) => {
                    for event in chunks.end(reason, usage) {
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
