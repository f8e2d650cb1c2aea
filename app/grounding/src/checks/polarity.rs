//! Polarity: what one denies the other may not state, and what one has rise the other may not have fall.

use std::collections::BTreeSet;

use quire_domain::Language;
use quire_language::Meaning;

use super::Trial;
use crate::alignment::Match;
use crate::likeness::Likeness;
use crate::statement::{Operator, Statement, opposite};
use crate::verdict::WhyNot;

/// Objects if claim and window differ in an odd number of denials and opposites, or if the claim denies more
/// often: `not without oil and not without water` is more than `without oil and without water`.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    let opposites: Vec<usize> = claim
        .content_tokens()
        .filter(|at| matches!(trial.alignment.matches[*at], Match::Window(_, Likeness::Opposite)))
        .collect();
    check_small_words(trial)?;
    let negations = |statement, counts: &dyn Fn(usize) -> bool| negations(statement, trial, counts);
    let claimed = negations(claim, &|operator| !trial.claim.is_borrowed(operator));
    let relevant = relevant_segments(trial);
    let core = trial.core();
    let found = negations(core, &|token| {
        relevant.contains(&core.segments[token]) && !denies_another(trial, token)
            || is_shared(trial, token)
    });
    let differs = (claimed + found) % 2 == 1 || claimed > found;
    match opposites.first() {
        // Two opposites in one claim are no denial of a denial: `rose` for `fell` and `north` for `south`.
        Some(at) if opposites.len() > 1 || !differs => {
            Err(WhyNot::Direction(claim.tokens[*at].text.clone()))
        }
        None if differs => Err(WhyNot::Negation),
        // `Did not rise` does not say that it fell; `made a loss` says that it made no profit.
        Some(at) if claimed == 0 && moves(claim, *at) => {
            Err(WhyNot::Direction(claim.tokens[*at].text.clone()))
        }
        _ => Ok(()),
    }
}

/// Returns whether a denial of the core sentence is behind all that the claim takes of its clause, but for what stands for
/// its subject: in `the pump has no fan and runs for hours`, it does not deny that the pump runs.
fn denies_another(trial: &Trial<'_>, token: usize) -> bool {
    let core = trial.core();
    let segment = core.segments[token];
    let denies_ahead = matches!(trial.lexicon.language(), Language::English | Language::Unknown);
    let used: BTreeSet<usize> = trial.in_core().map(|(_, place)| core.segments[place]).collect();
    let mut here = trial.in_core().filter(|(_, place)| core.segments[*place] == segment).peekable();
    denies_ahead
        && used.len() > 1
        && here.peek().is_some()
        && here.all(|(_, place)| place < token)
        && (token + 1..core.tokens.len()).any(|at| core.segments[at] == segment && core.content[at])
}

/// Returns whether the claim denies by a word of the core sentence, and denies there what it denies here.
fn is_shared(trial: &Trial<'_>, token: usize) -> bool {
    let (claim, core) = (trial.said(), trial.core());
    let word = core.tokens[token].lower.as_str();
    let next = (token + 1..core.tokens.len())
        .take_while(|at| core.segments[*at] == core.segments[token])
        .find(|at| core.content[*at]);
    if next.is_some_and(|next| !trial.is_known(next)) {
        return false;
    }
    let mut denials = claim.operators.iter().filter(|one| one.meaning == Meaning::Negation);
    denials.any(|one| !trial.claim.is_borrowed(one.token) && claim.tokens[one.token].lower == word)
}

fn moves(claim: &Statement, at: usize) -> bool {
    claim.has(at, Meaning::Up) || claim.has(at, Meaning::Down)
}

/// Counts the denials of a statement; `neither` and its `nor` are one.
fn negations(statement: &Statement, trial: &Trial<'_>, counts: &dyn Fn(usize) -> bool) -> usize {
    let second = trial.lexicon.words().second_negations;
    let counted = statement
        .operators
        .iter()
        .filter(|one| one.meaning == Meaning::Negation && counts(one.token));
    let is_second = |token: usize| second.contains(&statement.tokens[token].lower.as_str());
    let (again, first): (Vec<&Operator>, Vec<&Operator>) =
        counted.partition(|one| is_second(one.token));
    if first.is_empty() { again.len().min(1) } else { first.len() }
}

