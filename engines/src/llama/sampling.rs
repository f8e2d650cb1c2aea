//! Choosing the next token: llama.cpp's samplers, chained as a request asks.

use std::hash::{BuildHasher, Hasher, RandomState};

use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::logit_bias::LlamaLogitBias;

use crate::{Sampling, TokenBias};

/// How many of the last tokens the penalties look back on: all of an answer, usually.
const PENALTY_WINDOW: i32 = 1024;

/// From here on a token is never taken, whatever its score.
const NEVER: f32 = -100.0;

/// What is done to the scores before anything else.
pub struct Corrections {
    /// Takes out what the form of the answer does not allow.
    pub form: Option<LlamaSampler>,
    /// Makes tokens more or less likely.
    pub logit_bias: Vec<TokenBias>,
}

/// Chains the samplers: corrections, penalties, then temperature 0 takes the likeliest; else top-k, top-p,
/// min-p, temperature and the draw, in llama.cpp's own order.
pub fn sampler(
    sampling: &Sampling,
    corrections: Corrections,
    vocabulary_size: i32,
) -> LlamaSampler {
    let mut chain = Vec::new();
    chain.extend(corrections.form);
    if !corrections.logit_bias.is_empty() {
        let biases: Vec<LlamaLogitBias> =
            corrections.logit_bias.iter().copied().map(bias).collect();
        chain.push(LlamaSampler::logit_bias(vocabulary_size, &biases));
    }
    let Sampling { repeat_penalty, frequency_penalty, presence_penalty, .. } = *sampling;
    let neutral = (repeat_penalty - 1.0).abs() < f32::EPSILON;
    if !neutral || frequency_penalty != 0.0 || presence_penalty != 0.0 {
        chain.push(LlamaSampler::penalties(
            vocabulary_size,
            PENALTY_WINDOW,
            repeat_penalty,
            frequency_penalty,
            presence_penalty,
        ));
    }
    if sampling.temperature <= 0.0 {
        chain.push(LlamaSampler::greedy());
        return LlamaSampler::chain(chain, true);
    }
    if sampling.top_k > 0 {
        chain.push(LlamaSampler::top_k(i32::try_from(sampling.top_k).unwrap_or(i32::MAX)));
    }
    chain.push(LlamaSampler::top_p(sampling.top_p, 1));
    chain.push(LlamaSampler::min_p(sampling.min_p, 1));
    chain.push(LlamaSampler::temp(sampling.temperature));
    chain.push(LlamaSampler::dist(sampling.seed.unwrap_or_else(random_seed)));
    LlamaSampler::chain(chain, true)
}

fn bias(bias: TokenBias) -> LlamaLogitBias {
    let value = if bias.bias <= NEVER { f32::NEG_INFINITY } else { bias.bias };
    LlamaLogitBias::new(LlamaToken::new(i32::try_from(bias.token).unwrap_or(-1)), value)
}

fn random_seed() -> u32 {
    // The standard library's hash keys are random for each instance.
    RandomState::new().build_hasher().finish() as u32
}
