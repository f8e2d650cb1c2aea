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
use super::reply::{Frame, TextLogprobs, usage_json, word};
use super::resolve::resolve_chat_model;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::guard::caller;
use crate::http::state::AppState;
use crate::http::stream as events;
use crate::http::turn::finished::Finished;
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

/// Prompts, started one after the other.
struct Started {
    services: Services,
    model: Option<ModelId>,
    requests: Vec<GenerateRequest>,
    is_echo: bool,
    /// How many continuations of each prompt are told.
    choices: usize,
    /// How many are made, of which the likeliest are told.
    best_of: usize,
    /// Whether the probabilities of tokens are told.
    tells_tokens: bool,
    /// How long the model stays in memory from the last prompt on.
    ttl: Option<TimeToLive>,
}

/// Continues one or several texts.
pub async fn complete(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<CompletionBody>,
) -> Result<Response, ApiError> {
    body.options.refuse_unsupported()?;
    let what = "Continuing text by a collection (use /v1/chat/completions)";
    let model = resolve_chat_model(&state.services, body.options.model.as_deref(), what).await?;
    let choices = body.options.choices()? as usize;
    let best_of = body.options.best_of(choices)?;
    let preset = state.services.models.find_preset(model.as_ref()).await;
    let mut requests = requests(&body, &preset.sampling())?;
    if let Some(suffix) = body.options.suffix() {
        fill_in(&state.services, (model.as_ref(), suffix), &mut requests).await?;
    }
    let started = Started {
        services: state.services.clone(),
        model,
        requests,
        is_echo: body.echo.unwrap_or(false),
        choices,
        best_of,
        tells_tokens: body.options.text_logprobs()?.is_some(),
        ttl: body.options.ttl(),
    };
    if !body.options.is_stream() {
        return whole(started).await;
    }
    if best_of > choices {
        return Err(unsupported("best_of", "Streaming the best of several continuations"));
    }
    let chunks = stream_all(started, body.options.includes_usage()).await?;
    Ok(events::reply(chunks, &state.options.shutdown))
}

/// Makes prompts whose continuations stand between each of them and a text behind.
async fn fill_in(
    services: &Services,
    (model, suffix): (Option<&ModelId>, &str),
    requests: &mut [GenerateRequest],
) -> Result<(), ApiError> {
    let generator = services.models.get_generator(model).await.map_err(from_service)?;
    for request in requests {
        let Prompt::Text(before) = &request.prompt else {
            return Err(unsupported("suffix", "Text behind a prompt of tokens"));
        };
        let prompt = generator.prompt_between(before, suffix).ok_or_else(|| {
            let message = format!(
                "`{}` was not made to fill in the middle of a text; take a model for code, or leave `suffix` out.",
                generator.info().model
            );
            ApiError::invalid(message).param("suffix").code("unsupported_value")
        })?;
        request.prompt = prompt;
    }
    Ok(())
}

/// Makes the requests; what the body does not say is as it was settled for the model.
fn requests(body: &CompletionBody, settled: &Sampling) -> Result<Vec<GenerateRequest>, ApiError> {
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
    let options = &body.options;
    let top_logprobs = options.text_logprobs()?;
    if body.echo.unwrap_or(false) {
        if prompts.iter().any(|prompt| matches!(prompt, Prompt::Tokens(_))) {
            return Err(unsupported("echo", "Repeating a prompt of tokens"));
        }
        if options.suffix().is_some() {
            return Err(unsupported("echo", "Repeating a prompt with text behind it"));
        }
        if top_logprobs.is_some() {
            return Err(unsupported("logprobs", "Telling how likely a repeated prompt is"));
        }
    }
    let is_judged = options.best_of.is_some_and(|best_of| best_of > 1);
    let has_limit = options.max_tokens.or(options.max_completion_tokens).is_some();
    let max_tokens = if has_limit { options.token_limit()? } else { Some(DEFAULT_MAX_TOKENS) };
    let sampling = options.sampling(settled)?;
    let logit_bias = options.logit_bias()?;
    let form = body.form.read()?;
    let caller = caller::current();
    let make = |prompt| GenerateRequest {
        max_tokens,
        stop: options.stop_texts(),
        sampling: sampling.clone(),
        top_logprobs: top_logprobs.or(is_judged.then_some(0)),
        logit_bias: logit_bias.clone(),
        when_full: options.when_full.unwrap_or_default(),
        caller: caller.clone(),
        constraint: form.as_ref().map(|form| form.constraint.clone()),
        ..GenerateRequest::new(prompt)
    };
    Ok(prompts.into_iter().map(make).collect())
}

