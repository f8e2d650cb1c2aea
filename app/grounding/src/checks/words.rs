//! Words: enough of what the claim says must stand in the window.

use quire_language::Meaning;

use super::cells::Cell;
use super::numbers::places_of;
use super::{Trial, columns};
use crate::alignment::{Match, Place};
use crate::candidates::Candidates;
use crate::claim::Claim;
use crate::length;
use crate::likeness::Likeness;
use crate::verdict::WhyNot;

/// The share of a claim's words that a window must have.
///
/// Chosen by a sweep over the table of claims: see `docs/decisions/051-facts-are-checked-apart-from-words.md`.
pub const MIN_COVERAGE: f32 = 0.85;
/// The share of the question's words that the sentence or row of an answer of a word or a number must have.
const MIN_BORROWED: f32 = 0.7;
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
        // `According to the document` says nothing that the document could bear.
        // A verb that only ties a number says nothing where the passage ties it itself: `a notice of 3 months`.
        let is_missing = trial.alignment.matches[at] == Match::Missing;
        let means = |meaning| trial.said().has(at, meaning);
        if is_missing && (means(Meaning::Frame) || means(Meaning::Linking) && ties_numbers(trial)) {
            continue;
        }
        let falls = means(Meaning::Down);
        if is_missing && (falls || means(Meaning::Up)) && is_told_by_sign(trial, falls) {
            continue;
        }
        // Which period `the quarter` is, the binding to a column tells.
        if is_missing && means(Meaning::Quarter) && names_quarters(trial) {
            continue;
        }
        let weight = weight(trial.claim, at);
        all += weight;
        match trial.alignment.matches[at] {
            Match::Window(_, likeness) => {
                own += 1;
                found += weight * if likeness == Likeness::Family { 0.8 } else { 1.0 };
            }
            Match::Header(_) | Match::Heading => {
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
    // A number that stands there is the window's own, too.
    let quantities = trial.said().quantities.iter();
    let numbers = quantities.filter(|one| places_of(trial, one).next().is_some()).count() as u32;
    if own + numbers < lent || own == 0 { 0.0 } else { found / all }
}

/// Gives the share that some sentences can have of a claim's words at most.
pub fn coverage_at_most(claim: &Claim, candidates: &Candidates, window: (usize, usize)) -> f32 {
    let (mut found, mut all) = (0.0, 0.0);
    for at in claim.statement.content_tokens() {
        let may_find = candidates.may_find(window, at);
        let says_nothing =
            [Meaning::Frame, Meaning::Linking, Meaning::Quarter, Meaning::Up, Meaning::Down];
        if !may_find && says_nothing.iter().any(|meaning| claim.statement.has(at, *meaning)) {
            continue;
        }
        let weight = weight(claim, at);
        all += weight;
        found += if may_find { weight } else { 0.0 };
    }
    if all == 0.0 { 1.0 } else { found / all }
}

/// Returns whether the core sentence is a row of a table of quarters, however they are named there.
fn names_quarters(trial: &Trial<'_>) -> bool {
    let row = trial.sentence(trial.alignment.core);
    let mut lengths = row.all_heads().flat_map(length::find);
    lengths.any(|one| one.months == length::QUARTER)
}

/// Returns whether the last word before each number of the claim, in the core sentence, is one of the claim's.
fn ties_numbers(trial: &Trial<'_>) -> bool {
    let core = trial.core();
    let sentence = trial.alignment.core;
    let is_tied = |index: usize| {
        let mut before = (0..core.quantities[index].tokens.0).rev();
        let word = before.find(|token| core.content[*token]);
        word.is_some_and(|token| trial.alignment.is_matched(Place { sentence, token }))
    };
    let own = trial.said().quantities.iter().filter(|one| !trial.claim.is_borrowed(one.number));
    let mut tied = own.map(|quantity| {
        places_of(trial, quantity).any(|(at, index)| at == sentence && is_tied(index))
    });
    tied.next() == Some(true) && tied.all(|one| one)
}

fn weight(claim: &Claim, at: usize) -> f32 {
    let counts_less = claim.is_borrowed(at) || claim.borrowed == 0 && claim.is_asked(at);
    let weight = if claim.statement.has(at, Meaning::Linking) {
        LINKING_WEIGHT
    } else if counts_less {
        ASKED_WEIGHT
    } else {
        WEIGHT
    };
    weight as f32
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
        let falls = claim.has(at, Meaning::Down);
        let moves = claim.has(at, Meaning::Up) || falls;
        let is_signed = is_told_by_sign(trial, falls);
        if moves && !is_signed {
            return Err(WhyNot::Direction(claim.tokens[at].text.clone()));
        }
    }
    Ok(())
}

