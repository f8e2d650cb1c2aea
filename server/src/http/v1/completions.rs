//! `/v1/completions`: text continued as it is, for editors and older clients.

use async_stream::stream;
use axum::Json;
use axum::extract::State;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use quire_domain::{ModelId, TimeToLive};
use quire_engines::{GenerateRequest, Prompt, Sampling};
use quire_service::{ChatRequest, Services};
use serde::Deserialize;
use serde_json::{Value, json};

use super::constraint::FormFields;
use super::error::{from_service, unsupported};
use super::options::CommonOptions;
use super::reply::{Frame, usage_json, word};
use super::resolve::resolve_chat_model;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::AppState;
use crate::http::stream as events;
use crate::http::turn::step::{Step, Usage};
use crate::http::turn::timing::Timing;
use crate::http::turn::{Turn, model};

/// OpenAI's default, which clients of this route rely on.
const DEFAULT_MAX_TOKENS: usize = 16;

/// The most prompts of one request.
const MAX_PROMPTS: usize = 64;

/// A completion request.
#[derive(Debug, Deserialize)]
pub struct CompletionBody {
    prompt: Option<PromptInput>,
    echo: Option<bool>,
    #[serde(flatten)]
    form: FormFields,
    #[serde(flatten)]
    options: CommonOptions,
}

/// The shapes in which prompts come.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum PromptInput {
    Text(String),
    Tokens(Vec<u32>),
    Texts(Vec<String>),
    TokenLists(Vec<Vec<u32>>),
}

/// One prompt, started one after the other.
struct Started {
    services: Services,
    model: Option<ModelId>,
    requests: Vec<GenerateRequest>,
    is_echo: bool,
    /// How long the model stays in memory from the last prompt on.
    ttl: Option<TimeToLive>,
}

/// Continues one or several texts.
pub async fn complete(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<CompletionBody>,
) -> Result<Response, ApiError> {
    body.options.refuse_unsupported()?;
    body.options.refuse_probabilities()?;
    let what = "Continuing text by a collection (use /v1/chat/completions)";
    let model = resolve_chat_model(&state.services, body.options.model.as_deref(), what).await?;
    let started = Started {
        services: state.services.clone(),
        model,
        requests: requests(&body)?,
        is_echo: body.echo.unwrap_or(false),
        ttl: body.options.ttl(),
    };
    if body.options.is_stream() {
        let chunks = stream_all(started, body.options.includes_usage()).await?;
        return Ok(events::reply(chunks, &state.options.shutdown));
    }
    whole(started).await
}

fn requests(body: &CompletionBody) -> Result<Vec<GenerateRequest>, ApiError> {
    let prompts = match &body.prompt {
        None => return Err(ApiError::invalid("`prompt` is missing.").param("prompt")),
        Some(PromptInput::Text(text)) => vec![Prompt::Text(text.clone())],
        Some(PromptInput::Tokens(tokens)) => vec![Prompt::Tokens(tokens.clone())],
        Some(PromptInput::Texts(texts)) => texts.iter().cloned().map(Prompt::Text).collect(),
        Some(PromptInput::TokenLists(lists)) => lists.iter().cloned().map(Prompt::Tokens).collect(),
    };
    let is_blank = |prompt: &Prompt| matches!(prompt, Prompt::Tokens(tokens) if tokens.is_empty());
    if prompts.is_empty() || prompts.iter().any(is_blank) {
        return Err(ApiError::invalid("`prompt` is empty.").param("prompt"));
    }
    if prompts.len() > MAX_PROMPTS {
        let message = format!("`prompt` has more than {MAX_PROMPTS} entries.");
        return Err(ApiError::invalid(message).param("prompt"));
    }
    let is_tokens = prompts.iter().any(|prompt| matches!(prompt, Prompt::Tokens(_)));
    if is_tokens && body.echo.unwrap_or(false) {
        return Err(unsupported("echo", "Repeating a prompt of tokens"));
    }
    let options = &body.options;
    let has_limit = options.max_tokens.or(options.max_completion_tokens).is_some();
    let max_tokens = if has_limit { options.token_limit()? } else { Some(DEFAULT_MAX_TOKENS) };
    let sampling = options.sampling(&Sampling::default())?;
    let logit_bias = options.logit_bias()?;
    let form = body.form.read()?;
    let make = |prompt| GenerateRequest {
        max_tokens,
        stop: options.stop_texts(),
        sampling: sampling.clone(),
        logit_bias: logit_bias.clone(),
        constraint: form.as_ref().map(|form| form.constraint.clone()),
        ..GenerateRequest::new(prompt)
    };
    Ok(prompts.into_iter().map(make).collect())
}

