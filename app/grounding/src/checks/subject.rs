//! Subject: what the claim speaks of must be what the passage speaks of, and no part of it.

use quire_language::{Meaning, Token};

use super::{Trial, part};
use crate::alignment::Match;
use crate::ground::GroundSentence;
use crate::likeness::Likeness;
use crate::short_names::Stems;
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
        if words.len() > 1
            && trial.tells_names()
            && (!stands_together(trial, &words) || is_another_there(trial, &words))
        {
            return Err(WhyNot::Name(name()));
        }
    }
    Ok(())
}

/// Returns whether the words of a name stand close to each other in one place: a sentence of the window, a
/// header, or a line of what is known beside it.
fn stands_together(trial: &Trial<'_>, words: &[usize]) -> bool {
    let stems = stems_of(trial, words);
    let holds = |statement: &Statement| holds(statement, &stems);
    trial.sentences().any(|(_, one)| names(one, &stems) || one.all_heads().any(holds))
        || trial.ground.context.lines.iter().any(holds)
}

/// Returns whether the core sentence has words of a name, and not the name: `John Quincy Adams` is not John Adams.
fn is_another_there(trial: &Trial<'_>, words: &[usize]) -> bool {
    let core = trial.sentence(trial.alignment.core);
    let mut there = trial.in_core();
    there.any(|(at, token)| words.contains(&at) && core.statement.is_name(token))
        && !names(core, &stems_of(trial, words))
}

fn stems_of<'t>(trial: &'t Trial<'_>, words: &[usize]) -> Vec<&'t String> {
    words.iter().filter_map(|at| trial.said().tokens[*at].terms.first()).collect()
}

/// Returns whether a sentence has a name, or calls it by a short one.
fn names(sentence: &GroundSentence, stems: &[&String]) -> bool {
    let is_part =
        |name: &Stems| name.windows(stems.len()).any(|near| near.iter().eq(stems.iter().copied()));
    holds(&sentence.statement, stems) || sentence.full_names.iter().any(is_part)
}

fn holds(statement: &Statement, stems: &[&String]) -> bool {
    let words: Vec<&Token> = statement
        .tokens
        .iter()
        .filter(|token| token.is_word() && !token.terms.is_empty())
        .collect();
    words
        .windows(stems.len())
        .any(|near| near.iter().zip(stems).all(|(token, stem)| token.terms.contains(*stem)))
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
    let core_sentence = trial.sentence(trial.alignment.core);
    let is_lent = |at: usize| match trial.alignment.matches[at] {
        Match::Window(place, _) => place.sentence != trial.alignment.core,
        Match::Context => !core_sentence.has_in_full(&claim.tokens[at]),
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
