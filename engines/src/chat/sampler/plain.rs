//! What the sampler chooses, computed as it is written down and without any care for time: what it is compared with.

use quire_domain::{Dry, Xtc};

use super::{NEVER, Random, Sampler};
use crate::{Sampling, TokenBias};

/// Chooses a token behind others, with all scores in order at each step.
fn choose(
    (sampling, bias, random): (&Sampling, &[TokenBias], &mut Random),
    (prompt, answer): (&[u32], &[u32]),
    scores: &[f32],
    is_allowed: fn(u32) -> bool,
) -> Option<u32> {
    let mut scores = scores.to_vec();
    for TokenBias { token, bias } in bias {
        scores[*token as usize] += if *bias <= NEVER { f32::NEG_INFINITY } else { *bias };
    }
    penalise(&mut scores, sampling, (prompt, answer));
    let mut kept: Vec<(u32, f32)> = (0..).zip(scores).collect();
    kept.retain(|(token, score)| *score > f32::NEG_INFINITY && is_allowed(*token));
    kept.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    if sampling.temperature <= 0.0 && sampling.typical_p >= 1.0 && sampling.xtc.is_none() {
        return kept.first().map(|(token, _)| *token);
    }
    if sampling.top_k > 0 {
        kept.truncate(sampling.top_k as usize);
    }
    keep_typical(&mut kept, f64::from(sampling.typical_p));
    if sampling.top_p < 1.0 {
        let shares = shares(&kept);
        let mut sum = 0.0;
        let reached = shares.iter().take_while(|share| {
            let is_needed = sum < f64::from(sampling.top_p);
            sum += **share;
            is_needed
        });
        let count = reached.count().max(1);
        kept.truncate(count);
    }
    if let Some((_, highest)) = kept.first().copied().filter(|_| sampling.min_p > 0.0) {
        kept.retain(|(_, score)| *score >= highest + sampling.min_p.ln());
    }
    if let Some(Xtc { probability, threshold }) = sampling.xtc
        && random.next_fraction() < f64::from(probability)
    {
        let shares = shares(&kept);
        let above = shares.iter().filter(|share| **share >= f64::from(threshold)).count();
        kept.drain(..above.saturating_sub(1));
    }
    if sampling.temperature <= 0.0 {
        return kept.first().map(|(token, _)| *token);
    }
    for (_, score) in &mut kept {
        *score /= sampling.temperature;
    }
    let mut left = random.next_fraction();
    let shares = shares(&kept);
    let drawn = kept.iter().zip(shares).find(|(_, share)| {
        left -= share;
        left < 0.0
    });
    drawn.map(|((token, _), _)| *token).or(kept.last().map(|(token, _)| *token))
}

