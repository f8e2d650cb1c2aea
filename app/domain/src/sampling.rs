//! Sampling: how a chat model chooses the next token.

use serde::{Deserialize, Serialize};

/// How the next token is chosen.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Sampling {
    /// 0 always takes the likeliest token. Default 0.7.
    pub temperature: f32,
    /// Keeps the likeliest tokens up to this probability mass. Default 0.95.
    pub top_p: f32,
    /// Keeps this many likeliest tokens; 0 keeps all. Default 40.
    pub top_k: u32,
    /// Drops tokens below this share of the likeliest's probability. Default 0.05.
    pub min_p: f32,
    /// Above 1 makes repeated tokens less likely. Default 1.
    pub repeat_penalty: f32,
    /// `OpenAI`'s penalty for tokens by how often they occurred. Default 0.
    pub frequency_penalty: f32,
    /// `OpenAI`'s penalty for tokens that occurred at all. Default 0.
    pub presence_penalty: f32,
    /// The same seed, prompt and settings give the same text. Default: a random one.
    pub seed: Option<u32>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.95,
            top_k: 40,
            min_p: 0.05,
            repeat_penalty: 1.0,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            seed: None,
        }
    }
}

impl Sampling {
    /// Always takes the likeliest token, so that the same prompt gives the same text.
    pub fn greedy() -> Self {
        Self { temperature: 0.0, ..Self::default() }
    }
}
