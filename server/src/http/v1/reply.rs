//! The frame of a completion: identifier, times, token account, and running a generation to its end.

use quire_engines::{EngineError, FinishReason, GenerateEvent, Generation, TokenProbability};
use quire_service::ServiceError;
use serde_json::{Value, json};
use uuid::Uuid;

use super::calls::Call;
use super::error::from_service;
use crate::http::error::ApiError;
use crate::http::state::now_seconds;

/// What stays the same over all chunks of one reply.
#[derive(Clone, Debug)]
pub struct Frame {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
}

impl Frame {
    /// Begins a chat reply.
    pub fn chat(model: &str, object: &'static str) -> Self {
        Self::new("chatcmpl", model, object)
    }

    /// Begins a text reply.
    pub fn text(model: &str) -> Self {
        Self::new("cmpl", model, "text_completion")
    }

    fn new(prefix: &str, model: &str, object: &'static str) -> Self {
        let id = format!("{prefix}-{}", Uuid::new_v4().simple());
        Self { id, object, created: now_seconds(), model: model.to_owned() }
    }

    /// Puts choices into the frame.
    #[expect(clippy::needless_pass_by_value, reason = "callers make the choices in place")]
    pub fn with(&self, choices: Value) -> Value {
        json!({
            "id": self.id,
            "object": self.object,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": concat!("b", env!("CARGO_PKG_VERSION")),
            "choices": choices,
        })
    }
}

/// How many tokens a reply took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt: usize,
    /// Those of them that were in the cache.
    pub cached: usize,
    /// Tokens generated.
    pub completion: usize,
    /// Those of them that the model thought with before it answered.
    pub reasoning: usize,
}

impl Usage {
    /// Adds another prompt's account.
    pub fn add(&mut self, other: Self) {
        self.prompt += other.prompt;
        self.cached += other.cached;
        self.completion += other.completion;
        self.reasoning += other.reasoning;
    }

    /// Shows it in OpenAI's shape.
    pub fn json(self) -> Value {
        json!({
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": {"cached_tokens": self.cached},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning},
        })
    }
}

/// A generation that has come to its end.
#[derive(Debug, Default)]
pub struct Finished {
    /// What the model thought before, empty if it did not.
    pub thought: String,
    /// The text.
    pub text: String,
    /// The tools that it calls.
    pub calls: Vec<Call>,
    /// Its tokens with their probabilities, in OpenAI's shape, if they were asked for.
    pub tokens: Vec<Value>,
    /// Why it ended, in OpenAI's word.
    pub reason: &'static str,
    /// The tokens.
    pub usage: Usage,
}

/// One step of a generation, with the account kept.
pub enum Step {
    /// More of what the model thinks before it answers.
    Thought(String),
    /// More text, and its tokens if their probabilities were asked for.
    Text(String, Vec<Value>),
    /// A call of the tool of this name.
    Call(String),
    /// More of the arguments of the last call.
    Arguments(String),
    /// The end, and why.
    End(&'static str),
    /// It failed in the middle.
    Failed(ApiError),
}

/// Takes the next step of a generation.
pub async fn next_step(generation: &mut Generation, usage: &mut Usage) -> Step {
    let mut tokens = Vec::new();
    loop {
        match generation.recv().await {
            Some(GenerateEvent::Token { chosen, top_logprobs }) => {
                tokens.push(token(&chosen, &top_logprobs));
            }
            Some(GenerateEvent::Started { prompt_tokens, cached_tokens }) => {
                usage.prompt = prompt_tokens;
                usage.cached = cached_tokens;
            }
            Some(GenerateEvent::Thought(text)) => {
                // The engine tells a token at a time.
                usage.reasoning += 1;
                return Step::Thought(text);
            }
            Some(GenerateEvent::Text(text)) if text.is_empty() => {}
            Some(GenerateEvent::Text(text)) => return Step::Text(text, tokens),
            Some(GenerateEvent::Call { name }) => return Step::Call(name),
            Some(GenerateEvent::Arguments(text)) => return Step::Arguments(text),
            Some(GenerateEvent::Finished { reason, completion_tokens }) => {
                usage.completion = completion_tokens;
                return Step::End(word(reason));
            }
            Some(GenerateEvent::Failed(error)) => return Step::Failed(engine_failed(error)),
            None => {
                let cause = "the engine ended without a last word";
                return Step::Failed(ApiError::internal(&cause));
            }
        }
    }
}

/// Runs a generation to its end.
pub async fn finish(mut generation: Generation) -> Result<Finished, ApiError> {
    let mut finished = Finished::default();
    loop {
        match next_step(&mut generation, &mut finished.usage).await {
            Step::Thought(text) => finished.thought.push_str(&text),
            Step::Text(text, tokens) => {
                finished.text.push_str(&text);
                finished.tokens.extend(tokens);
            }
            Step::Call(name) => finished.calls.push(Call::new(name)),
            Step::Arguments(text) => {
                if let Some(call) = finished.calls.last_mut() {
                    call.arguments.push_str(&text);
                }
            }
            Step::End(reason) => {
                finished.reason = reason;
                return Ok(finished);
            }
            Step::Failed(error) => return Err(error),
        }
    }
}

/// Shows the tokens of a choice, if their probabilities were asked for.
pub fn probabilities(tokens: &[Value], wanted: Option<usize>) -> Value {
    match wanted {
        Some(_) => json!({"content": tokens, "refusal": null}),
        None => Value::Null,
    }
}

fn token(chosen: &TokenProbability, top_logprobs: &[TokenProbability]) -> Value {
    let one = |token: &TokenProbability| {
        json!({
            "token": String::from_utf8_lossy(&token.bytes),
            "logprob": token.log_probability,
            "bytes": token.bytes,
        })
    };
    let mut shown = one(chosen);
    shown["top_logprobs"] = top_logprobs.iter().map(one).collect();
    shown
}

fn word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
    }
}

fn engine_failed(error: EngineError) -> ApiError {
    from_service(ServiceError::Engine(error))
}
