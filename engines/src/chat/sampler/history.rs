//! What was read and taken before the next token: penalties look back on it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::iter::successors;

use quire_domain::Dry;

use crate::Sampling;

/// How many tokens of the answer `OpenAI`'s penalties look back on: all of it, usually.
pub const PENALTY_WINDOW: usize = 1024;

/// The longest repetition that is told from a longer one; beyond it the penalty is the same.
const LONGEST_REPETITION: usize = 64;

/// The tokens of a prompt and of the answer to it.
pub struct History {
    /// Those that `repeat_penalty` looks back on, if it does.
    repeated: Option<Window>,
    /// Those that `OpenAI`'s penalties look back on, if they do.
    answered: Option<Window>,
    /// The sequences that DRY looks back on, if it does.
    sequences: Option<Sequences>,
}

impl History {
    /// Begins behind a prompt, and keeps of it what the penalties look back on.
    pub fn new(prompt: &[u32], sampling: &Sampling) -> Self {
        let repeats = (sampling.repeat_penalty - 1.0).abs() > f32::EPSILON;
        let answers = sampling.frequency_penalty != 0.0 || sampling.presence_penalty != 0.0;
        let dry = sampling.dry.as_ref().filter(|dry| dry.multiplier != 0.0);
        Self {
            repeated: repeats.then(|| Window::new(length(sampling.repeat_last_n), prompt)),
            answered: answers.then(|| Window::new(PENALTY_WINDOW, &[])),
            sequences: dry.map(|dry| Sequences::new(length(dry.penalty_last_n), prompt)),
        }
    }

    /// Returns whether any penalty looks back.
    pub fn is_looked_back_on(&self) -> bool {
        self.repeated.is_some() || self.answered.is_some() || self.sequences.is_some()
    }

    /// Notes a token that was taken.
    pub fn push(&mut self, token: u32) {
        for window in [&mut self.repeated, &mut self.answered].into_iter().flatten() {
            window.push(token);
        }
        if let Some(sequences) = &mut self.sequences {
            sequences.push(token);
        }
    }

    /// Takes off the scores what penalties ask for.
    pub fn correct(
        &self,
        scores: &mut [f32],
        sampling: &Sampling,
        is_breaker: &dyn Fn(u32) -> bool,
    ) {
        let Sampling { repeat_penalty, frequency_penalty, presence_penalty, .. } = *sampling;
        for (token, _) in self.repeated.iter().flat_map(Window::counts) {
            let Some(score) = scores.get_mut(token as usize) else { continue };
            // Less likely, whatever the sign.
            *score = if *score <= 0.0 { *score * repeat_penalty } else { *score / repeat_penalty };
        }
        for (token, count) in self.answered.iter().flat_map(Window::counts) {
            let Some(score) = scores.get_mut(token as usize) else { continue };
            *score -= count as f32 * frequency_penalty + presence_penalty;
        }
        if let (Some(sequences), Some(dry)) = (&self.sequences, &sampling.dry) {
            sequences.punish(scores, dry, is_breaker);
        }
    }
}

/// How many tokens a penalty looks back on; -1 is all.
fn length(count: i32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// How often each of the last tokens is among them.
struct Window {
    length: usize,
    tokens: VecDeque<u32>,
    counts: HashMap<u32, u32>,
}

impl Window {
    fn new(length: usize, tokens: &[u32]) -> Self {
        let mut window = Self { length, tokens: VecDeque::new(), counts: HashMap::new() };
        let last = &tokens[tokens.len().saturating_sub(length)..];
        for token in last {
            window.push(*token);
        }
        window
    }

    fn push(&mut self, token: u32) {
        self.tokens.push_back(token);
        *self.counts.entry(token).or_default() += 1;
        if self.tokens.len() <= self.length {
            return;
        }
        if let Some(oldest) = self.tokens.pop_front()
            && let Entry::Occupied(mut count) = self.counts.entry(oldest)
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    fn counts(&self) -> impl Iterator<Item = (u32, u32)> {
        self.counts.iter().map(|(token, count)| (*token, *count))
    }
}

/// All tokens, each with where it stood before: what stood before the next one is found without looking at the others.
struct Sequences {
    length: usize,
    tokens: Vec<u32>,
    /// For each place the one before with the same token.
    earlier: Vec<Option<usize>>,
    /// Where each token stood last.
    latest: HashMap<u32, usize>,
}

impl Sequences {
    fn new(length: usize, tokens: &[u32]) -> Self {
        let (earlier, latest) = (Vec::new(), HashMap::new());
        let mut sequences = Self { length, tokens: Vec::new(), earlier, latest };
        let last = &tokens[tokens.len().saturating_sub(length)..];
        for token in last {
            sequences.push(*token);
        }
        sequences
    }

    fn push(&mut self, token: u32) {
        let place = self.tokens.len();
        self.tokens.push(token);
        self.earlier.push(self.latest.insert(token, place));
    }

    /// Takes off the score of each token that would go on with a sequence which stood before.
    fn punish(&self, scores: &mut [f32], dry: &Dry, is_breaker: &dyn Fn(u32) -> bool) {
        let tokens = &self.tokens[self.tokens.len().saturating_sub(self.length)..];
        let first = self.tokens.len() - tokens.len();
        let allowed = dry.allowed_length as usize;
        // No sequence is longer than what stands behind the last breaker.
        let ends = tokens.iter().rev().take(LONGEST_REPETITION);
        let longest = ends.take_while(|token| !is_breaker(**token)).count();
        if longest < allowed.max(1) {
            return;
        }
        // By token that would go on, the longest sequence that it goes on with.
        let mut found: HashMap<u32, usize> = HashMap::new();
        let last = self.earlier.last().copied().flatten();
        let places = successors(last, |place| self.earlier[*place]);
        for place in places.take_while(|place| *place >= first) {
            let end = place - first + 1;
            let pairs = tokens[..end].iter().rev().zip(tokens.iter().rev());
            let length = pairs.take(longest).take_while(|(one, other)| one == other).count();
            if length >= allowed {
                let known = found.entry(tokens[end]).or_default();
                *known = length.max(*known);
            }
        }
        for (token, length) in found {
            if let Some(score) = scores.get_mut(token as usize).filter(|_| !is_breaker(token)) {
                *score -= dry.multiplier * dry.base.powi((length - allowed) as i32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corrected(prompt: &[u32], taken: &[u32], sampling: &Sampling) -> Vec<f32> {
        let mut history = History::new(prompt, sampling);
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