async fn whole(started: Started) -> Result<Response, ApiError> {
    let mut usage = Usage::default();
    let mut choices = Vec::new();
    let mut name = String::new();
    let mut requests = started.requests.into_iter().enumerate();
    while let Some((index, generate)) = requests.next() {
        let echo = echoed(&generate, started.is_echo);
        let ttl = started.ttl.filter(|_| requests.len() == 0);
        let request = ChatRequest { model: started.model.clone(), generate, ttl };
        let turn = start(&started.services, request).await?;
        name.clone_from(&turn.model);
        let done = turn.finish().await?;
        usage.add(done.usage);
        let text = echo + &done.text();
        choices.push(json!({
            "index": index, "text": text, "logprobs": null, "finish_reason": done.reason.map(word),
        }));
    }
    let mut reply = Frame::text(&name).with(Value::Array(choices));
    reply["usage"] = usage_json(usage);
    Ok(Json(reply).into_response())
}

fn echoed(request: &GenerateRequest, is_echo: bool) -> String {
    match &request.prompt {
        Prompt::Text(text) if is_echo => text.clone(),
        _ => String::new(),
    }
}

async fn start(services: &Services, request: ChatRequest) -> Result<Turn, ApiError> {
    let (generator, generation) = services.models.generate(request).await.map_err(from_service)?;
    let (model, steps) = (generator.info().model.to_string(), model::steps(generation));
    Ok(Turn { model, steps, timing: Timing::default() })
}

/// Streams the prompts' continuations one after the other. The first is started before the
/// headers are sent, so that its errors are HTTP errors.
async fn stream_all(
    started: Started,
    includes_usage: bool,
) -> Result<impl Stream<Item = Event> + Send, ApiError> {
    let Started { services, model, requests, is_echo, ttl } = started;
    let mut requests = requests.into_iter().enumerate();
    let Some((_, first)) = requests.next() else {
        return Err(ApiError::invalid("`prompt` is empty.").param("prompt"));
    };
    let mut echo = echoed(&first, is_echo);
    let first_ttl = ttl.filter(|_| requests.len() == 0);
    let first = ChatRequest { model: model.clone(), generate: first, ttl: first_ttl };
    let Turn { model: name, mut steps, .. } = start(&services, first).await?;
    let frame = Frame::text(&name);
    Ok(stream! {
        let mut index = 0;
        let mut total = Usage::default();
        loop {
            if !echo.is_empty() {
                yield chunk(&frame, index, &std::mem::take(&mut echo), Value::Null);
            }
            while let Some(step) = steps.next().await {
                match step {
                    Step::Text(text, _) => yield chunk(&frame, index, &text, Value::Null),
                    Step::End(end) => {
                        total.add(end.usage);
                        yield chunk(&frame, index, "", word(end.reason).into());
                    }
                    Step::Failed(error) => {
                        yield events::data(&error.body());
                        return;
                    }
                    // Only chats are taken apart.
                    _ => {}
                }
            }
            let Some((next, generate)) = requests.next() else { break };
            index = next;
            echo = echoed(&generate, is_echo);
            let ttl = ttl.filter(|_| requests.len() == 0);
            let request = ChatRequest { model: model.clone(), generate, ttl };
            match start(&services, request).await {
                Ok(next) => steps = next.steps,
                Err(error) => {
                    yield events::data(&error.body());
                    return;
                }
            }
        }
        if includes_usage {
            let mut account = frame.with(json!([]));
            account["usage"] = usage_json(total);
            yield events::data(&account);
        }
        yield Event::default().data("[DONE]");
    })
}

#[expect(clippy::needless_pass_by_value, reason = "callers make the reason in place")]
fn chunk(frame: &Frame, index: usize, text: &str, reason: Value) -> Event {
    let choice = json!({"index": index, "text": text, "logprobs": null, "finish_reason": reason});
    events::data(&frame.with(json!([choice])))
}
