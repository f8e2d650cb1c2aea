//! Choosing the next token from the scores of a network, as llama.cpp's chain of samplers does.
//!
//! In order: what the form of the answer allows, biases, penalties, repetitions; then top-k, typical, top-p, min-p, XTC,
//! temperature and the draw. Temperature 0 takes the likeliest of those that are left. The same seed and scores give the same tokens; not the same ones as
//! llama.cpp, which draws otherwise.

mod history;

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::{Sampling, TokenBias};
use history::History;

/// From here on a token is never taken, whatever its score.
const NEVER: f32 = -100.0;

/// Chooses the tokens of one answer.
pub struct Sampler {
    sampling: Sampling,
    logit_bias: Vec<TokenBias>,
    history: History,
    random: Random,
}

/// A token that may be taken.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    token: u32,
    score: f32,
}

impl Sampler {
    /// Begins the answer to a prompt.
    pub fn new(sampling: &Sampling, logit_bias: &[TokenBias], prompt: &[u32]) -> Self {
        Self {
            sampling: sampling.clone(),
            logit_bias: logit_bias.to_vec(),
            history: History::new(prompt),
            random: Random(u64::from(sampling.seed.unwrap_or_else(random_seed))),
        }
    }

    /// Chooses a token by the scores, the place in which is its number; `None` if no token that is allowed has a score.
    /// Nothing counts as a repetition across a token that is a breaker.
    pub fn choose(
        &mut self,
        scores: &[f32],
        is_breaker: &dyn Fn(u32) -> bool,
        is_allowed: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let mut scores = scores.to_vec();
        self.correct(&mut scores, is_breaker);
        let mut candidates: Vec<Candidate> = (0..).zip(scores).map(candidate).collect();
        candidates.retain(|it| it.score > f32::NEG_INFINITY && is_allowed(it.token));
        let Sampling { temperature, typical_p, xtc, .. } = self.sampling;
        let is_drawn = temperature > 0.0;
        // The others leave the likeliest token in any case.
        if is_drawn || typical_p < 1.0 || xtc.is_some() {
            keep_top_k(&mut candidates, self.sampling.top_k as usize);
            keep_typical(&mut candidates, typical_p);
            keep_top_p(&mut candidates, self.sampling.top_p);
            keep_min_p(&mut candidates, self.sampling.min_p);
            if let Some(xtc) = xtc
                && self.random.next_fraction() < f64::from(xtc.probability)
            {
                leave_top_choices(&mut candidates, xtc.threshold);
            }
        }
        if !is_drawn {
            // Of equals the first.
            let first = |a: &Candidate, b: &Candidate| {
                a.score.total_cmp(&b.score).then(b.token.cmp(&a.token))
            };
            return candidates.into_iter().max_by(first).map(|it| it.token);
        }
        for candidate in &mut candidates {
            candidate.score /= temperature;
        }
        self.draw(&candidates)
    }

    /// Notes a token that was taken.
    pub fn accept(&mut self, token: u32) {
        self.history.push(token);
    }

    /// Adds biases and takes off penalties.
    fn correct(&self, scores: &mut [f32], is_breaker: &dyn Fn(u32) -> bool) {
        for TokenBias { token, bias } in &self.logit_bias {
            if let Some(score) = scores.get_mut(*token as usize) {
                *score += if *bias <= NEVER { f32::NEG_INFINITY } else { *bias };
            }
        }
        self.history.correct(scores, &self.sampling, is_breaker);
    }

    /// Draws one of the candidates by their probabilities.
    fn draw(&mut self, candidates: &[Candidate]) -> Option<u32> {
        let weights = weights(candidates);
        let mut left = self.random.next_fraction() * weights.iter().sum::<f64>();
        for (candidate, weight) in candidates.iter().zip(&weights) {
            left -= weight;
            if left < 0.0 {
                return Some(candidate.token);
            }
        }
        // Rounding may leave a little.
        candidates.last().map(|it| it.token)
    }
}

/// A score that is no number is never taken.
fn candidate((token, score): (u32, f32)) -> Candidate {
    Candidate { token, score: if score.is_nan() { f32::NEG_INFINITY } else { score } }
}

/// Keeps the likeliest, and puts all in order; 0 keeps all.
fn keep_top_k(candidates: &mut Vec<Candidate>, count: usize) {
    let order =
        |a: &Candidate, b: &Candidate| b.score.total_cmp(&a.score).then(a.token.cmp(&b.token));
    if count > 0 && count < candidates.len() {
        candidates.select_nth_unstable_by(count, order);
        candidates.truncate(count);
    }
    candidates.sort_unstable_by(order);
}

