//! Voice: what was done to something in the claim was done to it in the passage, if that says who did it.

use quire_domain::Language;
use quire_language::{Meaning, Token};

use super::Trial;
use crate::statement::Statement;
use crate::verdict::WhyNot;

/// Words between an auxiliary and its participle: `was not fully cleaned`.
const NEAR: usize = 3;

/// Objects if the claim has in the passive what the passage has in the active, and its subject did it there, or
/// is only a part of what it was done to: `Acme was acquired` for `Acme acquired Bolt`, `the boiler was cleaned`
/// for `a mechanic cleaned the boiler room`.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    if core.cells.is_some() || trial.claim.borrowed > 0 {
        return Ok(());
    }
    // Elsewhere the order is free, or the perfect has the passive's words: `a invité`, `a été invité`.
    if trial.lexicon.language() != Language::English {
        return Ok(());
    }
    for (at, verb) in trial.in_core() {
        let Some(auxiliary) = auxiliary_of(claim, at) else { continue };
        if auxiliary_of(core, verb).is_some() || !takes_object(core, verb) {
            continue;
        }
        let subject = subject_in_core(trial, auxiliary);
        let (Some(first), Some(last)) = (subject.iter().min(), subject.iter().max()) else {
            continue;
        };
        if *last < verb && core.segments[*last] == core.segments[verb] {
            return Err(WhyNot::Order);
        }
        if *first > verb {
            check_object(trial, verb, (*first, *last))?;
        }
    }
    Ok(())
}

/// Returns whether a word of the core sentence is the verb of an active whose object is the claim's subject.
pub fn is_active_verb(trial: &Trial<'_>, verb: usize) -> bool {
    trial.in_core().filter(|(_, token)| *token == verb).any(|(at, _)| {
        auxiliary_of(trial.said(), at).is_some_and(|auxiliary| {
            let subject = subject_in_core(trial, auxiliary);
            !subject.is_empty() && subject.iter().all(|token| *token > verb)
        })
    })
}

/// Objects if the claim's subject only limits the object of the active, or is what the object is a part of.
fn check_object(
    trial: &Trial<'_>,
    verb: usize,
    (first, last): (usize, usize),
) -> Result<(), WhyNot> {
    let core = trial.core();
    let object = |token: usize| Err(WhyNot::Part(core.tokens[token].text.clone()));
    let mut between = verb + 1..first;
    if let Some(preposition) = between.find(|token| core.has(*token, Meaning::Preposition)) {
        return object(preposition);
    }
    let next = last + 1;
    let is_noun = core
        .tokens
        .get(next)
        .is_some_and(|token| token.is_word() && core.content[next] && !token.lower.ends_with("ly"));
    if is_noun && core.segments[next] == core.segments[last] && trial.is_limiting(next) {
        return object(next);
    }
    Ok(())
}

/// Finds the word of the passive that a participle belongs to: right before it, or an adverb or a denial between.
fn auxiliary_of(statement: &Statement, participle: usize) -> Option<usize> {
    let is_between = |token: &usize| {
        statement.tokens[*token].lower.ends_with("ly") || statement.has(*token, Meaning::Negation)
    };
    let mut before = (participle.saturating_sub(NEAR)..participle).rev();
    let auxiliary = before.find(|token| !is_between(token))?;
    let is_progressive = statement.tokens[participle].lower.ends_with("ing");
    (statement.has(auxiliary, Meaning::Passive) && !is_progressive).then_some(auxiliary)
}

/// Returns whether something that is no preposition stands right behind a verb: an object.
fn takes_object(core: &Statement, verb: usize) -> bool {
    let next = verb + 1;
    let ends = [Meaning::Preposition, Meaning::Agent, Meaning::ClauseOpener, Meaning::Passive];
    core.tokens.get(next).is_some_and(Token::is_word)
        && !core.is_in_time(next)
        && !ends.iter().any(|meaning| core.has(next, *meaning))
}

/// Lists where the words before an auxiliary of the claim stand in the core sentence.
fn subject_in_core(trial: &Trial<'_>, auxiliary: usize) -> Vec<usize> {
    let claim = trial.said();
    let segment = claim.segments[auxiliary];
    let is_subject =
        |at: usize| at < auxiliary && claim.segments[at] == segment && !claim.is_in_time(at);
    let found = trial.in_core().filter(|(at, _)| is_subject(*at));
    found.map(|(_, token)| token).collect()
}
