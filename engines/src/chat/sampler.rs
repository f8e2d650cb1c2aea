//! Choosing the next token from the scores of a network, as llama.cpp's chain of samplers does.
//!
//! In order: what the form of the answer allows, biases, penalties, repetitions; then top-k, typical, top-p, min-p, XTC,
//! temperature and the draw. Temperature 0 takes the likeliest of those that are left. The same seed and scores give the same tokens; not the same ones as
//! llama.cpp, which draws otherwise.

mod history;
mod pool;

#[cfg(test)]
mod plain;

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::{Sampling, TokenBias};
use history::History;
use pool::{Candidate, Pool, by_score, keep_min_p, keep_top_p, weights};

/// From here on a token is never taken, whatever its score.
const NEVER: f32 = -100.0;

/// Chooses the tokens of one answer.
pub struct Sampler {
    sampling: Sampling,
    logit_bias: Vec<TokenBias>,
    history: History,
    random: Random,
    /// Room for the scores with biases and penalties, which is needed at each token or never.
    corrected: Vec<f32>,
}

impl Sampler {
    /// Begins the answer to a prompt.
    pub fn new(sampling: &Sampling, logit_bias: &[TokenBias], prompt: &[u32]) -> Self {
        Self {
            sampling: sampling.clone(),
            logit_bias: logit_bias.to_vec(),
            history: History::new(prompt, sampling),
            random: Random(u64::from(sampling.seed.unwrap_or_else(random_seed))),
            corrected: Vec::new(),
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
        let Self { sampling, random, .. } = self;
        let scores = if self.logit_bias.is_empty() && !self.history.is_looked_back_on() {
            scores
        } else {
            self.corrected.clear();
            self.corrected.extend_from_slice(scores);
            add_biases(&mut self.corrected, &self.logit_bias);
            self.history.correct(&mut self.corrected, sampling, is_breaker);
            self.corrected.as_slice()
        };
        let pool = Pool::new(scores, is_allowed);
        let Sampling { temperature, typical_p, xtc, .. } = *sampling;
        let is_drawn = temperature > 0.0;
        // The others leave the likeliest token in any case.
        if !is_drawn && typical_p >= 1.0 && xtc.is_none() {
            return pool.likeliest_one();
        }
        let mut candidates = keep_likely(&pool, sampling);
        if let Some(xtc) = xtc
            && random.next_fraction() < f64::from(xtc.probability)
        {
            leave_top_choices(&mut candidates, xtc.threshold);
        }
        if !is_drawn {
            return candidates.first().map(|it| it.token);
        }
        for candidate in &mut candidates {
            candidate.score /= temperature;
        }
        random.draw(&candidates)
    }

    /// Notes a token that was taken.
    pub fn accept(&mut self, token: u32) {
        self.history.push(token);
    }
}

fn add_biases(scores: &mut [f32], logit_bias: &[TokenBias]) {
    for TokenBias { token, bias } in logit_bias {
        if let Some(score) = scores.get_mut(*token as usize) {
            *score += if *bias <= NEVER { f32::NEG_INFINITY } else { *bias };
        }
    }
}

/// Gives the tokens that top-k, typical, top-p and min-p leave, in order.
fn keep_likely(pool: &Pool<'_, impl Fn(u32) -> bool>, sampling: &Sampling) -> Vec<Candidate> {
    let Sampling { top_k, typical_p, top_p, min_p, .. } = *sampling;
    let mut candidates = if top_k > 0 {
        pool.likeliest(top_k as usize)
    } else if typical_p < 1.0 {
        pool.all()
    } else {
        return pool.within(top_p, min_p);
    };
    keep_typical(&mut candidates, typical_p);
    let sum: f64 = weights(&candidates).iter().sum();
    keep_top_p(&mut candidates, top_p, sum);
    keep_min_p(&mut candidates, min_p);
    candidates
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
    candidates.sort_unstable_by(by_score);
}

/// Leaves out all tokens above a probability but the least likely of them; they must be in order.
fn leave_top_choices(candidates: &mut Vec<Candidate>, threshold: f32) {
    let weights = weights(candidates);
    let least = f64::from(threshold) * weights.iter().sum::<f64>();
    let above = weights.iter().take_while(|weight| **weight >= least).count();
    candidates.drain(..above.saturating_sub(1));
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

    /// Draws one of the candidates by their probabilities.
    fn draw(&mut self, candidates: &[Candidate]) -> Option<u32> {
        let weights = weights(candidates);
        let mut left = self.next_fraction() * weights.iter().sum::<f64>();
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
