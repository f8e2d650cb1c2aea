//! What the model held to be likely: probabilities of the chosen token and of those in its place.

use crate::{GenerateEvent, TokenProbability};

/// Tells the probability of `chosen` and of the `count` likeliest tokens, from the model's scores; `bytes` are those of a
/// token.
pub fn tell(
    scores: &[f32],
    chosen: u32,
    count: usize,
    bytes: impl Fn(u32) -> Vec<u8>,
) -> GenerateEvent {
    let normaliser = log_sum_exp(scores);
    let named = |token: usize| TokenProbability {
        bytes: bytes(token as u32),
        log_probability: scores.get(token).map_or(f32::NEG_INFINITY, |score| score - normaliser),
    };
    let top_logprobs = likeliest(scores, count).into_iter().map(named).collect();
    GenerateEvent::Token { chosen: named(chosen as usize), top_logprobs }
}

/// Gives the places of the `count` highest scores, the highest first.
fn likeliest(scores: &[f32], count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..scores.len()).collect();
    let count = count.min(places.len());
    let descending = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]);
    if count < places.len() {
        places.select_nth_unstable_by(count, descending);
        places.truncate(count);
    }
    places.sort_by(descending);
    places
}

/// Computes `ln(sum(exp(scores)))` without overflow.
fn log_sum_exp(scores: &[f32]) -> f32 {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    highest + scores.iter().map(|score| (score - highest).exp()).sum::<f32>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_come_in_order() {
        let scores = [0.5, 3.0, -1.0, 2.0];
        assert_eq!(likeliest(&scores, 2), [1, 3]);
        assert_eq!(likeliest(&scores, 9), [1, 3, 0, 2]);
        assert_eq!(likeliest(&scores, 0), [0_usize; 0]);
    }

    #[test]
    fn probabilities_sum_to_one_even_for_high_scores() {
        let scores = [1000.0, 1001.0, 999.0];
        let normaliser = log_sum_exp(&scores);
        let sum: f32 = scores.iter().map(|score| (score - normaliser).exp()).sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    }
}