/// Keeps the tokens that are about as surprising as is to be expected, up to a probability mass, at the least one, and puts
/// all in order.
fn keep_typical(candidates: &mut Vec<Candidate>, mass: f32) {
    if mass >= 1.0 || candidates.is_empty() {
        return;
    }
    let weights = weights(candidates);
    let sum: f64 = weights.iter().sum();
    let surprise = |weight: f64| -(weight / sum).ln();
    let expected: f64 = weights
        .iter()
        .filter(|weight| **weight > 0.0)
        .map(|weight| weight / sum * surprise(*weight))
        .sum();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    let distance = |at: usize| (surprise(weights[at]) - expected).abs();
    order.sort_by(|one, other| distance(*one).total_cmp(&distance(*other)));
    let mut kept = 0.0;
    let end = order.iter().position(|at| {
        kept += weights[*at] / sum;
        kept >= f64::from(mass)
    });
    order.truncate(end.map_or(order.len(), |last| last + 1));
    *candidates = order.into_iter().map(|at| candidates[at]).collect();
    keep_top_k(candidates, 0);
}

/// Leaves out all tokens above a probability but the least likely of them; they must be in order.
fn leave_top_choices(candidates: &mut Vec<Candidate>, threshold: f32) {
    let weights = weights(candidates);
    let least = f64::from(threshold) * weights.iter().sum::<f64>();
    let above = weights.iter().take_while(|weight| **weight >= least).count();
    candidates.drain(..above.saturating_sub(1));
}

/// Keeps the likeliest up to a probability mass, at the least one; they must be in order.
fn keep_top_p(candidates: &mut Vec<Candidate>, mass: f32) {
    if mass >= 1.0 {
        return;
    }
    let weights = weights(candidates);
    let wanted = f64::from(mass) * weights.iter().sum::<f64>();
    let mut sum = 0.0;
    let enough = weights.iter().position(|weight| {
        sum += weight;
        sum >= wanted
    });
    if let Some(last) = enough {
        candidates.truncate(last + 1);
    }
}

/// Drops those below a share of the likeliest's probability.
fn keep_min_p(candidates: &mut Vec<Candidate>, share: f32) {
    let Some(first) = candidates.first().filter(|_| share > 0.0) else { return };
    let least = first.score + share.min(1.0).ln();
    candidates.retain(|it| it.score >= least);
}

/// The probabilities, not yet divided by their sum; the first candidate is the likeliest.
fn weights(candidates: &[Candidate]) -> Vec<f64> {
    let highest = candidates.first().map_or(0.0, |it| it.score);
    candidates.iter().map(|it| f64::from(it.score - highest).exp()).collect()
}

/// Numbers that look random, the same for the same seed: `SplitMix64`, by Steele, Lea and Flood.
struct Random(u64);

impl Random {
    /// Gives a number from 0 up to, but not including, 1.
    fn next_fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn random_seed() -> u32 {
    // The standard library's hash keys are random for each instance.
    RandomState::new().build_hasher().finish() as u32
}

#[cfg(test)]
mod tests {
    use quire_domain::Xtc;

    use super::*;

    fn plain(seed: u32) -> Sampling {
        Sampling {
            temperature: 1.0,
            top_p: 1.0,
            top_k: 0,
            min_p: 0.0,
            seed: Some(seed),
            ..Sampling::default()
        }
    }

    /// How often each token is drawn of 20,000 times.
    fn shares(sampling: &Sampling, scores: &[f32]) -> Vec<f64> {
        let mut sampler = Sampler::new(sampling, &[], &[]);
        let mut counts = vec![0_u32; scores.len()];
        for _ in 0..20_000 {
            let token = sampler.choose(scores, &|_| false, |_| true).expect("a token");
            counts[token as usize] += 1;
        }
        counts.into_iter().map(|count| f64::from(count) / 20_000.0).collect()
    }

    /// Scores whose probabilities are .5, .25, .15 and .1.
    fn scores() -> Vec<f32> {
        [0.5_f32, 0.25, 0.15, 0.1].map(|share| share.ln() + 3.0).to_vec()
    }

    #[test]
    fn tokens_come_as_often_as_they_are_likely() {
        for (share, expected) in shares(&plain(1), &scores()).iter().zip([0.5, 0.25, 0.15, 0.1]) {
            assert!((share - expected).abs() < 0.02, "{share} for {expected}");
        }
        // A temperature of one half squares the probabilities: .25, .0625, .0225, .01 of .345.
        let cold = shares(&Sampling { temperature: 0.5, ..plain(1) }, &scores());
        assert!((cold[0] - 0.7246).abs() < 0.02, "{cold:?}");
    }

