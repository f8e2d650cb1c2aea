//! Manner: what is possible, planned, required, conditional, or true of a part is not simply true.

use std::collections::BTreeSet;

use quire_language::Meaning;

use super::Trial;
use super::polarity::relevant_segments;
use crate::alignment::Place;
use crate::statement::{Operator, Statement};
use crate::verdict::WhyNot;

/// Words before an `only` at the end that it may limit: `on parts only`.
const LAST_ONLY: usize = 2;
/// Words that an ordinal has at most.
const LONGEST_ORDINAL: usize = 3;

/// Objects if the window means otherwise than the claim states it.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    check_modality(trial)?;
    check_conditions(trial)?;
    check_quantifiers(trial)
}

/// How firmly something is stated.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mood {
    Fact,
    Future,
    Duty,
    Possible,
    Opinion,
}

fn mood(operators: &[&Operator]) -> Mood {
    let has = |meaning| operators.iter().any(|one| one.meaning == meaning);
    if has(Meaning::Attribution) {
        Mood::Opinion
    } else if has(Meaning::Possibility) {
        Mood::Possible
    } else if has(Meaning::Obligation) {
        Mood::Duty
    } else if has(Meaning::Future) {
        Mood::Future
    } else {
        Mood::Fact
    }
}

fn check_modality(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let own = |one: &&Operator| !trial.claim.is_borrowed(one.token);
    let claimed: Vec<&Operator> = trial.said().operators.iter().filter(own).collect();
    let found = relevant_operators(trial);
    let asked: Vec<&Operator> = trial.claim.question.operators.iter().collect();
    let (claimed, found) = (mood(&claimed), mood(&found));
    // A short answer takes over how the question was put: `What might rise?`
    let claimed =
        if trial.claim.borrowed > 0 && claimed == Mood::Fact { mood(&asked) } else { claimed };
    // `Change the oil` says that it must be changed.
    let opens = (0..trial.core().tokens.len()).find(|at| {
        let mut operators = trial.core().operators.iter();
        trial.core().tokens[*at].is_word()
            && !operators.any(|one| {
                let is_denied = one.meaning == Meaning::Negation && one.token == at + 1;
                // `Do` in `do not open`.
                (one.token..one.token + one.length).contains(at)
                    || is_denied && !trial.core().content[*at]
            })
    });
    let is_imperative = opens.is_some_and(|opening| {
        let core = trial.core();
        trial.in_core().any(|(_, token)| token == opening)
            && !core.is_name(opening)
            && !(0..core.tokens.len()).any(|at| {
                core.segments[at] == core.segments[opening] && core.has(at, Meaning::Passive)
            })
    });
    // `If you want to add a user, you can use adduser` tells with what a user is added.
    let is_offered = || {
        trial.claim.borrowed > 0 && trial.core().operators.iter().any(|one| is_purpose(trial, one))
    };
    let is_alike = claimed == found
        || claimed == Mood::Fact && found == Mood::Possible && is_offered()
        || is_imperative && claimed == Mood::Duty && found == Mood::Fact
        || matches!(
            (claimed, found),
            // What must be done is done by the contract's word; what is so may be so.
            (Mood::Fact | Mood::Future, Mood::Duty)
                | (Mood::Future | Mood::Possible | Mood::Opinion, Mood::Fact)
                | (Mood::Duty, Mood::Future)
        );
    if is_alike { Ok(()) } else { Err(WhyNot::Modality) }
}

/// Lists the operators of the core sentence that stand where something of the claim stands.
fn relevant_operators<'t>(trial: &'t Trial<'_>) -> Vec<&'t Operator> {
    let core = trial.core();
    let segments = relevant_segments(trial);
    let is_relevant = |one: &&Operator| {
        segments.contains(&core.segments[one.token]) && !core.has(one.token, Meaning::Wish)
            || one.meaning != Meaning::Possibility && segments.contains(&core.segments[one.token])
    };
    core.operators.iter().filter(is_relevant).collect()
}

