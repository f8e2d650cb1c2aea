//! The parameters that chat and text completions share. An explicit `null` is an absent one, and
//! unknown parameters are passed over, because clients send many.

mod sampling;

use axum::http::StatusCode;
use quire_domain::{LoadOptions, TimeToLive, WhenFull};
use quire_engines::{Sampling, Thinking, TokenBias};
use serde::Deserialize;
use serde_json::Value;

use super::error::unsupported;
use crate::http::error::ApiError;
use crate::http::turn::MOST_CHOICES;

/// The most tokens whose probability is told with each one.
const MOST_LIKELIEST: usize = 20;

/// Shared parameters.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CommonOptions {
    /// The model's name.
    pub model: Option<String>,
    /// Whether to stream.
    pub stream: Option<bool>,
    /// What else to stream.
    pub stream_options: Option<StreamOptions>,
    /// The most tokens, in the newer name.
    pub max_completion_tokens: Option<i64>,
    /// The most tokens.
    pub max_tokens: Option<i64>,
    /// How freely tokens are chosen.
    pub temperature: Option<f32>,
    /// The probability mass of the tokens that are chosen from.
    pub top_p: Option<f32>,
    /// How many tokens are chosen from.
    pub top_k: Option<i64>,
    /// The least share of the likeliest token's probability.
    pub min_p: Option<f32>,
    /// The probability mass of the tokens that are about as surprising as one would expect.
    pub typical_p: Option<f32>,
    /// What makes repeated tokens less likely.
    pub repeat_penalty: Option<f32>,
    /// How many tokens that looks back on; -1 is all.
    pub repeat_last_n: Option<i64>,
    /// How strongly DRY keeps passages from being repeated; 0 is not at all.
    pub dry_multiplier: Option<f32>,
    /// How much stronger with each token of a passage.
    pub dry_base: Option<f32>,
    /// How long a passage may be repeated, in tokens.
    pub dry_allowed_length: Option<i64>,
    /// How many tokens DRY looks back on; -1 is all.
    pub dry_penalty_last_n: Option<i64>,
    /// Texts across which nothing counts as repeated.
    pub dry_sequence_breakers: Option<Vec<String>>,
    /// How often XTC leaves out the likeliest tokens; 0 is never.
    pub xtc_probability: Option<f32>,
    /// From which probability on a token counts as one of them.
    pub xtc_threshold: Option<f32>,
    /// The penalty for tokens by how often they occurred.
    pub frequency_penalty: Option<f32>,
    /// The penalty for tokens that occurred at all.
    pub presence_penalty: Option<f32>,
    /// What makes the same request give the same text.
    pub seed: Option<i64>,
    /// Texts that end the output.
    pub stop: Option<Stop>,
    /// How many choices.
    pub n: Option<u32>,
    /// How many choices the best are taken of.
    pub best_of: Option<u32>,
    /// Whether probabilities are told.
    pub logprobs: Option<Value>,
    /// How many likeliest tokens are told with each one.
    pub top_logprobs: Option<usize>,
    /// Text after the insertion.
    pub suffix: Option<String>,
    /// How much a model may think first.
    pub reasoning_effort: Option<String>,
    /// Tokens that are made more or less likely.
    pub logit_bias: Option<Value>,
    /// What the chat template is given.
    pub chat_template_kwargs: Option<Value>,
    /// A sampler that no engine here has.
    pub mirostat: Option<f32>,
    /// What happens when the context is full; Quire's own.
    pub when_full: Option<WhenFull>,
    /// How long the model stays in memory, in seconds.
    pub ttl: Option<i64>,
    /// How the model is loaded, in requests that do nothing else.
    #[serde(skip)]
    pub load: LoadOptions,
}

/// What else to stream.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct StreamOptions {
    include_usage: Option<bool>,
}

