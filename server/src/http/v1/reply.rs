//! The frame of a completion: identifier, times, token account, probabilities and the word for its end.

use quire_engines::{FinishReason, TokenProbability};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::state::now_seconds;
use crate::http::turn::step::{Token, Usage};

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

/// Shows how many tokens a reply took.
pub fn usage_json(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    })
}

/// Shows the tokens of a choice, if their probabilities were asked for.
pub fn probabilities(tokens: &[Token], wanted: Option<usize>) -> Value {
    match wanted {
        Some(_) => {
            let tokens: Vec<Value> = tokens.iter().map(token).collect();
            json!({"content": tokens, "refusal": null})
        }
        None => Value::Null,
    }
}

fn token(token: &Token) -> Value {
    let one = |token: &TokenProbability| {
        json!({
            "token": String::from_utf8_lossy(&token.bytes),
            "logprob": token.log_probability,
            "bytes": token.bytes,
        })
    };
    let mut shown = one(&token.chosen);
    shown["top_logprobs"] = token.likeliest.iter().map(one).collect();
    shown
}

/// Gives OpenAI's word for why a reply ended.
pub fn word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
    }
}
