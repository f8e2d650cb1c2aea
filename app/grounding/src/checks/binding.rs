//! Binding: a number belongs to its nearest label and year, and not to those of another one; in a table to its column.

use quire_language::Meaning;

use super::numbers::places_of;
use super::{Trial, columns};
use crate::alignment::Match;
use crate::quantity::Quantity;
use crate::statement::{Statement, opposite};
use crate::time::Time;
use crate::verdict::WhyNot;

/// The first and the last token of something.
pub type Tokens = (usize, usize);

/// Objects if a number of the claim stands in the passage, but for something else each time.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    for quantity in &claim.quantities {
        if trial.claim.is_borrowed(quantity.number) || is_of_name(trial, quantity) {
            continue;
        }
        let mut places = places_of(trial, quantity).peekable();
        if places.peek().is_some()
            && !places.any(|(sentence, index)| belongs(trial, quantity, sentence, index))
        {
            return Err(WhyNot::Binding(quantity.written.clone()));
        }
    }
    check_movements(trial)
}

/// Returns whether a number belongs to the word right before it, there as in the claim: `Series 4` is what a
/// sentence speaks of, in each of its segments, but not in the sentences beside it. At the beginning of a
/// sentence names cannot be told from other words, so that a capital is enough.
pub fn is_of_name(trial: &Trial<'_>, quantity: &Quantity) -> bool {
    let claim = trial.said();
    let is_plain = |one: &Quantity| one.unit.is_none() && one.magnitude == 0;
    let has_capital = |statement: &Statement, at: usize| {
        statement.content[at] && statement.tokens[at].text.starts_with(char::is_uppercase)
    };
    let before = quantity.number.checked_sub(1).filter(|at| has_capital(claim, *at));
    let Some(Match::Window(name, _)) = before.map(|at| &trial.alignment.matches[at]) else {
        return false;
    };
    let source = &trial.sentence(name.sentence).statement;
    let follows = |one: &Quantity| one.number == name.token + 1 && is_plain(one);
    let is_beside = |found: &Match| match found {
        Match::Window(place, _) => place.sentence == name.sentence,
        _ => true,
    };
    is_plain(quantity)
        && trial.alignment.matches.iter().all(is_beside)
        && has_capital(source, name.token)
        && source.quantities.iter().any(|one| follows(one) && one.has_value_of(quantity))
}

/// Returns whether a quantity of the passage is said of what the claim says it of.
fn belongs(trial: &Trial<'_>, wanted: &Quantity, sentence: usize, index: usize) -> bool {
    let source = &trial.sentence(sentence).statement;
    let found = &source.quantities[index];
    if source.cells.is_some() {
        return columns::has_figure(trial, wanted, sentence, found);
    }
    let rivals = rivals_of(source, found);
    has_time(trial, wanted, source, found, &rivals)
        && has_labels(trial, wanted, sentence, found, &rivals)
        && counts_the_same(trial, wanted, sentence, found)
}

/// Lists the other quantities of the sort of one, which its words could belong to.
pub fn rivals_of(statement: &Statement, quantity: &Quantity) -> Vec<Tokens> {
    let others = statement.quantities.iter();
    let others = others.filter(|one| one.is_like(quantity) && one.number != quantity.number);
    others.map(|one| one.tokens).collect()
}

/// Compares the time that a quantity of the claim is bound to with that of its place in the passage.
fn has_time(
    trial: &Trial<'_>,
    wanted: &Quantity,
    source: &Statement,
    found: &Quantity,
    rivals: &[Tokens],
) -> bool {
    let claim = trial.said();
    let own_rivals = rivals_of(claim, wanted);
    let asked = trial.claim.question.times.iter().map(|one| one.time);
    let claimed = bound_time(claim, wanted.tokens, &own_rivals);
    let claimed = claimed.or_else(|| {
        let mut times: Vec<Time> = asked.collect();
        (times.len() == 1).then(|| times.remove(0))
    });
    let (Some(claimed), Some(there)) = (claimed, bound_time(source, found.tokens, rivals)) else {
        return true;
    };
    claimed.may_be(there)
}

/// Finds the time that belongs to a quantity or a word.
pub fn bound_time(statement: &Statement, item: Tokens, rivals: &[Tokens]) -> Option<Time> {
    let times: Vec<(Tokens, Time)> =
        statement.times.iter().map(|one| (one.tokens, one.time)).collect();
    bound(statement, &times, item, rivals)
}

