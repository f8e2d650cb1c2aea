//! Part: a number or movement of a part is not one of the whole.

use quire_language::{Meaning, TokenKind};

use super::voice::is_active_verb;
use super::{Trial, definite};
use crate::alignment::{Match, Place};
use crate::likeness::Likeness;
use crate::quantity::Quantity;
use crate::statement::Statement;
use crate::verdict::WhyNot;

/// Words that may stand between a noun and the number that limits it: `longer than`.
const BOUND_WORDS: usize = 3;

/// Objects if what is counted or moves in the passage is limited by a word that the claim leaves out:
/// `phone sales fell` does not say that sales fell.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let core = trial.core();
    if core.cells.is_some() {
        return Ok(());
    }
    check_bounded(trial)?;
    let Some(item) = item(trial) else { return Ok(()) };
    let sentence = trial.alignment.core;
    let is_word_of_claim = |token: usize| {
        core.content[token]
            && !core.has(token, Meaning::Up)
            && !core.has(token, Meaning::Down)
            && trial.alignment.is_matched(Place { sentence, token })
    };
    let segment = core.segments[item];
    let before = (0..item).rev().filter(|token| core.segments[*token] == segment);
    let behind = (item + 1..core.tokens.len()).filter(|token| core.segments[*token] == segment);
    // The one that stands first of all.
    let head = before.clone().rev().find(|token| is_word_of_claim(*token));
    let Some(head) = head.or_else(|| behind.clone().find(|token| is_word_of_claim(*token))) else {
        return Ok(());
    };
    let mut first = head;
    while first > 0 && is_word_of_claim(first - 1) {
        first -= 1;
    }
    // The first name before a family name limits nothing.
    let in_name = |token: usize| {
        core.names.iter().any(|(one, other)| {
            (*one..=*other).contains(&token) && (*one..=*other).contains(&first)
        })
    };
    let limits = |token: usize| {
        trial.is_limiting(token) && !in_name(token) && !definite::tells_more(trial, token)
    };
    let object = |token: usize| Err(WhyNot::Part(core.tokens[token].text.clone()));
    // `phone` in `phone sales`; but who did what the claim has in the passive is a subject and no limit.
    if first > 0
        && !is_active_verb(trial, first)
        && limits(first - 1)
        && core.segments[first - 1] == segment
    {
        return object(first - 1);
    }
    // `of certain phones` in `sales of certain phones`.
    let end = if head < item { item } else { core.tokens.len() };
    let mut is_led = false;
    for token in head + 1..end {
        if core.segments[token] != segment || core.tokens[token].kind == TokenKind::Mark {
            break;
        }
        is_led |= core.has(token, Meaning::Preposition);
        if is_led && limits(token) && !is_left_behind(trial, token) {
            return object(token);
        }
    }
    // `Telefonumsatz` for `Umsatz`.
    let compound = trial.in_core().find(|(at, token)| {
        let Match::Window(_, likeness) = trial.alignment.matches[*at] else { return false };
        let (own, theirs) = (&trial.said().tokens[*at], &core.tokens[*token]);
        likeness == Likeness::Part
            && (first..=head).contains(token)
            && theirs.terms.len() > own.terms.len()
            && theirs.terms.iter().skip(1).any(|term| {
                !own.terms.contains(term)
                    && !trial.claim.asked.contains(term)
                    && !trial.said().tokens.iter().any(|token| token.terms.contains(term))
            })
    });
    match compound {
        Some((_, token)) if !definite::is_compound_of_the_only_one(trial, token) => object(token),
        _ => Ok(()),
    }
}

/// Objects if the passage limits what the claim speaks of by a number that the claim leaves out: `children under six`,
/// `ships longer than 90 metres`.
fn check_bounded(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let Some(first) = claim.content_tokens().find(|at| !trial.claim.is_borrowed(*at)) else {
        return Ok(());
    };
    let Some((_, subject)) = trial.in_core().find(|(at, _)| *at == first) else { return Ok(()) };
    let limits = |at: usize| {
        let bounds = [
            Meaning::MoreThan,
            Meaning::LessThan,
            Meaning::AtLeast,
            Meaning::AtMost,
            Meaning::Comparison,
        ];
        bounds.into_iter().any(|meaning| core.has(at, meaning))
    };
    let is_said = |quantity: &Quantity| {
        let asked = &trial.claim.question.quantities;
        claim.quantities.iter().chain(asked).any(|own| own.has_value_of(quantity))
    };
    let bounding = core.quantities.iter().find(|quantity| {
        let near = subject + 1..quantity.number;
        (1..=BOUND_WORDS).contains(&near.len())
            && near.clone().all(|at| core.tokens[at].is_word())
            && near.clone().any(limits)
            && !is_said(quantity)
            && trial.in_core().any(|(_, token)| token > quantity.number)
    });
    bounding.map_or(Ok(()), |quantity| Err(WhyNot::Part(quantity.written.clone())))
}

/// Returns whether a word is where a movement began of which the claim tells where it ended: `moved from Delft to
/// Breda` says that it moved to Breda.
fn is_left_behind(trial: &Trial<'_>, token: usize) -> bool {
    let (claim, core) = (trial.said(), trial.core());
    let ends_at = |statement: &Statement, at: usize| {
        statement.end_of_movement(at) == Some(Meaning::Destination)
    };
    core.end_of_movement(token) == Some(Meaning::Origin)
        && trial.in_core().any(|(at, place)| {
            place > token
                && core.segments[place] == core.segments[token]
                && ends_at(core, place)
                && ends_at(claim, at)
        })
}

/// Finds the token of the core sentence that the claim's number or movement is taken from.
fn item(trial: &Trial<'_>) -> Option<usize> {
    let (claim, core) = (trial.said(), trial.core());
    let own = claim.quantities.iter().filter(|one| !trial.claim.is_borrowed(one.number));
    for quantity in own {
        let mut places = super::numbers::places_of(trial, quantity);
        if let Some((_, index)) = places.find(|(sentence, _)| *sentence == trial.alignment.core) {
            return Some(core.quantities[index].tokens.0);
        }
    }
    let moved = trial
        .in_core()
        .find(|(at, _)| claim.has(*at, Meaning::Up) || claim.has(*at, Meaning::Down))
        .map(|(_, token)| token);
    moved.or_else(|| {
        let times = core.times.iter();
        let mut said = times.filter(|one| claim.times.iter().any(|own| one.time.states(own.time)));
        said.next().map(|one| one.tokens.0)
    })
}
