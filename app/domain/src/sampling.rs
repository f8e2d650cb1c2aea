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
    /// Keeps the tokens that are about as surprising as one would expect, up to this probability mass. Default 1,
    /// which keeps all.
    pub typical_p: f32,
    /// Above 1 makes tokens less likely that are among the last ones, those of the prompt included. Default 1.
    pub repeat_penalty: f32,
    /// How many tokens `repeat_penalty` looks back on: 0 is none, -1 all. Default 64.
    pub repeat_last_n: i32,
    /// `OpenAI`'s penalty for tokens by how often they occurred in the answer. Default 0.
    pub frequency_penalty: f32,
    /// `OpenAI`'s penalty for tokens that occurred at all in the answer. Default 0.
    pub presence_penalty: f32,
    /// Keeps whole passages from being repeated. Default: it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry: Option<Dry>,
    /// Leaves out the likeliest tokens now and then. Default: it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xtc: Option<Xtc>,
    /// The same seed, prompt and settings give the same text. Default: a random one.
    pub seed: Option<u32>,
}

/// DRY ("don't repeat yourself"): a token that would go on with a sequence which stood before, in prompt or answer, is
/// made less likely by `multiplier * base ^ (length - allowed_length)`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Dry {
    /// How strong it is, above 0. Default 0.8.
    pub multiplier: f32,
    /// How much stronger with each token of the sequence, 1 and above. Default 1.75.
    pub base: f32,
    /// How long a sequence may be repeated, in tokens. Default 2.
    pub allowed_length: u32,
    /// How many tokens it looks back on: 0 is none, -1 all. Default -1.
    pub penalty_last_n: i32,
    /// Texts across which nothing counts as a repetition. Default: line breaks, colons, quotation marks, asterisks.
    pub sequence_breakers: Vec<String>,
}

/// XTC ("exclude top choices"): with some probability, all but the least likely of the tokens above a threshold are
/// left out.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Xtc {
    /// How often, 0 to 1. Default 0.5.
    pub probability: f32,
    /// From which probability on a token counts as one of the top choices; above 0.5 there is only one, and nothing is
    /// left out. Default 0.1.
    pub threshold: f32,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.95,
            top_k: 40,
            min_p: 0.05,
            typical_p: 1.0,
            repeat_penalty: 1.0,
            repeat_last_n: 64,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            dry: None,
            xtc: None,
            seed: None,
        }
    }
}

impl Default for Dry {
    fn default() -> Self {
        Self {
            multiplier: 0.8,
            base: 1.75,
            allowed_length: 2,
            penalty_last_n: -1,
            sequence_breakers: ["\n", ":", "\"", "*"].map(str::to_owned).to_vec(),
        }
    }
}

impl Default for Xtc {
    fn default() -> Self {
        Self { probability: 0.5, threshold: 0.1 }
    }
}

impl Sampling {
    /// Always takes the likeliest token, so that the same prompt gives the same text.
    pub fn greedy() -> Self {
        Self { temperature: 0.0, ..Self::default() }
    }
}