fn shares(kept: &[(u32, f32)]) -> Vec<f64> {
    let highest = kept.first().map_or(0.0, |(_, score)| *score);
    let weights: Vec<f64> =
        kept.iter().map(|(_, score)| f64::from(score - highest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

fn keep_typical(kept: &mut Vec<(u32, f32)>, mass: f64) {
    if mass >= 1.0 {
        return;
    }
    let shares = shares(kept);
    let expected: f64 =
        shares.iter().filter(|share| **share > 0.0).map(|share| -share * share.ln()).sum();
    let mut order: Vec<usize> = (0..kept.len()).collect();
    let distance = |at: &usize| (-shares[*at].ln() - expected).abs();
    order.sort_by(|one, other| distance(one).total_cmp(&distance(other)));
    let mut sum = 0.0;
    let reached = order.iter().take_while(|at| {
        let is_needed = sum < mass;
        sum += shares[**at];
        is_needed
    });
    let mut places: Vec<usize> = reached.copied().collect();
    places.sort_unstable();
    *kept = places.into_iter().map(|at| kept[at]).collect();
}

fn penalise(scores: &mut [f32], sampling: &Sampling, (prompt, answer): (&[u32], &[u32])) {
    let all = [prompt, answer].concat();
    let last = |tokens: &[u32], count: i32| {
        let count = usize::try_from(count).unwrap_or(tokens.len());
        tokens[tokens.len().saturating_sub(count)..].to_vec()
    };
    let recent = last(&all, sampling.repeat_last_n);
    let written = last(answer, 1024);
    let dry = sampling.dry.as_ref();
    let looked_at = dry.map(|dry| last(&all, dry.penalty_last_n)).unwrap_or_default();
    for (token, score) in (0..).zip(scores) {
        if recent.contains(&token) {
            let penalty = sampling.repeat_penalty;
            *score = if *score <= 0.0 { *score * penalty } else { *score / penalty };
        }
        let count = written.iter().filter(|other| **other == token).count();
        if count > 0 {
            *score -= count as f32 * sampling.frequency_penalty + sampling.presence_penalty;
        }
        if let Some(dry) = dry.filter(|_| looked_at.contains(&token)) {
            let longest = longest_before(&looked_at, token);
            if longest >= (dry.allowed_length as usize).max(1) && !is_breaker(token) {
                let exponent = longest as i32 - dry.allowed_length as i32;
                *score -= dry.multiplier * dry.base.powi(exponent);
            }
        }
    }
}

/// Gives the length of the longest ending of a text that stood before, with the token behind it.
fn longest_before(tokens: &[u32], next: u32) -> usize {
    let is_before = |length: &usize| {
        let ending = &tokens[tokens.len() - length..];
        let stood =
            |place: usize| tokens[place..].starts_with(ending) && tokens[place + length] == next;
        ending.iter().all(|token| !is_breaker(*token)) && (0..tokens.len() - length).any(stood)
    };
    (1..tokens.len().min(65)).take_while(|length| is_before(length)).last().unwrap_or(0)
}

fn is_breaker(token: u32) -> bool {
    token.is_multiple_of(13)
}

const ALL: fn(u32) -> bool = |_| true;
const SOME: fn(u32) -> bool = |token| token % 3 == 1;

/// Has both write the same answer, with the same scores for each token.
fn compare(name: &str, sampling: &Sampling, bias: &[TokenBias], is_allowed: fn(u32) -> bool) {
    const WORDS: u32 = 700;
    let mut numbers = Random(7);
    let mut number = |below: u32| (numbers.next_fraction() * f64::from(below)) as u32;
    // Few different tokens, so that much is said again.
    let prompt: Vec<u32> = (0..60).map(|_| number(6)).collect();
    let sampling = Sampling { seed: Some(11), ..sampling.clone() };
    let mut sampler = Sampler::new(&sampling, bias, &prompt);
    let mut random = Random(11);
    let mut answer = Vec::new();
    for place in 0..200 {
        let mut scores: Vec<f32> = (0..WORDS).map(|_| number(4000) as f32 / 250.0 - 8.0).collect();
        for score in &mut scores[..6] {
            *score += 9.0;
        }
        scores[100] = f32::NAN;
        scores[101] = f32::NEG_INFINITY;
        let state = (&sampling, bias, &mut random);
        let expected = choose(state, (&prompt, &answer), &scores, is_allowed);
        let chosen = sampler.choose(&scores, &is_breaker, is_allowed);
        assert_eq!(chosen, expected, "{name}: token {place} of {sampling:?}");
        let token = chosen.expect("some may be taken");
        sampler.accept(token);
        answer.push(token);
    }
}

#[test]
fn the_same_tokens_are_chosen_as_without_care_for_time() {
    let warm = Sampling::default();
    let off = Sampling { top_k: 0, top_p: 1.0, min_p: 0.0, ..warm.clone() };
    let dry = |penalty_last_n, allowed_length| {
        Some(Dry { penalty_last_n, allowed_length, ..Dry::default() })
    };
    let xtc = Some(Xtc { probability: 0.5, threshold: 0.05 });
    let settings = [
        ("greedy", Sampling::greedy()),
        ("usual", warm.clone()),
        ("everything off", off.clone()),
        ("many", Sampling { top_k: 600, ..off.clone() }),
        ("one", Sampling { top_k: 1, ..off.clone() }),
        ("top-p of all", Sampling { top_p: 0.8, ..off.clone() }),
        ("least top-p of all", Sampling { top_p: 0.0, ..off.clone() }),
        ("min-p of all", Sampling { min_p: 0.02, ..off.clone() }),
        ("both of all", Sampling { top_p: 0.97, min_p: 0.001, ..off.clone() }),
        ("typical of all", Sampling { typical_p: 0.7, ..off.clone() }),
        ("typical", Sampling { typical_p: 0.7, ..warm.clone() }),
        ("greedy and typical", Sampling { typical_p: 0.7, ..Sampling::greedy() }),
        ("XTC", Sampling { xtc, ..warm.clone() }),
        ("greedy and XTC", Sampling { xtc, ..Sampling::greedy() }),
        ("XTC of all", Sampling { xtc, ..off.clone() }),
        ("repeated", Sampling { repeat_penalty: 1.3, ..warm.clone() }),
        ("repeated at all", Sampling { repeat_penalty: 1.3, repeat_last_n: -1, ..warm.clone() }),
        ("repeated never", Sampling { repeat_penalty: 1.3, repeat_last_n: 0, ..warm.clone() }),
        ("frequent", Sampling { frequency_penalty: 0.3, presence_penalty: 0.5, ..warm.clone() }),
        ("DRY", Sampling { dry: dry(-1, 2), ..warm.clone() }),
        ("DRY of few", Sampling { dry: dry(20, 1), ..Sampling::greedy() }),
        ("DRY of none", Sampling { dry: dry(0, 0), ..warm.clone() }),
        ("DRY at once", Sampling { dry: dry(-1, 0), ..warm }),
    ];
    let bias = [TokenBias { token: 3, bias: -100.0 }, TokenBias { token: 649, bias: 9.0 }];
    for (name, sampling) in &settings {
        compare(name, sampling, &[], ALL);
        compare(name, sampling, &[], SOME);
        compare(name, sampling, &bias, ALL);
    }
}