/// Finds which of some named things belongs to a quantity or a word: the first one behind it before the next rival, else
/// the last one before it behind the rival before, else the only one.
pub fn bound<T: Copy>(
    statement: &Statement,
    named: &[(Tokens, T)],
    item: Tokens,
    rivals: &[Tokens],
) -> Option<T> {
    if let Some(paired) = paired(named, item, rivals) {
        return Some(paired);
    }
    let next = rivals.iter().map(|one| one.0).filter(|at| *at > item.1).min();
    let before = rivals.iter().map(|one| one.1).filter(|at| *at < item.0).max();
    let behind =
        named.iter().find(|(one, _)| one.0 > item.1 && next.is_none_or(|next| one.0 < next));
    let ahead = named
        .iter()
        .rev()
        .find(|(one, _)| one.1 < item.0 && before.is_none_or(|before| one.0 > before));
    // A time right before the number is nearer than one far behind it.
    let chosen = match (ahead, behind) {
        (Some(ahead), Some(behind)) => {
            let (left, right) = (item.0 - ahead.0.1, behind.0.0 - item.1);
            let same_segment = |at: usize| statement.segments[at] == statement.segments[item.0];
            let takes_left = left < right && same_segment(ahead.0.1)
                || !same_segment(behind.0.0) && same_segment(ahead.0.1);
            Some(if takes_left { ahead } else { behind })
        }
        (ahead, behind) => behind.or(ahead),
    };
    let only = || match named {
        [one] => Some(one),
        _ => None,
    };
    chosen.or_else(only).map(|one| one.1)
}

/// Pairs times and quantities that are listed one after the other: `10 and 12 in 2021 and 2022`.
fn paired<T: Copy>(named: &[(Tokens, T)], item: Tokens, rivals: &[Tokens]) -> Option<T> {
    let mut items: Vec<Tokens> = rivals.to_vec();
    items.push(item);
    items.sort_unstable();
    if items.len() < 2 || named.len() != items.len() {
        return None;
    }
    let (first, last) = (items.first()?, items.last()?);
    let all_before = named.iter().all(|(one, _)| one.1 < first.0);
    let all_behind = named.iter().all(|(one, _)| one.0 > last.1);
    if !all_before && !all_behind {
        return None;
    }
    let index = items.iter().position(|one| *one == item)?;
    Some(named[index].1)
}

/// Objects if another number of the sort stands between the claim's words and the number, and words that
/// the claim lacks stand between the two.
fn has_labels(
    trial: &Trial<'_>,
    wanted: &Quantity,
    sentence: usize,
    found: &Quantity,
    rivals: &[Tokens],
) -> bool {
    let claim = trial.said();
    let source = &trial.sentence(sentence).statement;
    let own_rivals = rivals_of(claim, wanted);
    let labels = claim.content_tokens().filter(|at| is_label(claim, *at, wanted, &own_rivals));
    let places = labels.filter_map(|at| match trial.alignment.matches[at] {
        Match::Window(place, _) if place.sentence == sentence => Some(place.token),
        _ => None,
    });
    // Words between two numbers that stand with the other one are its own.
    let segment = source.segments[found.number];
    let has_own_label = |from: usize, to: usize| {
        (from..to).any(|token| {
            source.segments[token] == segment && is_foreign_label(trial, sentence, token)
        })
    };
    for place in places {
        if place < found.tokens.0 {
            let between = rivals.iter().filter(|one| place < one.0 && one.1 < found.tokens.0);
            if let Some(last) = between.map(|one| one.1).max()
                && has_own_label(last + 1, found.tokens.0)
            {
                return false;
            }
        } else if place > found.tokens.1 {
            let between = rivals.iter().filter(|one| found.tokens.1 < one.0 && one.1 < place);
            if let Some(first) = between.map(|one| one.0).min()
                && has_own_label(found.tokens.1 + 1, first)
            {
                return false;
            }
        }
    }
    true
}

/// Returns whether a word of the claim says what a quantity of the claim is: it is nearer to it than to any
/// other of the sort.
fn is_label(claim: &Statement, at: usize, wanted: &Quantity, rivals: &[Tokens]) -> bool {
    if claim.has(at, Meaning::Up) || claim.has(at, Meaning::Down) {
        return false;
    }
    let own = claim.segments[wanted.number];
    rivals.is_empty()
        || claim.segments[at] == own && rivals.iter().all(|one| claim.segments[one.1] != own)
        || {
            let last_rival_before =
                rivals.iter().map(|one| one.1).filter(|end| *end < wanted.tokens.0).max();
            at < wanted.tokens.0 && last_rival_before.is_none_or(|end| at > end)
        }
}

