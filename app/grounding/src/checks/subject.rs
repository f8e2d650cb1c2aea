//! Subject: what the claim speaks of must be what the passage speaks of, and no part of it.

use quire_language::Meaning;

use super::{Trial, part};
use crate::alignment::Match;
use crate::likeness::Likeness;
use crate::statement::Statement;
use crate::verdict::WhyNot;

/// Objects if a name of the claim is neither in the window nor known of the passage, as a whole.
pub fn check_names(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    for &(first, last) in &claim.names {
        let tokens = first..=last;
        let words: Vec<usize> = tokens
            .filter(|at| claim.tokens[*at].is_word() && !claim.tokens[*at].terms.is_empty())
            .collect();
        let is_missing = |at: &usize| match trial.alignment.matches[*at] {
            Match::Missing | Match::Window(_, Likeness::Opposite) => claim.content[*at],
            Match::Window(_, Likeness::Family) => true,
            _ => false,
        };
        let name = || {
            let words = claim.tokens[first..=last].iter().map(|token| token.text.as_str());
            words.collect::<Vec<_>>().join(" ")
        };
        if words.iter().any(is_missing) {
            return Err(WhyNot::Name(name()));
        }
        if words.len() > 1 && trial.tells_names() && !stands_together(trial, &words) {
            return Err(WhyNot::Name(name()));
        }
    }
    Ok(())
}

/// Returns whether the words of a name stand close to each other in one place: a sentence of the window, a
/// header, or a line of what is known beside it.
fn stands_together(trial: &Trial<'_>, words: &[usize]) -> bool {
    let claim = trial.said();
    let terms: Vec<&String> =
        words.iter().filter_map(|at| claim.tokens[*at].terms.first()).collect();
    let holds = |statement: &Statement| {
        let words: Vec<&quire_language::Token> = statement
            .tokens
            .iter()
            .filter(|token| token.is_word() && !token.terms.is_empty())
            .collect();
        words
            .windows(terms.len())
            .any(|near| near.iter().zip(&terms).all(|(token, term)| token.terms.contains(term)))
    };
    trial
        .sentences()
        .any(|(_, one)| holds(&one.statement) || one.header.as_ref().is_some_and(holds))
        || trial.ground.context.lines.iter().any(holds)
}

/// Objects if the claim's subject is missing, is lent by another sentence to one that has a subject of its
/// own, or is a whole of which the passage names a part.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    check_presence(trial)?;
    check_facts(trial)
}

/// Objects as [`check`] does, but not to words that are only missing.
pub fn check_facts(trial: &Trial<'_>) -> Result<(), WhyNot> {
    check_foreign(trial)?;
    part::check(trial)
}

/// The words of the claim before its first verb, as far as that can be told.
fn subject(trial: &Trial<'_>) -> Vec<usize> {
    let claim = trial.said();
    let first_verb = (trial.claim.borrowed..claim.tokens.len()).find(|at| {
        claim.has(*at, Meaning::Passive)
            || claim.has(*at, Meaning::Up)
            || claim.has(*at, Meaning::Down)
            || claim.operators.iter().any(|one| one.token == *at && says_how(one.meaning))
    });
    let end = first_verb.unwrap_or(trial.claim.borrowed);
    let begin = trial.claim.borrowed;
    claim.content_tokens().filter(|at| (begin..end).contains(at)).collect()
}

fn says_how(meaning: Meaning) -> bool {
    matches!(
        meaning,
        Meaning::Negation | Meaning::Possibility | Meaning::Future | Meaning::Obligation
    )
}

fn check_presence(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    let missing = |at: &usize| {
        trial.alignment.matches[*at] == Match::Missing
            && !claim.has(*at, Meaning::Frame)
            && !trial.claim.is_asked(*at)
    };
    let missing: Vec<usize> = subject(trial).into_iter().filter(missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let words = missing.iter().map(|at| claim.tokens[*at].text.as_str());
    Err(WhyNot::Subject(words.collect::<Vec<_>>().join(" ")))
}

/// Objects if the core sentence names something of its own before what it says, while the claim's name
/// comes from elsewhere.
fn check_foreign(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let subject = subject(trial);
    let named: Vec<usize> =
        claim.content_tokens().filter(|at| claim.is_name(*at) || subject.contains(at)).collect();
    // A pronoun stands for what was named before it, and not for what is named behind.
    let comes_later = |at: &&usize| {
        claim.is_name(**at)
            && matches!(trial.alignment.matches[**at], Match::Window(place, _) if place.sentence > trial.alignment.core)
    };
    if trial.tells_names()
        && core.cells.is_none()
        && let Some(at) = named.iter().filter(|at| subject.contains(at)).find(comes_later)
    {
        return Err(WhyNot::Subject(claim.tokens[*at].text.clone()));
    }
    let is_lent = |at: usize| match trial.alignment.matches[at] {
        Match::Window(place, _) => place.sentence != trial.alignment.core,
        Match::Context => true,
        _ => false,
    };
    if !trial.tells_names() || core.cells.is_some() || !named.into_iter().any(is_lent) {
        return Ok(());
    }
    let said = trial.in_core().map(|(_, token)| token).max().unwrap_or_default();
    let foreign = core.names.iter().find(|(first, last)| {
        *first <= said && (*first..=*last).all(|token| !trial.is_known(token))
    });
    match foreign {
        Some((first, last)) => {
            let words = core.tokens[*first..=*last].iter().map(|token| token.text.as_str());
            Err(WhyNot::Subject(words.collect::<Vec<_>>().join(" ")))
        }
        None => Ok(()),
    }
}