/// Returns whether a condition only says what the rest is for: `if you want to add a user`, and claim or question
/// speak of that.
fn is_purpose(trial: &Trial<'_>, condition: &Operator) -> bool {
    let core = trial.core();
    let segment = core.segments[condition.token];
    let tokens = || (0..core.tokens.len()).filter(|token| core.segments[*token] == segment);
    let says = |token: &usize| core.content[*token] && !core.has(*token, Meaning::Wish);
    let (known, unknown): (Vec<usize>, Vec<usize>) =
        tokens().filter(says).partition(|token| trial.is_known(*token));
    condition.meaning == Meaning::Condition
        && tokens().any(|token| core.has(token, Meaning::Wish))
        && !known.is_empty()
        && known.len() >= unknown.len()
}

/// Objects if a condition or an exception of the core sentence, next to what the claim takes from it, is
/// left out.
fn check_conditions(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let core = trial.core();
    let segments = relevant_segments(trial);
    for meaning in [Meaning::Condition, Meaning::Exception] {
        let claims_it = trial.said().operators.iter().any(|one| one.meaning == meaning);
        let asks_it = trial.claim.question.operators.iter().any(|one| one.meaning == meaning);
        let found = core.operators.iter().filter(|one| one.meaning == meaning);
        let mut limiting = found
            .filter(|one| !is_aside(trial, one))
            .filter(|one| limits(core, one, &segments) && (claims_it || !is_purpose(trial, one)));
        let limited = limiting.next();
        if limited.is_some() && !claims_it && !asks_it || claims_it && limited.is_none() {
            return Err(WhyNot::Condition);
        }
    }
    Ok(())
}

/// Returns whether a condition stands in, right before or right behind what the claim takes.
fn limits(core: &Statement, operator: &Operator, segments: &BTreeSet<usize>) -> bool {
    let segment = core.segments[operator.token];
    let is_behind_mark =
        operator.token.checked_sub(1).is_some_and(|at| core.tokens[at].is_mark(','));
    if is_behind_mark && core.has(operator.token, Meaning::Contrast) {
        return segments.contains(&segment);
    }
    let near = |other: &usize| other.abs_diff(segment) <= 1;
    segments.iter().any(near)
}

/// Returns whether an exception only tells of another thing than the claim: `the left engine but not the right one`. Of
/// all, or at a place or time, it takes something away: `all engines but not the right one`, `but not on Sundays`.
fn is_aside(trial: &Trial<'_>, exception: &Operator) -> bool {
    let core = trial.core();
    let end = exception.token + exception.length;
    let has_all = core.operators.iter().any(|one| one.meaning == Meaning::All);
    // What stands before it is told with all its words, and nothing of what stands behind it.
    let mut before = (0..exception.token).rev().take_while(|at| core.content[*at]).peekable();
    let is_told = before.peek().is_some()
        && before.all(|token| trial.said_of(token).is_some())
        && trial.in_core().all(|(_, token)| token < end);
    core.has(exception.token, Meaning::Contrast)
        && exception.length > 1
        && !has_all
        && is_told
        && core.has(end, Meaning::DefiniteArticle)
}

