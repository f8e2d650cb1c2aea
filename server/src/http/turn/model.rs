//! A model's turn: a chat is put before it, and its generation is told in steps.

use async_stream::stream;
use quire_domain::{ModelId, Preset};
use quire_engines::{
    Chat, ChatMessage, ChatRole, EngineError, GenerateEvent, GenerateRequest, Generation, Prompt,
};
use quire_service::{ChatRequest, ServiceError};

use super::step::{Call, Ending, Step, Token, Usage};
use super::{Asked, Steps};
use crate::http::blocking;
use crate::http::error::ApiError;
use crate::http::guard::caller;
use crate::http::state::AppState;
use crate::http::v1::constraint::Form;
use crate::http::v1::error::from_service;
use crate::http::v1::options::CommonOptions;
use crate::http::v1::resolve::resolve_chat_model;

/// Asks a model, the default one if none is named, and gives its name with what it says.
pub async fn ask(
    state: &AppState,
    model: Option<ModelId>,
    asked: Asked,
) -> Result<(String, Steps), ApiError> {
    let preset = state.services.models.find_preset(model.as_ref()).await;
    let mut chat = chat_of(&asked);
    let has_instructions = chat.messages.iter().any(|message| message.role == ChatRole::System);
    if let Some(system) = preset.system.as_ref().filter(|_| !has_instructions) {
        chat.messages.insert(0, ChatMessage::new(ChatRole::System, system));
    }
    let parameters = (&asked.options, asked.form.as_ref());
    start(state, (model, Prompt::Chat(chat)), parameters, &preset).await
}

/// Has a model continue a prompt.
pub async fn generate(
    state: &AppState,
    (model, prompt): (Option<ModelId>, Prompt),
    parameters: (&CommonOptions, Option<&Form>),
) -> Result<(String, Steps), ApiError> {
    let preset = state.services.models.find_preset(model.as_ref()).await;
    start(state, (model, prompt), parameters, &preset).await
}

/// Starts a generation; what the request does not say is as it was settled for the model.
async fn start(
    state: &AppState,
    (model, prompt): (Option<ModelId>, Prompt),
    (options, form): (&CommonOptions, Option<&Form>),
    preset: &Preset,
) -> Result<(String, Steps), ApiError> {
    let generate = GenerateRequest {
        max_tokens: options.token_limit()?,
        stop: options.stop_texts(),
        sampling: options.sampling(&preset.sampling())?,
        top_logprobs: options.top_logprobs()?,
        constraint: form.map(|form| form.constraint.clone()),
        logit_bias: options.logit_bias()?,
        when_full: options.when_full.or(preset.when_full).unwrap_or_default(),
        caller: caller::current(),
        ..GenerateRequest::new(prompt)
    };
    let request = ChatRequest { model, generate, ttl: options.ttl() };
    let started = state.services.models.generate(request).await;
    let param = form.map(|form| form.param);
    let (generator, generation) = started.map_err(|error| for_param(from_service(error), param))?;
    Ok((generator.info().model.to_string(), steps(generation)))
}

/// Counts the tokens of a chat as the model would read it.
pub async fn count_tokens(state: &AppState, asked: Asked) -> Result<usize, ApiError> {
    let models = &state.services.models;
    let what = "Counting the tokens of a question whose passages are not chosen yet";
    let model = resolve_chat_model(&state.services, asked.options.model.as_deref(), what).await?;
    let generator = models.get_generator(model.as_ref()).await.map_err(from_service)?;
    let prompt = Prompt::Chat(chat_of(&asked));
    blocking::compute(move || generator.count_prompt_tokens(&prompt).map_err(engine_failed)).await
}

fn chat_of(asked: &Asked) -> Chat {
    Chat {
        tools: asked.tools.tools.clone(),
        tool_choice: asked.tools.choice.clone(),
        parallel_calls: asked.tools.is_parallel,
        thinking: asked.options.thinking(),
        ..Chat::new(asked.messages.clone())
    }
}

/// Names the field that asked for a form which the model cannot keep to.
fn for_param(error: ApiError, param: Option<&'static str>) -> ApiError {
    let is_form = matches!(error.detail.param.as_deref(), Some("response_format" | "grammar"));
    match param {
        Some(param) if is_form => error.param(param),
        _ => error,
    }
}

/// Tells a generation in steps; the last one is its end or its failure.
pub fn steps(mut generation: Generation) -> Steps {
    Box::pin(stream! {
        let mut usage = Usage::default();
        let mut tokens = Vec::new();
        let mut has_started = false;
        loop {
            let step = match generation.recv().await {
                Some(GenerateEvent::Token { chosen, top_logprobs }) => {
                    tokens.push(Token { chosen, likeliest: top_logprobs });
                    continue;
                }
                Some(GenerateEvent::Started { prompt_tokens, cached_tokens }) => {
                    usage.prompt = prompt_tokens;
                    usage.cached = cached_tokens;
                    if std::mem::replace(&mut has_started, true) {
                        continue;
                    }
                    Step::Started(usage)
                }
                Some(GenerateEvent::Dropped { tokens }) => {
                    usage.dropped += tokens;
                    continue;
                }
                Some(GenerateEvent::Thought(text)) => {
                    // The engine tells a token at a time.
                    usage.reasoning += 1;
                    Step::Thought(text)
                }
                Some(GenerateEvent::Text(text)) if text.is_empty() => continue,
                Some(GenerateEvent::Text(text)) => Step::Text(text, std::mem::take(&mut tokens)),
                Some(GenerateEvent::Call { name }) => Step::Call(Call::new(name)),
                Some(GenerateEvent::Arguments(text)) => Step::Arguments(text),
                Some(GenerateEvent::Finished { reason, completion_tokens }) => {
                    usage.completion = completion_tokens;
                    Step::End(Ending { reason, usage, answer: None })
                }
                Some(GenerateEvent::Failed(error)) => Step::Failed(engine_failed(error)),
                None => {
                    let cause = "the engine ended without a last word";
                    Step::Failed(ApiError::internal(&cause))
                }
            };
            // The tokens of thoughts and calls are no part of the text.
            tokens.clear();
            let is_last = matches!(step, Step::End(_) | Step::Failed(_));
            yield step;
            if is_last {
                break;
            }
        }
    })
}

fn engine_failed(error: EngineError) -> ApiError {
    from_service(ServiceError::Engine(error))
}
