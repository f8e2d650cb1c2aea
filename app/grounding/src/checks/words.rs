//! Words: enough of what the claim says must stand in the window.

use quire_language::Meaning;

use super::Trial;
use crate::alignment::{Likeness, Match};
use crate::verdict::WhyNot;

/// The share of a claim's words that one sentence must have, or two or three in a row: the longer the
/// run, the sooner words meet in it by chance.
pub const MIN_COVERAGE: [f32; 3] = [0.8, 0.85, 0.85];
/// The share that an answer of a word or a number must have together with its question.
const MIN_BORROWED: f32 = 0.5;
/// What a word counts. Whole numbers add up alike in any order.
const WEIGHT: u32 = 4;
/// What a word of the question counts in its answer: "the term given to it is" is how the question was
/// put, and what the passage must bear is the answer.
const ASKED_WEIGHT: u32 = 2;

/// What a verb counts that only ties a number to what it is said of.
const LINKING_WEIGHT: u32 = 1;

/// Gives the share of the claim's words that the window has, or that are known of it, by weight; 0 if most
/// are only known.
pub fn coverage(trial: &Trial<'_>) -> f32 {
    let (mut found, mut all, mut own, mut lent) = (0.0, 0.0, 0_u32, 0_u32);
    for at in trial.said().content_tokens() {
        let counts_less =
            trial.claim.is_borrowed(at) || trial.claim.borrowed == 0 && trial.claim.is_asked(at);
        let links = trial.said().has(at, Meaning::Linking);
        let weight = if links {
            LINKING_WEIGHT
        } else if counts_less {
            ASKED_WEIGHT
        } else {
            WEIGHT
        } as f32;
        all += weight;
        match trial.alignment.matches[at] {
            Match::Window(_, likeness) => {
                own += 1;
                found += weight * if likeness == Likeness::Family { 0.8 } else { 1.0 };
            }
            Match::Header(_) => {
                own += 1;
                found += weight;
            }
            Match::Context => {
                lent += 1;
                found += weight;
            }
            Match::Missing => {}
        }
    }
    if all == 0.0 {
        return 1.0;
    }
    if own < lent || own == 0 { 0.0 } else { found / all }
}

/// Objects if too few words are there, or one is missing that must not be: one that goes up or down.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    check_direction(trial)?;
    check_coverage(trial)
}

/// Objects if a word is missing that goes up or down.
pub fn check_direction(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    let missing = |at: usize| trial.alignment.matches[at] == Match::Missing;
    for at in claim.content_tokens().filter(|at| missing(*at) && !trial.claim.is_borrowed(*at)) {
        let moves = claim.has(at, Meaning::Up) || claim.has(at, Meaning::Down);
        // The sign of a cell says it: `-6 %`.
        let is_signed = claim.has(at, Meaning::Down)
            && trial.core().cells.is_some()
            && trial.core().quantities.iter().any(|one| one.negative);
        if moves && !is_signed {
            return Err(WhyNot::Direction(claim.tokens[at].text.clone()));
        }
    }
    Ok(())
}

fn check_coverage(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    let missing = |at: usize| trial.alignment.matches[at] == Match::Missing;
    let length = trial.window.1 - trial.window.0;
    let least = if trial.claim.borrowed > 0 { MIN_BORROWED } else { MIN_COVERAGE[length.min(2)] };
    if coverage(trial) < least {
        let words = claim.content_tokens().filter(|at| missing(*at));
        let words: Vec<&str> = words.map(|at| claim.tokens[at].text.as_str()).collect();
        return Err(if words.is_empty() || own_words(trial) == 0 {
            WhyNot::NothingAlike
        } else {
            WhyNot::Words(words.join(" "))
        });
    }
    Ok(())
}

fn own_words(trial: &Trial<'_>) -> usize {
    let matches = trial.alignment.matches.iter();
    matches.filter(|one| matches!(one, Match::Window(..) | Match::Header(_))).count()
}