    #[test]
    fn the_unlikely_are_left_out() {
        let kept = |sampling: Sampling| {
            let shares = shares(&sampling, &scores());
            shares.iter().filter(|share| **share > 0.0).count()
        };
        assert_eq!(kept(Sampling { top_k: 2, ..plain(1) }), 2);
        assert_eq!(kept(Sampling { top_k: 9, ..plain(1) }), 4);
        assert_eq!(kept(Sampling { top_p: 0.74, ..plain(1) }), 2);
        assert_eq!(kept(Sampling { top_p: 0.0, ..plain(1) }), 1);
        // .15 is three tenths of .5, and .1 is two.
        assert_eq!(kept(Sampling { min_p: 0.25, ..plain(1) }), 3);
    }

    #[test]
    fn the_typical_are_kept_and_top_choices_left_out() {
        let kept = |sampling: Sampling| {
            let shares = shares(&sampling, &scores());
            (0..4).filter(|at| shares[*at] > 0.0).collect::<Vec<_>>()
        };
        // On average a token is as surprising as one of .29: that of .25 is nearest, and that of .5 next.
        assert_eq!(kept(Sampling { typical_p: 0.2, ..plain(1) }), [1]);
        assert_eq!(kept(Sampling { typical_p: 0.6, ..plain(1) }), [0, 1]);
        let xtc = |probability, threshold| Some(Xtc { probability, threshold });
        assert_eq!(kept(Sampling { xtc: xtc(1.0, 0.2), ..plain(1) }), [1, 2, 3]);
        assert_eq!(kept(Sampling { xtc: xtc(0.0, 0.2), ..plain(1) }), [0, 1, 2, 3]);
        assert_eq!(kept(Sampling { xtc: xtc(1.0, 0.4), ..plain(1) }), [0, 1, 2, 3]);
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw = |seed| {
            let mut sampler = Sampler::new(&plain(seed), &[], &[]);
            (0..50).map(|_| sampler.choose(&scores(), &|_| false, |_| true)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn biases_penalties_and_forms_come_before_the_choice() {
        let greedy = Sampling::greedy();
        let scores = [2.0, 1.9, -1.0, f32::NAN];
        let choose = |sampling: &Sampling, bias: &[TokenBias], taken: &[u32]| {
            let mut sampler = Sampler::new(sampling, bias, &[]);
            for token in taken {
                sampler.accept(*token);
            }
            sampler.choose(&scores, &|_| false, |_| true)
        };
        assert_eq!(choose(&greedy, &[], &[]), Some(0));
        assert_eq!(choose(&greedy, &[TokenBias { token: 2, bias: 100.0 }], &[]), Some(2));
        assert_eq!(choose(&greedy, &[TokenBias { token: 0, bias: -100.0 }], &[]), Some(1));
        assert_eq!(choose(&greedy, &[TokenBias { token: 99, bias: 1.0 }], &[]), Some(0));
        let penalties = [
            Sampling { repeat_penalty: 1.2, ..greedy.clone() },
            Sampling { presence_penalty: 0.2, ..greedy.clone() },
            Sampling { frequency_penalty: 0.2, ..greedy.clone() },
        ];
        for penalty in &penalties {
            assert_eq!(choose(penalty, &[], &[0]), Some(1), "{penalty:?}");
        }
        let mut sampler = Sampler::new(&greedy, &[], &[]);
        assert_eq!(sampler.choose(&scores, &|_| false, |token| token > 1), Some(2));
        assert_eq!(
            sampler.choose(&scores, &|_| false, |token| token == 3),
            None,
            "its score is no number"
        );
        assert_eq!(sampler.choose(&scores, &|_| false, |_| false), None);
    }

    #[test]
    fn what_was_said_long_ago_is_forgotten() {
        let mut sampler =
            Sampler::new(&Sampling { presence_penalty: 5.0, ..Sampling::greedy() }, &[], &[]);
        sampler.accept(0);
        assert_eq!(sampler.choose(&[1.0, 0.0], &|_| false, |_| true), Some(1));
        (0..history::PENALTY_WINDOW).for_each(|_| sampler.accept(7));
        assert_eq!(sampler.choose(&[1.0, 0.0], &|_| false, |_| true), Some(0));
    }
}