/// One or several texts that end the output.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Stop {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl CommonOptions {
    /// Returns whether to stream.
    pub fn is_stream(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    /// Returns whether a stream ends with an account of the tokens.
    pub fn includes_usage(&self) -> bool {
        self.stream_options.and_then(|options| options.include_usage).unwrap_or(false)
    }

    /// The limit on tokens; `None` if there is none (absent, `null` or -1).
    pub fn token_limit(&self) -> Result<Option<usize>, ApiError> {
        match self.max_completion_tokens.or(self.max_tokens) {
            None | Some(-1) => Ok(None),
            Some(limit) => usize::try_from(limit).map(Some).map_err(|_| {
                ApiError::invalid(format!("`max_tokens` is {limit}; it must not be negative."))
                    .param("max_tokens")
            }),
        }
    }

    /// How long the model stays in memory from now on, in seconds; Quire's own, as LM Studio has it.
    pub fn ttl(&self) -> Option<TimeToLive> {
        self.ttl.map(TimeToLive::from_seconds)
    }

    /// Whether a model that thinks before it answers may do so: by OpenAI's `reasoning_effort`, or by the switch that
    /// templates know.
    pub fn thinking(&self) -> Thinking {
        let switch = self.chat_template_kwargs.as_ref();
        let is_off =
            switch.and_then(|all| all.get("enable_thinking")).is_some_and(|on| on == false);
        match self.reasoning_effort.as_deref() {
            Some("none") => Thinking::Prevented,
            _ if is_off => Thinking::Prevented,
            _ => Thinking::Allowed,
        }
    }

    /// The tokens that are made more or less likely. Keys that are no numbers of tokens are passed over, as OpenAI does.
    pub fn logit_bias(&self) -> Result<Vec<TokenBias>, ApiError> {
        let refuse = || {
            let message = "`logit_bias` must map numbers of tokens to -100 to 100.";
            ApiError::invalid(message).param("logit_bias")
        };
        let entries = match &self.logit_bias {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Object(entries)) => entries,
            Some(_) => return Err(refuse()),
        };
        let mut biases = Vec::new();
        for (token, bias) in entries {
            let bias = bias.as_f64().filter(|bias| (-100.0..=100.0).contains(bias));
            let bias = bias.ok_or_else(refuse)? as f32;
            if let Ok(token) = token.parse() {
                biases.push(TokenBias { token, bias });
            }
        }
        Ok(biases)
    }

    /// Refuses thinking where no model may: more of it than OpenAI's default, which clients send
    /// without being asked to.
    pub fn refuse_thinking(&self) -> Result<(), ApiError> {
        match self.reasoning_effort.as_deref() {
            None | Some("none" | "minimal" | "low" | "medium") => Ok(()),
            Some(effort) => {
                let what =
                    format!("Thinking with the effort `{effort}` before an answer from documents");
                Err(unsupported("reasoning_effort", &what))
            }
        }
    }

    /// The texts that end the output; empty ones end nothing.
    pub fn stop_texts(&self) -> Vec<String> {
        let texts = match &self.stop {
            None => Vec::new(),
            Some(Stop::One(text)) => vec![text.clone()],
            Some(Stop::Many(texts)) => texts.clone(),
        };
        texts.into_iter().filter(|text| !text.is_empty()).collect()
    }

    /// How tokens are chosen; `default` if the request says nothing.
    pub fn sampling(&self, default: &Sampling) -> Result<Sampling, ApiError> {
        sampling::read(self, default)
    }

    /// How many likeliest tokens are told with each one of a chat's reply; `None` if `logprobs`
    /// is off.
    pub fn top_logprobs(&self) -> Result<Option<usize>, ApiError> {
        match (self.wants_probabilities(), self.top_logprobs) {
            (true, Some(count)) if count > MOST_LIKELIEST => {
                let message =
                    format!("`top_logprobs` is {count}; it must be 0 to {MOST_LIKELIEST}.");
                Err(ApiError::invalid(message).param("top_logprobs"))
            }
            (false, Some(count)) if count > 0 => {
                let message = "`top_logprobs` needs `logprobs` to be true.";
                Err(ApiError::invalid(message).param("top_logprobs"))
            }
            (true, count) => Ok(Some(count.unwrap_or(0))),
            (false, _) => Ok(None),
        }
    }

    /// Refuses to make tokens more or less likely where that cannot be done.
    pub fn refuse_logit_bias(&self) -> Result<(), ApiError> {
        if self.logit_bias()?.is_empty() {
            return Ok(());
        }
        Err(unsupported(
            "logit_bias",
            "Making tokens of an answer from documents more or less likely",
        ))
    }

    /// Refuses probabilities if they cannot be given.
    pub fn refuse_probabilities(&self) -> Result<(), ApiError> {
        if self.wants_probabilities() {
            return Err(unsupported("logprobs", "Returning log probabilities here"));
        }
        Ok(())
    }

    fn wants_probabilities(&self) -> bool {
        let is_off =
            |value: &Value| matches!(value, Value::Null | Value::Bool(false)) || *value == 0;
        self.logprobs.as_ref().is_some_and(|value| !is_off(value))
    }

    /// How many replies are wanted.
    pub fn choices(&self) -> Result<u32, ApiError> {
        match self.n.unwrap_or(1) {
            n @ 1..=MOST_CHOICES => Ok(n),
            n => {
                let message = format!("`n` is {n}; it must be 1 to {MOST_CHOICES}.");
                Err(ApiError::invalid(message).param("n"))
            }
        }
    }

    /// How many continuations are made, of which the likeliest are told.
    pub fn best_of(&self, choices: usize) -> Result<usize, ApiError> {
        let best_of = self.best_of.map_or(choices, |best_of| best_of as usize);
        if !(choices..=MOST_CHOICES as usize).contains(&best_of) {
            let message =
                format!("`best_of` is {best_of}; it must be `n` ({choices}) to {MOST_CHOICES}.");
            return Err(ApiError::invalid(message).param("best_of"));
        }
        Ok(best_of)
    }

    /// How many likeliest tokens are told with each one of a continued text; `None` if none are.
    pub fn text_logprobs(&self) -> Result<Option<usize>, ApiError> {
        match &self.logprobs {
            None | Some(Value::Null | Value::Bool(false)) => Ok(None),
            Some(Value::Bool(true)) => Ok(Some(0)),
            Some(count) => {
                let count = count.as_u64().filter(|count| *count <= MOST_LIKELIEST as u64);
                let message = format!("`logprobs` must be a number, 0 to {MOST_LIKELIEST}.");
                let refuse = || ApiError::invalid(message).param("logprobs");
                count.map(|count| Some(count as usize)).ok_or_else(refuse)
            }
        }
    }

    /// Gives the text behind the one that is wanted.
    pub fn suffix(&self) -> Option<&str> {
        self.suffix.as_deref().filter(|suffix| !suffix.is_empty())
    }

    /// Refuses in a chat what only text has.
    pub fn refuse_text_only(&self) -> Result<(), ApiError> {
        if self.best_of.is_some_and(|n| n != 1) {
            return Err(unsupported("best_of", "The best of several replies to a chat"));
        }
        match self.suffix() {
            Some(_) => Err(unsupported("suffix", "Text behind the reply to a chat")),
            None => Ok(()),
        }
    }

    /// Refuses what would silently be something else.
    pub fn refuse_unsupported(&self) -> Result<(), ApiError> {
        // Most clients send the value that turns it off.
        if self.mirostat.is_some_and(|value| value.abs() > f32::EPSILON) {
            return Err(unsupported("mirostat", "Sampling by `mirostat`"));
        }
        let arguments = self.chat_template_kwargs.as_ref().and_then(Value::as_object);
        let mut names = arguments.into_iter().flat_map(|arguments| arguments.keys());
        if let Some(name) = names.find(|name| *name != "enable_thinking") {
            let what = format!("Giving `{name}` to the chat template");
            return Err(unsupported("chat_template_kwargs", &what));
        }
        Ok(())
    }
}

/// Refuses a number that lies outside its range.
pub fn within(
    name: &str,
    value: Option<f32>,
    range: std::ops::RangeInclusive<f32>,
) -> Result<Option<f32>, ApiError> {
    match value {
        Some(value) if !range.contains(&value) => {
            let message =
                format!("`{name}` is {value}; it must be {} to {}.", range.start(), range.end());
            Err(ApiError::invalid(message)
                .status(StatusCode::BAD_REQUEST, "invalid_request_error")
                .param(name))
        }
        _ => Ok(value),
    }
}