/// Returns whether the sign of a cell that the claim has tells the direction: `-6 %`, or `6 %` in a column of changes.
fn is_told_by_sign(trial: &Trial<'_>, falls: bool) -> bool {
    let row = trial.sentence(trial.alignment.core);
    if row.statement.cells.is_none() {
        return false;
    }
    let wanted = trial.said().quantities.iter();
    let mut places = wanted.flat_map(|one| places_of(trial, one));
    places.any(|(sentence, index)| {
        let figure = &row.statement.quantities;
        let Some(figure) = figure.get(index).filter(|_| sentence == trial.alignment.core) else {
            return false;
        };
        let is_share = figure.unit == Some("%");
        figure.negative == falls
            && (falls && is_share || columns::is_difference(Cell { sentence, row, figure }))
    })
}

fn check_coverage(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    let missing = |at: usize| trial.alignment.matches[at] == Match::Missing;
    if asked_in_core(trial) < MIN_BORROWED {
        return Err(WhyNot::NothingAlike);
    }
    let least = if trial.claim.borrowed > 0 { MIN_BORROWED } else { MIN_COVERAGE };
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

/// Gives the share of the words that an answer borrows from its question which stand in the sentence or row
/// of the answer, or are known of the passage.
fn asked_in_core(trial: &Trial<'_>) -> f32 {
    let (claim, core) = (trial.said(), trial.core());
    let begins = trial.lexicon.words().degree_questions;
    // `How large` and `what share` ask for a number, whose unit is compared elsewhere.
    let asks_for_number = |at: usize| {
        let before = at.checked_sub(1).map(|at| claim.tokens[at].lower.as_str());
        before.is_some_and(|before| begins.contains(&before))
            || claim.meanings[at].iter().any(|one| matches!(one.meaning, Meaning::Unit(_)))
    };
    let asked = claim.content_tokens().filter(|at| {
        trial.claim.is_borrowed(*at)
            && !claim.has(*at, Meaning::Linking)
            && !claim.has(*at, Meaning::Frame)
            && !asks_for_number(*at)
    });
    // A pronoun stands for what was named before.
    let refers_back = (0..core.tokens.len()).any(|token| core.has(token, Meaning::Pronoun));
    let (mut found, mut all) = (0.0, 0.0);
    for at in asked {
        all += 1.0;
        let is_there = match trial.alignment.matches[at] {
            Match::Window(place, likeness) => {
                let is_core = place.sentence == trial.alignment.core;
                let is_named = refers_back && place.sentence < trial.alignment.core;
                likeness > Likeness::Opposite && (is_core || is_named)
            }
            Match::Header(_) | Match::Heading | Match::Context => true,
            Match::Missing => false,
        };
        found += if is_there { 1.0 } else { 0.0 };
    }
    if all == 0.0 { 1.0 } else { found / all }
}

fn own_words(trial: &Trial<'_>) -> usize {
    let matches = trial.alignment.matches.iter();
    let is_own =
        |one: &&Match| matches!(one, Match::Window(..) | Match::Header(_) | Match::Heading);
    matches.filter(is_own).count()
}
