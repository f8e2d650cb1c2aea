//! The frame of a completion: identifier, times, token account, probabilities and the word for its end.

use std::collections::BTreeMap;

use quire_engines::{FinishReason, TokenProbability};
use serde::Serialize;
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
    let mut told = json!({
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    });
    if usage.dropped > 0 {
        told["dropped_tokens"] = usage.dropped.into();
    }
    told
}

/// Shows the tokens of a choice, if their probabilities were asked for.
pub fn probabilities(tokens: &[Token], wanted: Option<usize>) -> Value {
    match wanted {
        Some(_) => {
            let tokens: Vec<ToldToken> = tokens.iter().map(ToldToken::of).collect();
            json!({"content": tokens, "refusal": null})
        }
        None => Value::Null,
    }
}

/// A token and how likely it was, as OpenAI tells it.
#[derive(Clone, Debug, Serialize)]
pub struct ToldToken {
    token: String,
    logprob: f32,
    bytes: Vec<u8>,
    /// The likeliest in its place; they themselves have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<Vec<ToldToken>>,
}

impl ToldToken {
    /// Tells a token with the likeliest in its place.
    pub fn of(token: &Token) -> Self {
        let likeliest = token.likeliest.iter().map(Self::alone).collect();
        Self { top_logprobs: Some(likeliest), ..Self::alone(&token.chosen) }
    }

    fn alone(token: &TokenProbability) -> Self {
        Self {
            token: String::from_utf8_lossy(&token.bytes).into_owned(),
            logprob: token.log_probability,
            bytes: token.bytes.clone(),
            top_logprobs: None,
        }
    }
}

/// The tokens of a continued text, as OpenAI told them before there were chats.
#[derive(Debug, Default, Serialize)]
pub struct TextLogprobs {
    tokens: Vec<String>,
    token_logprobs: Vec<f32>,
    top_logprobs: Vec<BTreeMap<String, f32>>,
    /// Where each token stands in the text, in code points.
    text_offset: Vec<usize>,
}

impl TextLogprobs {
    /// Tells tokens that follow so much text, which then has grown by them.
    pub fn of(tokens: &[Token], told: &mut usize) -> Self {
        let text = |token: &TokenProbability| String::from_utf8_lossy(&token.bytes).into_owned();
        let mut all = Self::default();
        for token in tokens {
            let likeliest = token.likeliest.iter();
            let likeliest = likeliest.map(|one| (text(one), one.log_probability)).collect();
            let chosen = text(&token.chosen);
            all.text_offset.push(*told);
            *told += chosen.chars().count();
            all.tokens.push(chosen);
            all.token_logprobs.push(token.chosen.log_probability);
            all.top_logprobs.push(likeliest);
        }
        all
    }
}

/// Gives OpenAI's word for why a reply ended.
pub fn word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
    }
}