fn check_quantifiers(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let has = |statement: &Statement, meaning, from: usize| {
        statement.operators.iter().any(|one| one.meaning == meaning && one.token >= from)
    };
    let (claim, core) = (trial.said(), trial.core());
    let claims = |meaning| has(claim, meaning, trial.claim.borrowed);
    let found = relevant_operators(trial);
    let finds = |meaning| found.iter().any(|one| one.meaning == meaning);
    // `Not all` and `not only` deny what the words behind them say.
    let denies = |statement: &Statement, one: &Operator| {
        one.length > 1
            && matches!(one.meaning, Meaning::Some | Meaning::Only)
            && statement.meanings[one.token]
                .iter()
                .any(|found| found.meaning == Meaning::Negation && found.length == 1)
    };
    let claims_denied =
        claim.operators.iter().any(|one| !trial.claim.is_borrowed(one.token) && denies(claim, one));
    if claims_denied
        && !found.iter().any(|one| denies(core, one) || one.meaning == Meaning::Negation)
    {
        return Err(WhyNot::Quantifier);
    }
    let is_denied = finds(Meaning::Negation);
    if claims(Meaning::All) && !finds(Meaning::All) && !is_denied {
        return Err(WhyNot::Quantifier);
    }
    if claims(Meaning::Most) && !finds(Meaning::Most) && !finds(Meaning::All) {
        return Err(WhyNot::Quantifier);
    }
    if claims(Meaning::Only) && !finds(Meaning::Only) {
        return Err(WhyNot::Quantifier);
    }
    // `Also the north gate` where the passage has `only the north gate`; `not only` has a `but also` behind it.
    let additions = trial.lexicon.words().additions;
    let adds = |at: usize| additions.contains(&claim.tokens[at].lower.as_str());
    let is_limited =
        found.iter().any(|one| one.meaning == Meaning::Only && !denies(core, one)) && !is_denied;
    if is_limited && !claims(Meaning::Only) && (trial.claim.borrowed..claim.tokens.len()).any(adds)
    {
        return Err(WhyNot::Quantifier);
    }
    let claims_part = claims(Meaning::Some) || claims(Meaning::Most);
    let mut parts = core
        .operators
        .iter()
        .filter(|one| matches!(one.meaning, Meaning::Some | Meaning::Most))
        .filter(|one| stands_before_match(trial, one));
    if parts.next().is_some() && !claims_part {
        return Err(WhyNot::Quantifier);
    }
    // `Two of the five judges` are not the judges.
    let is_partitive = core.quantities.iter().any(|quantity| {
        let next = quantity.tokens.1 + 1;
        let is_shared = trial.said().quantities.iter().any(|own| own.has_value_of(quantity));
        quantity.unit.is_none()
            && !is_shared
            && core.has(next, Meaning::Preposition)
            && trial.in_core().any(|(at, token)| {
                (next + 1..next + 5).contains(&token) && !trial.claim.is_borrowed(at)
            })
            && (next + 1..next + 4)
                .all(|between| between >= core.tokens.len() || core.tokens[between].is_word())
    });
    // `Every second month` is not every month.
    let skips_ordinal = trial.in_core().any(|(at, token)| {
        ordinal_before(core, token).is_some_and(|ordinal| !trial.is_known(ordinal))
            && ordinal_before(claim, at).is_none()
            && !claim.quantities.iter().any(|one| one.tokens.1 + 1 == at)
    });
    if is_partitive || skips_ordinal {
        return Err(WhyNot::Quantifier);
    }
    // `Only under supervision` is a condition, `only adults` is none for adults.
    let drops_limit = core.operators.iter().any(|one| {
        let next = one.token + one.length;
        let segment = core.segments[one.token];
        let is_near = |token: &usize| core.segments[*token] == segment && core.content[*token];
        let sentence = trial.alignment.core;
        // Behind what it limits it stands last: `on parts only`.
        let mut content = if (next..core.tokens.len()).any(|token| is_near(&token)) {
            next..core.tokens.len()
        } else {
            one.token.saturating_sub(LAST_ONLY)..one.token
        }
        .filter(is_near)
        .peekable();
        one.meaning == Meaning::Only
            && content.next().is_some_and(|token| {
                !trial.alignment.is_matched(Place { sentence, token }) && !trial.is_known(token)
            })
            && relevant_segments(trial).contains(&segment)
    });
    if drops_limit && !claims(Meaning::Only) {
        return Err(WhyNot::Condition);
    }
    Ok(())
}

/// Finds the ordinal right before a word: `second` in `the second longest`, `op een na` in `de op een na langste`.
fn ordinal_before(statement: &Statement, at: usize) -> Option<usize> {
    let is_ordinal = |first: &usize| {
        let mut found = statement.meanings[*first].iter();
        found.any(|one| matches!(one.meaning, Meaning::Ordinal(_)) && first + one.length == at)
    };
    (at.saturating_sub(LONGEST_ORDINAL)..at).find(is_ordinal)
}

/// Returns whether a word that limits to a part stands right before, or right behind, a word of the claim.
fn stands_before_match(trial: &Trial<'_>, operator: &Operator) -> bool {
    let end = operator.token + operator.length;
    let near = end..end + 3;
    trial.in_core().any(|(_, token)| near.contains(&token) || token + 1 == operator.token)
}
