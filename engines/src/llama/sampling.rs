//! Choosing the next token: llama.cpp's samplers, chained as a request asks.

use std::hash::{BuildHasher, Hasher, RandomState};

use llama_cpp_2::sampling::LlamaSampler;

use crate::Sampling;

/// How many of the last tokens the penalties look back on: all of an answer, usually.
const PENALTY_WINDOW: i32 = 1024;

/// Chains the samplers: penalties, then temperature 0 takes the likeliest; else top-k, top-p,
/// min-p, temperature and the draw, in llama.cpp's own order.
pub fn sampler(sampling: &Sampling, vocabulary_size: i32) -> LlamaSampler {
    let mut chain = Vec::new();
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

fn random_seed() -> u32 {
    // The standard library's hash keys are random for each instance.
    RandomState::new().build_hasher().finish() as u32
}