/// Objects if a small word of the claim, such as `before`, `above` or `more`, has its opposite where the
/// claim's words stand, and is not there itself.
fn check_small_words(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let relevant = relevant_segments(trial);
    let poles = |statement: &Statement, counts: &dyn Fn(usize) -> bool| -> Vec<(usize, Meaning)> {
        let small = (0..statement.tokens.len())
            .filter(|at| statement.tokens[*at].is_word() && !statement.content[*at] && counts(*at));
        small.flat_map(|at| statement.poles(at).map(move |pole| (at, pole))).collect()
    };
    let there = poles(core, &|token| relevant.contains(&core.segments[token]));
    for (at, pole) in poles(claim, &|at| !trial.claim.is_borrowed(at)) {
        let has = |wanted: Option<Meaning>| there.iter().any(|(_, one)| Some(*one) == wanted);
        if has(opposite(pole)) && !has(Some(pole)) {
            return Err(WhyNot::Direction(claim.tokens[at].text.clone()));
        }
    }
    Ok(())
}

/// Lists the segments of the core sentence that say something of the claim, and those that are joined to
/// one of them by `or` and the like, which hand a denial on.
pub fn relevant_segments(trial: &Trial<'_>) -> BTreeSet<usize> {
    let core = trial.core();
    let mut segments: BTreeSet<usize> =
        trial.in_core().map(|(_, token)| core.segments[token]).collect();
    for quantity in &trial.said().quantities {
        let there = super::numbers::places_of(trial, quantity);
        for (_, index) in there.filter(|(sentence, _)| *sentence == trial.alignment.core) {
            segments.insert(core.segments[core.quantities[index].number]);
        }
    }
    let opens_alternative = |segment: usize| {
        let first = core.segments.iter().position(|one| *one == segment);
        first.is_some_and(|first| {
            let word = core.tokens[first].lower.as_str();
            let words = trial.lexicon.words();
            words.alternatives.contains(&word)
        })
    };
    // What is said of a clause holds in it: `it is not true, that`, and behind it: `the claim, that .., is wrong`.
    let last = core.segments.last().copied().unwrap_or_default();
    let mut governed: BTreeSet<usize> = BTreeSet::new();
    for segment in &segments {
        if let Some(before) = governor(core, *segment) {
            governed.insert(before);
            governed.extend((*segment < last).then_some(segment + 1));
        }
    }
    segments.extend(governed);
    // An alternative belongs to what stands before it, as far back as a list of commas goes.
    let mut handed: BTreeSet<usize> = BTreeSet::new();
    for segment in &segments {
        let mut at = *segment;
        let is_listed = opens_alternative(at)
            || (at + 1..=core.segments.last().copied().unwrap_or_default())
                .take(3)
                .any(opens_alternative);
        while is_listed && at > 0 && (opens_alternative(at) || is_short(core, at)) {
            at -= 1;
            handed.insert(at);
        }
    }
    segments.extend(handed);
    segments
}

/// Finds the segment that hands on what it says to a clause: the one before the word that begins the clause, such
/// as `that`. In some languages its article opens a segment of its own.
fn governor(core: &Statement, segment: usize) -> Option<usize> {
    let first = core.segments.iter().position(|one| *one == segment)?;
    let opening = (first..core.tokens.len()).find(|token| core.tokens[*token].is_word())?;
    let is_complementizer = |token: &usize| core.has(*token, Meaning::Complementizer);
    let before = |token: usize| (0..token).rev().find(|token| core.tokens[*token].is_word());
    let begin = Some(opening).filter(is_complementizer);
    let begin = begin.or_else(|| before(opening).filter(is_complementizer))?;
    before(begin).map(|token| core.segments[token])
}

/// Returns whether a segment is one item of a list: three words or fewer.
fn is_short(statement: &Statement, segment: usize) -> bool {
    let tokens = statement.segments.iter().zip(&statement.tokens);
    tokens.filter(|(one, token)| **one == segment && token.is_word()).count() <= 3
}
