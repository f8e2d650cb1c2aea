//! Clauses: a claim may not take its subject from one clause and the rest from another that has a subject of its own.

use std::collections::BTreeSet;

use quire_language::Meaning;

use super::Trial;
use super::cohesion::is_foreign;
use crate::alignment::Place;
use crate::statement::Statement;
use crate::verdict::WhyNot;

/// The longest subject that is looked at, in words that say something.
const LONGEST_SUBJECT: usize = 3;

/// Objects if claim and core sentence do not divide alike into who and what.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    if trial.core().cells.is_some() {
        return Ok(());
    }
    check_lent_subject(trial)?;
    check_speaker(trial)?;
    check_antecedent(trial)
}

/// Objects if the claim takes nothing but the subject from a clause, and says something else of it: `the bridge carries
/// trams; cars use the tunnel` says neither that the bridge carries cars nor that cars use the bridge.
fn check_lent_subject(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let core = trial.core();
    let said = said(trial);
    let clauses = clauses(core);
    let is_used = |clause: &Vec<usize>| clause.iter().any(|token| said.contains(token));
    if clauses.iter().filter(|clause| is_used(clause)).count() < 2 {
        return Ok(());
    }
    let claim = trial.said();
    let is_named = |token: usize| {
        let terms = &core.tokens[token].terms;
        claim.tokens.iter().any(|own| own.terms.iter().any(|term| terms.contains(term)))
    };
    for (number, clause) in clauses.iter().enumerate() {
        let mut places = (0..clause.len()).filter(|at| said.contains(&clause[*at]));
        let Some(first) = places.next() else { continue };
        let end = places.next_back().unwrap_or(first) + 1;
        let is_subject = end <= LONGEST_SUBJECT && clause[..end].iter().all(|at| is_named(*at));
        if is_subject && clause.len() - end > 1 && !is_referred_to(trial, clause, &clauses) {
            return Err(WhyNot::Subject(core.tokens[clause[end]].text.clone()));
        }
        // A clause behind another one says what it says of its own subject or by its own verb.
        let own = clause[..first].iter().find(|token| {
            is_foreign(trial, Place { sentence: trial.alignment.core, token: **token })
        });
        if let Some(own) = own.filter(|_| number > 0) {
            return Err(WhyNot::Subject(core.tokens[*own].text.clone()));
        }
    }
    Ok(())
}

/// Returns whether a later clause that the claim takes words from begins with a pronoun: `the drug cures nothing, although it
/// lowers the fever`.
fn is_referred_to(trial: &Trial<'_>, subject: &[usize], clauses: &[Vec<usize>]) -> bool {
    let core = trial.core();
    let Some(last) = subject.last() else { return false };
    let said = said(trial);
    clauses.iter().filter(|clause| clause.first() > Some(last)).any(|clause| {
        let used: Vec<usize> =
            clause.iter().filter(|at| said.contains(at)).map(|at| core.segments[*at]).collect();
        clause.first().is_some_and(|begin| {
            let mut pronouns = (*last..*begin).filter(|at| core.has(*at, Meaning::Pronoun));
            pronouns.any(|at| used.contains(&core.segments[at]))
        })
    })
}

/// Lists the words that say something in each clause: between semicolons, and before a comma with a word behind it that
/// opens a clause, but none about what stands before it.
fn clauses(statement: &Statement) -> Vec<Vec<usize>> {
    let tokens: Vec<usize> = (0..statement.tokens.len()).collect();
    let ends = |at: &usize| {
        let token = &statement.tokens[*at];
        let opens = statement.has(at + 1, Meaning::ClauseOpener)
            && !statement.has(at + 1, Meaning::Relative)
            && !statement.has(at + 1, Meaning::Complementizer);
        token.is_mark(';') || token.is_mark(',') && opens
    };
    tokens
        .split(ends)
        .map(|clause| clause.iter().copied().filter(|at| statement.content[*at]).collect())
        .collect()
}

/// Lists the tokens of the core sentence that the claim says: words, numbers and times.
fn said(trial: &Trial<'_>) -> BTreeSet<usize> {
    let (claim, core) = (trial.said(), trial.core());
    let quantities = core
        .quantities
        .iter()
        .filter(|one| claim.quantities.iter().any(|own| own.has_value_of(one)))
        .flat_map(|one| one.tokens.0..=one.tokens.1);
    let times = core
        .times
        .iter()
        .filter(|one| claim.times.iter().any(|own| one.time.states(own.time)))
        .flat_map(|one| one.tokens.0..=one.tokens.1);
    trial.in_core().map(|(_, token)| token).chain(quantities).chain(times).collect()
}

/// Objects if whoever says something is taken for what is spoken of: `the court held that the seller pays` does not say
/// that the court pays.
fn check_speaker(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let core = trial.core();
    let Some((subject, rest)) = subject_and_rest(trial) else { return Ok(()) };
    let Some(begin) = (subject + 1..core.tokens.len())
        .find(|at| core.has(*at, Meaning::Complementizer) && !core.tokens[*at].is_mark(','))
    else {
        return Ok(());
    };
    let said = said(trial);
    let verb = (subject + 1..begin).find(|at| core.content[*at] && !said.contains(at));
    let is_alone = rest.iter().all(|token| *token > begin);
    let is_next = (begin + 1..core.tokens.len()).find(|at| core.content[*at]);
    match verb {
        Some(verb) if is_alone && is_next.is_some_and(|next| !said.contains(&next)) => {
            Err(WhyNot::Subject(core.tokens[verb].text.clone()))
        }
        _ => Ok(()),
    }
}

/// Objects if what a clause says of the noun before it is told of another one: of `the router ships with the password admin,
/// which has to be changed`, the router need not be changed.
fn check_antecedent(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let core = trial.core();
    let Some((subject, rest)) = subject_and_rest(trial) else { return Ok(()) };
    let opens = |at: &usize| {
        core.has(*at, Meaning::Relative)
            && at.checked_sub(1).is_some_and(|before| core.tokens[before].is_mark(','))
    };
    let Some(begin) = (subject + 1..core.tokens.len()).find(opens) else { return Ok(()) };
    let next = core.tokens.get(subject + 1);
    // `The mill of the town, which ..` may speak of the mill.
    let is_tied = next.is_none_or(|next| !next.is_word())
        || core.has(subject + 1, Meaning::Preposition)
        || (subject + 1..begin - 1).all(|at| core.content[at]);
    let said = said(trial);
    let skips = (subject + 1..begin - 1).any(|at| core.content[at] && !said.contains(&at));
    if !is_tied && skips && rest.iter().all(|token| *token > begin) {
        return Err(WhyNot::Subject(core.tokens[subject + 1].text.clone()));
    }
    Ok(())
}

/// Gives the place of the last word of the claim's first run of words, and the places of all the others.
fn subject_and_rest(trial: &Trial<'_>) -> Option<(usize, Vec<usize>)> {
    let claim = trial.said();
    let first = claim.content_tokens().find(|at| *at >= trial.claim.borrowed)?;
    let mut run = trial.in_core().filter(|(at, _)| *at >= first).peekable();
    let mut last = run.next_if(|(at, _)| *at == first)?;
    while let Some(next) = run.next_if(|(at, token)| *at == last.0 + 1 && *token == last.1 + 1) {
        last = next;
    }
    let rest: Vec<usize> = run.map(|(_, token)| token).collect();
    (!rest.is_empty()).then_some((last.1, rest))
}
