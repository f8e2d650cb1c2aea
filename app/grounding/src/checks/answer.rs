//! Answer: a bare answer must be of the sort that was asked for: a time for `when`, a number for `how many`.

use quire_language::{AnswerKind, Meaning};

use super::Trial;
use crate::statement::Statement;
use crate::time::Mention;
use crate::verdict::WhyNot;

/// Units of time, as the tables of words name them.
const TIMES: &[&str] = &[
    "second",
    "minute",
    "hour",
    "day",
    "business day",
    "week",
    "month",
    "quarter",
    "year",
    "decade",
    "century",
];
/// The greatest number that may be the hour of a day.
const LAST_HOUR: u32 = 24;

/// Objects if an answer of a word, a name or a number is of another sort than what was asked for.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    if trial.claim.borrowed == 0 {
        return Ok(());
    }
    let Some(asked) = asked(&trial.claim.question) else { return Ok(()) };
    let answers = match asked {
        AnswerKind::Person => has_word(trial) && !begins_with_preposition(trial),
        AnswerKind::Place => has_word(trial) || asks_degree(trial),
        AnswerKind::Time => is_time(trial),
        AnswerKind::Amount => is_number(trial),
    };
    // `None`, `all of them` and `only on request` answer every question.
    let says_how = trial.said().operators.iter().any(|one| !trial.claim.is_borrowed(one.token));
    if answers || says_how { Ok(()) } else { Err(WhyNot::Answer(trial.claim.text.clone())) }
}

/// Tells what a question asks for, if it is one thing, named at its beginning.
fn asked(question: &Statement) -> Option<AnswerKind> {
    let asks = |at: usize| {
        let longest = question.meanings[at].iter().map(|one| one.length).max()?;
        question.meanings[at].iter().find_map(|one| match one.meaning {
            Meaning::Asks(asked) if one.length == longest => Some(asked),
            _ => None,
        })
    };
    let mut words = (0..question.tokens.len()).filter(|at| question.tokens[*at].is_word());
    let first = words.next()?;
    let begins = asks(first).or_else(|| {
        let next = words.next().filter(|_| question.has(first, Meaning::Preposition))?;
        asks(next)
    })?;
    let is_alone = (0..question.tokens.len()).filter_map(asks).all(|one| one == begins);
    is_alone.then_some(begins)
}

/// Lists the tokens of the answer itself.
fn own(trial: &Trial<'_>) -> std::ops::Range<usize> {
    trial.claim.borrowed..trial.said().tokens.len()
}

fn has_word(trial: &Trial<'_>) -> bool {
    own(trial).any(|at| trial.said().content[at])
}

fn begins_with_preposition(trial: &Trial<'_>) -> bool {
    let said = trial.said();
    let first = own(trial).find(|at| said.tokens[*at].is_word() || said.tokens[*at].is_number());
    first.is_some_and(|at| said.has(at, Meaning::Preposition) && !said.has(at, Meaning::Agent))
}

fn own_times<'t>(trial: &'t Trial<'_>) -> impl Iterator<Item = &'t Mention> {
    trial.said().times.iter().filter(|one| !trial.claim.is_borrowed(one.tokens.0))
}

/// Returns whether an answer may be a time: it is no number of other things, and no name alone.
fn is_time(trial: &Trial<'_>) -> bool {
    let said = trial.said();
    let is_timely = |at: usize| {
        [Meaning::Weekday, Meaning::Period, Meaning::Quarter]
            .into_iter()
            .any(|one| said.has(at, one))
            || said.meanings[at]
                .iter()
                .any(|one| matches!(one.meaning, Meaning::Month(_) | Meaning::Ordinal(_)))
    };
    if own_times(trial).next().is_some() || own(trial).any(is_timely) {
        return true;
    }
    let mut quantities =
        said.quantities.iter().filter(|one| !trial.claim.is_borrowed(one.number)).peekable();
    if quantities.peek().is_some() {
        return quantities.any(|one| match one.unit {
            Some(unit) => TIMES.contains(&unit),
            None => one
                .value
                .as_ref()
                .and_then(crate::decimal::Decimal::as_whole)
                .is_some_and(|hour| hour <= LAST_HOUR),
        });
    }
    begins_with_preposition(trial) || !is_name(trial)
}

/// Returns whether an answer may be a number: it has one, or is neither a name nor a date. `Weekly` tells how often.
fn is_number(trial: &Trial<'_>) -> bool {
    let said = trial.said();
    let quantities: Vec<_> =
        said.quantities.iter().filter(|one| !trial.claim.is_borrowed(one.number)).collect();
    if let Some(mention) = own_times(trial).next()
        && quantities.is_empty()
    {
        // A year is not a number of visitors, but a number of them may look like one.
        return begins_with_preposition(trial) || !is_dated(trial, mention);
    }
    !quantities.is_empty() || !is_name(trial)
}

/// Returns whether all words of an answer have capitals, if that tells names from other words.
fn is_name(trial: &Trial<'_>) -> bool {
    let said = trial.said();
    let mut words = own(trial).filter(|at| said.content[*at]).peekable();
    trial.tells_names() && words.peek().is_some() && words.all(|at| said.tokens[at].has_capital())
}

/// Returns whether the word for a place may also ask for a degree, as `hvor` does.
fn asks_degree(trial: &Trial<'_>) -> bool {
    let degrees = trial.lexicon.words().degree_questions;
    trial.claim.question.tokens.iter().any(|token| degrees.contains(&token.lower.as_str()))
}

/// Returns whether the core sentence names a time behind a preposition, or in more than its year.
fn is_dated(trial: &Trial<'_>, mention: &Mention) -> bool {
    let core = trial.core();
    let year = mention.time.year.filter(|_| mention.time.month.is_none());
    let mut there = core.times.iter().filter(|one| one.time.states(mention.time));
    year.is_none()
        || there.any(|one| {
            one.tokens.0.checked_sub(1).is_some_and(|at| core.has(at, Meaning::Preposition))
        })
}
