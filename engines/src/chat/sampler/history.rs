//! What was read and taken before the next token: penalties look back on it.

use quire_domain::Dry;

use crate::Sampling;

/// How many tokens of the answer `OpenAI`'s penalties look back on: all of it, usually.
pub const PENALTY_WINDOW: usize = 1024;

/// The longest repetition that is told from a longer one; beyond it the penalty is the same.
const LONGEST_REPETITION: usize = 64;

/// The tokens of a prompt and of the answer to it.
pub struct History {
    tokens: Vec<u32>,
    prompt_tokens: usize,
}

impl History {
    /// Begins behind a prompt.
    pub fn new(prompt: &[u32]) -> Self {
        Self { tokens: prompt.to_vec(), prompt_tokens: prompt.len() }
    }

    /// Notes a token that was taken.
    pub fn push(&mut self, token: u32) {
        self.tokens.push(token);
    }

    /// Takes off the scores what penalties ask for.
    pub fn correct(
        &self,
        scores: &mut [f32],
        sampling: &Sampling,
        is_breaker: &dyn Fn(u32) -> bool,
    ) {
        let Sampling { repeat_penalty, frequency_penalty, presence_penalty, .. } = *sampling;
        if (repeat_penalty - 1.0).abs() > f32::EPSILON {
            let mut seen = self.last(sampling.repeat_last_n).to_vec();
            seen.sort_unstable();
            seen.dedup();
            for token in seen {
                let Some(score) = scores.get_mut(token as usize) else { continue };
                // Less likely, whatever the sign.
                *score =
                    if *score <= 0.0 { *score * repeat_penalty } else { *score / repeat_penalty };
            }
        }
        if frequency_penalty != 0.0 || presence_penalty != 0.0 {
            let answer = &self.tokens[self.prompt_tokens..];
            let mut recent = answer[answer.len().saturating_sub(PENALTY_WINDOW)..].to_vec();
            recent.sort_unstable();
            for run in recent.chunk_by(|one, other| one == other) {
                let Some(score) = scores.get_mut(run[0] as usize) else { continue };
                *score -= run.len() as f32 * frequency_penalty + presence_penalty;
            }
        }
        if let Some(dry) = sampling.dry.as_ref().filter(|dry| dry.multiplier != 0.0) {
            self.punish_repetitions(scores, dry, is_breaker);
        }
    }

    /// Takes off the score of each token that would go on with a sequence which stood before.
    fn punish_repetitions(&self, scores: &mut [f32], dry: &Dry, is_breaker: &dyn Fn(u32) -> bool) {
        let tokens = self.last(dry.penalty_last_n);
        let allowed = dry.allowed_length as usize;
        // By token that would go on, the longest sequence that it goes on with.
        let mut longest: std::collections::BTreeMap<u32, usize> = std::collections::BTreeMap::new();
        for end in 1..tokens.len() {
            let next = tokens[end];
            let before = tokens[..end].iter().rev().zip(tokens.iter().rev());
            let length = before
                .take(LONGEST_REPETITION)
                .take_while(|(one, other)| one == other && !is_breaker(**one))
                .count();
            if length >= allowed.max(1) && !is_breaker(next) {
                let known = longest.entry(next).or_default();
                *known = length.max(*known);
            }
        }
        for (token, length) in longest {
            if let Some(score) = scores.get_mut(token as usize) {
                *score -= dry.multiplier * dry.base.powi((length - allowed) as i32);
            }
        }
    }

    /// Shows the last tokens, of prompt and answer; -1 shows all.
    fn last(&self, count: i32) -> &[u32] {
        let count = usize::try_from(count).unwrap_or(self.tokens.len());
        &self.tokens[self.tokens.len().saturating_sub(count)..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corrected(prompt: &[u32], taken: &[u32], sampling: &Sampling) -> Vec<f32> {
        let mut history = History::new(prompt);
        for token in taken {
            history.push(*token);
        }
        let mut scores = vec![1.0; 8];
        history.correct(&mut scores, sampling, &|token| token == 7);
        scores
    }

    #[test]
    fn each_penalty_looks_back_as_far_as_it_says() {
        let repeat = Sampling { repeat_penalty: 2.0, repeat_last_n: 2, ..Sampling::default() };
        assert_eq!(corrected(&[0, 1], &[2], &repeat)[..4], [1.0, 0.5, 0.5, 1.0]);
        let present = Sampling { presence_penalty: 0.25, ..Sampling::default() };
        assert_eq!(corrected(&[0, 1], &[2, 2], &present)[..4], [1.0, 1.0, 0.75, 1.0]);
        let frequent = Sampling { frequency_penalty: 0.25, ..Sampling::default() };
        assert_eq!(corrected(&[0, 1], &[2, 2], &frequent)[..4], [1.0, 1.0, 0.5, 1.0]);
    }

    #[test]
    fn what_goes_on_with_a_repetition_is_less_likely_the_longer_that_is() {
        let dry = Dry { multiplier: 1.0, base: 2.0, allowed_length: 2, ..Dry::default() };
        let sampling = Sampling { dry: Some(dry), ..Sampling::default() };
        // `1 2 3` stood before, and `1 2` again: 3 would go on with two tokens.
        assert!((corrected(&[1, 2, 3, 4], &[1, 2], &sampling)[3] - 0.0).abs() < 1e-6);
        // Three tokens cost twice as much.
        assert!((corrected(&[5, 1, 2, 3, 4], &[5, 1, 2], &sampling)[3] + 1.0).abs() < 1e-6);
        // One token may be repeated, and nothing counts across a breaker.
        assert!((corrected(&[1, 2, 3, 4], &[2], &sampling)[3] - 1.0).abs() < 1e-6);
        assert!((corrected(&[1, 7, 3, 4], &[1, 7], &sampling)[3] - 1.0).abs() < 1e-6);
    }
}