async fn whole(started: Started) -> Result<Response, ApiError> {
    let mut usage = Usage::default();
    let mut choices = Vec::new();
    let mut name = String::new();
    let mut requests = started.requests.into_iter();
    while let Some(generate) = requests.next() {
        let echo = echoed(&generate, started.is_echo);
        let ttl = started.ttl.filter(|_| requests.len() == 0);
        // All begin before the first is waited for: what they have in common is read once.
        let mut turns = Vec::with_capacity(started.best_of);
        for number in 0..started.best_of {
            let generate = numbered(&generate, number);
            let request = ChatRequest { model: started.model.clone(), generate, ttl };
            turns.push(start(&started.services, request).await?);
        }
        let mut finished = Vec::with_capacity(turns.len());
        for turn in turns {
            name.clone_from(&turn.model);
            finished.push(turn.finish().await?);
        }
        let usages: Vec<Usage> = finished.iter().map(|done| done.usage).collect();
        usage.add(Usage::of_choices(&usages));
        if started.best_of > started.choices {
            finished.sort_by(|one, other| likelihood(other).total_cmp(&likelihood(one)));
        }
        for done in finished.into_iter().take(started.choices) {
            let text = format!("{echo}{}", done.text());
            let tokens = started.tells_tokens.then(|| TextLogprobs::of(&done.tokens, &mut 0));
            choices.push(json!({
                "index": choices.len(), "text": text, "logprobs": tokens,
                "finish_reason": done.reason.map(word),
            }));
        }
    }
    let mut reply = Frame::text(&name).with(Value::Array(choices));
    reply["usage"] = usage_json(usage);
    Ok(Json(reply).into_response())
}

/// Gives the mean of the logarithms of the probabilities of a continuation's tokens.
fn likelihood(done: &Finished) -> f32 {
    let sum: f32 = done.tokens.iter().map(|token| token.chosen.log_probability).sum();
    sum / done.tokens.len().max(1) as f32
}

/// Makes the request for one of several continuations: the same seed would give the same one.
fn numbered(request: &GenerateRequest, number: usize) -> GenerateRequest {
    let mut request = request.clone();
    request.sampling.seed = request.sampling.seed.map(|seed| seed.wrapping_add(number as u32));
    request
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

/// Streams continuations one after the other. The first is started before the headers are sent, so that its errors are
/// HTTP errors.
async fn stream_all(
    started: Started,
    includes_usage: bool,
) -> Result<impl Stream<Item = Event> + Send, ApiError> {
    let Started { services, model, requests, is_echo, choices, tells_tokens, ttl, .. } = started;
    let several = |request: GenerateRequest| {
        (0..choices).map(move |number| (number, numbered(&request, number)))
    };
    let all: Vec<(usize, GenerateRequest)> = requests.into_iter().flat_map(several).collect();
    let mut requests = all.into_iter().enumerate();
    let Some((_, (_, first))) = requests.next() else {
        return Err(ApiError::invalid("`prompt` is empty.").param("prompt"));
    };
    let mut echo = echoed(&first, is_echo);
    let first_ttl = ttl.filter(|_| requests.len() == 0);
    let first = ChatRequest { model: model.clone(), generate: first, ttl: first_ttl };
    let Turn { model: name, mut steps, .. } = start(&services, first).await?;
    let frame = Frame::text(&name);
    Ok(stream! {
        let (mut index, mut number) = (0, 0);
        let mut total = Usage::default();
        loop {
            let mut told = 0;
            if !echo.is_empty() {
                let text = std::mem::take(&mut echo);
                yield chunk(&frame, index, Piece { text, ..Piece::default() });
            }
            while let Some(step) = steps.next().await {
                match step {
                    Step::Text(text, tokens) => {
                        let logprobs =
                            tells_tokens.then(|| TextLogprobs::of(&tokens, &mut told));
                        yield chunk(&frame, index, Piece { text, logprobs, ..Piece::default() });
                    }
                    Step::End(end) => {
                        // Continuations of one prompt share its tokens.
                        let usage = match number {
                            0 => end.usage,
                            _ => Usage { prompt: 0, cached: 0, ..end.usage },
                        };
                        total.add(usage);
                        let finish_reason = Some(word(end.reason));
                        let dropped = usage.dropped;
                        let piece = Piece { finish_reason, dropped, ..Piece::default() };
                        yield chunk(&frame, index, piece);
                    }
                    Step::Failed(error) => {
                        yield events::data(&error.body());
                        return;
                    }
                    // Only chats are taken apart.
                    _ => {}
                }
            }
            let Some((next, (next_number, generate))) = requests.next() else { break };
            (index, number) = (next, next_number);
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

/// What a chunk tells.
#[derive(Default)]
struct Piece {
    text: String,
    logprobs: Option<TextLogprobs>,
    finish_reason: Option<&'static str>,
    /// How many tokens were forgotten to make room.
    dropped: usize,
}

fn chunk(frame: &Frame, index: usize, piece: Piece) -> Event {
    let Piece { text, logprobs, finish_reason, dropped } = piece;
    let choice = json!({
        "index": index, "text": text, "logprobs": logprobs, "finish_reason": finish_reason,
    });
    let mut chunk = frame.with(json!([choice]));
    if dropped > 0 {
        chunk["dropped_tokens"] = dropped.into();
    }
    events::data(&chunk)
}
