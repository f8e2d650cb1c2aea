//! Choosing the next token: llama.cpp's samplers, chained as a request asks.

use std::hash::{BuildHasher, Hasher, RandomState};

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::logit_bias::LlamaLogitBias;

use crate::{Dry, Sampling, TokenBias};

/// How many tokens of the answer `OpenAI`'s penalties look back on: all of it, usually.
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

/// What a request is sampled in.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The model.
    pub model: &'a LlamaModel,
    /// The size of the context in tokens: no sampler looks back further.
    pub context_tokens: usize,
    /// The prompt, on which what repeats is looked back.
    pub prompt: &'a [LlamaToken],
}

/// Chains the samplers in llama.cpp's own order: corrections, penalties, DRY, top-k, typical, top-p, min-p, XTC,
/// temperature and the draw. Temperature 0 takes the likeliest of those that are left.
pub fn sampler(
    sampling: &Sampling,
    corrections: Corrections,
    setting: Setting<'_>,
) -> LlamaSampler {
    let vocabulary_size = setting.model.n_vocab();
    let seed = sampling.seed.unwrap_or_else(random_seed);
    let mut chain = Vec::new();
    chain.extend(corrections.form);
    if !corrections.logit_bias.is_empty() {
        let biases: Vec<LlamaLogitBias> =
            corrections.logit_bias.iter().copied().map(bias).collect();
        chain.push(LlamaSampler::logit_bias(vocabulary_size, &biases));
    }
    chain.extend(repeat_penalty(sampling, setting));
    let Sampling { frequency_penalty, presence_penalty, .. } = *sampling;
    if frequency_penalty != 0.0 || presence_penalty != 0.0 {
        chain.push(LlamaSampler::penalties(
            vocabulary_size,
            PENALTY_WINDOW,
            1.0,
            frequency_penalty,
            presence_penalty,
        ));
    }
    chain.extend(sampling.dry.as_ref().and_then(|dry| repetitions(dry, setting)));
    let is_typical = sampling.typical_p < 1.0;
    let is_drawn = sampling.temperature > 0.0;
    // The others leave the likeliest token in any case.
    if is_drawn || is_typical || sampling.xtc.is_some() {
        if sampling.top_k > 0 {
            chain.push(LlamaSampler::top_k(i32::try_from(sampling.top_k).unwrap_or(i32::MAX)));
        }
        if is_typical {
            chain.push(LlamaSampler::typical(sampling.typical_p, 1));
        }
        chain.push(LlamaSampler::top_p(sampling.top_p, 1));
        chain.push(LlamaSampler::min_p(sampling.min_p, 1));
        if let Some(xtc) = sampling.xtc {
            chain.push(LlamaSampler::xtc(xtc.probability, xtc.threshold, 1, seed));
        }
    }
    if is_drawn {
        chain.push(LlamaSampler::temp(sampling.temperature));
        chain.push(LlamaSampler::dist(seed));
    } else {
        chain.push(LlamaSampler::greedy());
    }
    LlamaSampler::chain(chain, true)
}

fn repeat_penalty(sampling: &Sampling, setting: Setting<'_>) -> Option<LlamaSampler> {
    let window = look_back(sampling.repeat_last_n, setting.context_tokens);
    if (sampling.repeat_penalty - 1.0).abs() < f32::EPSILON || window == 0 {
        return None;
    }
    let size = setting.model.n_vocab();
    let penalty = LlamaSampler::penalties(size, window as i32, sampling.repeat_penalty, 0.0, 0.0);
    Some(penalty.with_tokens(last(setting.prompt, window)))
}

fn repetitions(dry: &Dry, setting: Setting<'_>) -> Option<LlamaSampler> {
    let window = look_back(dry.penalty_last_n, setting.context_tokens);
    if dry.multiplier == 0.0 || window == 0 {
        return None;
    }
    // llama.cpp takes texts that end at the first zero.
    let breakers =
        dry.sequence_breakers.iter().filter(|text| !text.is_empty() && !text.contains('\0'));
    let allowed_length = i32::try_from(dry.allowed_length).unwrap_or(i32::MAX);
    let sampler = LlamaSampler::dry(
        setting.model,
        dry.multiplier,
        dry.base,
        allowed_length,
        window as i32,
        breakers,
    );
    Some(sampler.with_tokens(last(setting.prompt, window)))
}

/// Gives how many tokens are looked back on; -1 are all that the context holds.
fn look_back(tokens: i32, context_tokens: usize) -> usize {
    usize::try_from(tokens).map_or(context_tokens, |tokens| tokens.min(context_tokens))
}

fn last(tokens: &[LlamaToken], count: usize) -> &[LlamaToken] {
    &tokens[tokens.len().saturating_sub(count)..]
}

fn bias(bias: TokenBias) -> LlamaLogitBias {
    let value = if bias.bias <= NEVER { f32::NEG_INFINITY } else { bias.bias };
    LlamaLogitBias::new(LlamaToken::new(i32::try_from(bias.token).unwrap_or(-1)), value)
}

fn random_seed() -> u32 {
    // The standard library's hash keys are random for each instance.
    RandomState::new().build_hasher().finish() as u32
}