/// Returns whether a word of the passage names something that the claim does not speak of.
fn is_foreign_label(trial: &Trial<'_>, sentence: usize, token: usize) -> bool {
    let source = &trial.sentence(sentence).statement;
    let place = crate::alignment::Place { sentence, token };
    source.content[token]
        && !trial.alignment.is_matched(place)
        && !source.has(token, Meaning::Up)
        && !source.has(token, Meaning::Down)
        && !source.has(token, Meaning::Period)
        && !source.has(token, Meaning::Quarter)
        && !source.has(token, Meaning::Linking)
}

/// Compares the word right behind a number: `10 cars` is not `10 employees`.
fn counts_the_same(
    trial: &Trial<'_>,
    wanted: &Quantity,
    sentence: usize,
    found: &Quantity,
) -> bool {
    let claim = trial.said();
    let source = &trial.sentence(sentence).statement;
    let counted = |statement: &Statement, quantity: &Quantity| {
        let next = quantity.tokens.1 + 1;
        let is_counted =
            quantity.unit.is_none() && statement.content.get(next).copied().unwrap_or_default();
        is_counted.then_some(next)
    };
    let (Some(own), Some(theirs)) = (counted(claim, wanted), counted(source, found)) else {
        return true;
    };
    let place = crate::alignment::Place { sentence, token: theirs };
    let is_near = |token: usize| token > found.tokens.1 && token <= found.tokens.1 + 4;
    trial.alignment.is_matched(place)
        || matches!(trial.alignment.matches[own], Match::Window(place, _) if place.sentence == sentence && is_near(place.token))
}

/// Objects if something moves in another year than the claim says.
fn check_movements(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    // `Began` tells which of two times is meant if `ended` stands there, too.
    let has_opposite = |pole: Meaning| {
        (0..core.tokens.len()).any(|token| {
            core.content[token] && core.poles(token).any(|other| opposite(pole) == Some(other))
        })
    };
    let moves = |statement: &Statement, at: usize| {
        statement.content[at]
            && statement
                .poles(at)
                .any(|pole| matches!(pole, Meaning::Up | Meaning::Down) || has_opposite(pole))
    };
    let list = |statement: &Statement| -> Vec<usize> {
        (0..statement.tokens.len()).filter(|at| moves(statement, *at)).collect()
    };
    let (own, theirs) = (list(claim), list(core));
    if theirs.len() < 2 {
        return Ok(());
    }
    for (at, token) in trial.in_core().filter(|(at, _)| own.contains(at)) {
        if !theirs.contains(&token) {
            continue;
        }
        let others = |list: &[usize], at: usize| -> Vec<Tokens> {
            list.iter().filter(|other| **other != at).map(|other| (*other, *other)).collect()
        };
        let claimed = bound_time(claim, (at, at), &others(&own, at));
        let there = bound_time(core, (token, token), &others(&theirs, token));
        if let (Some(claimed), Some(there)) = (claimed, there)
            && !claimed.may_be(there)
        {
            return Err(WhyNot::Binding(claim.tokens[at].text.clone()));
        }
    }
    // What moves must be what the claim has move: no word of the claim may stand beyond another movement.
    let fixed = trial.in_core().filter(|(at, _)| own.contains(at)).map(|(_, token)| token).next();
    if let (Some(token), [_]) = (fixed, &own[..]) {
        let segment = core.segments[token];
        let labels =
            trial.in_core().filter(|(at, place)| !own.contains(at) && core.content[*place]);
        let own_segment: Vec<usize> =
            (0..token).filter(|at| core.segments[*at] == segment).collect();
        let has_foreign = own_segment
            .iter()
            .any(|at| is_foreign_label(trial, trial.alignment.core, *at) && core.is_name(*at));
        let is_elsewhere =
            labels.map(|(_, place)| place).all(|place| core.segments[place] != segment);
        if has_foreign && is_elsewhere {
            return Err(WhyNot::Binding(core.tokens[token].text.clone()));
        }
    }
    Ok(())
}
