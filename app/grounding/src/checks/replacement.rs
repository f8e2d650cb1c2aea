//! Replacement: nothing may stand in the place of what the passage says.
//!
//! A claim that repeats a sentence and changes one word has nearly all of its words, and the one that is
//! changed may stand elsewhere in the passage. What stands between the same neighbours in both is compared
//! here: it must be the same, mean the same, or have been moved.

use std::ops::Range;

use quire_language::Meaning;

use super::Trial;
use crate::alignment::Match;
use crate::likeness::{Likeness, likeness};
use crate::quantity::Quantity;
use crate::sequence::{self, Slot};
use crate::statement::{Statement, opposite};
use crate::time::Mention;
use crate::verdict::WhyNot;

/// Slots with more words of their own than this, on either side, hold another clause, and are not compared
/// word by word.
const MOST_WORDS: usize = 4;

/// Objects if a word, number or name of the claim stands where the passage has another one.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    check_slots(trial, &|_| true)
}

/// Objects as [`check`] does, but not to plain words, which may mean the same without that a table has them.
pub fn check_facts(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    check_slots(trial, &|at| {
        trial.tells_names() && claim.is_name(at)
            || quantity(claim, at).is_some()
            || time(claim, at).is_some()
    })
}

fn check_slots(trial: &Trial<'_>, counts: &dyn Fn(usize) -> bool) -> Result<(), WhyNot> {
    if trial.core().cells.is_some() {
        return Ok(());
    }
    let (claim, core) = (trial.said(), trial.core());
    let slots = sequence::slots(&trial.alignment.common, trial.claim.borrowed, claim, core);
    for slot in &slots {
        check_poles(trial, slot)?;
        check_joints(trial, slot)?;
        check_complement(trial, slot)?;
        check_words(trial, slot, counts)?;
    }
    check_exchange(trial, &slots)
}

/// Objects if both sides of a slot have a small word, and the one excludes the other: `before` and `after`,
/// `over` and `under`.
fn check_poles(trial: &Trial<'_>, slot: &Slot) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let poles = |statement: &Statement, range: &Range<usize>| -> Vec<(usize, Meaning)> {
        range.clone().flat_map(|at| poles(statement, at).map(move |pole| (at, pole))).collect()
    };
    let theirs = poles(core, &slot.source);
    for (at, pole) in poles(claim, &slot.claim) {
        let stands = |wanted: Meaning| theirs.iter().any(|(_, one)| *one == wanted);
        if theirs.iter().any(|(_, other)| exclude(pole, *other)) && !stands(pole) {
            return Err(WhyNot::Direction(claim.tokens[at].text.clone()));
        }
    }
    Ok(())
}

/// Lists on which sides of pairs a word stands, bounds of numbers among them.
fn poles(statement: &Statement, at: usize) -> impl Iterator<Item = Meaning> {
    // `Fewer` in `no fewer than` is a part of a bound.
    let is_part = (at.saturating_sub(3)..at).any(|first| {
        let phrases = statement.meanings[first].iter();
        phrases.clone().any(|one| is_bound(one.meaning).is_some() && first + one.length > at)
    });
    let meanings = statement.meanings[at].iter().map(|one| one.meaning);
    meanings.filter(move |one| !is_part && (is_bound(*one).is_some() || opposite(*one).is_some()))
}

/// Returns whether a word is a bound from below, or one from above.
fn is_bound(meaning: Meaning) -> Option<bool> {
    match meaning {
        Meaning::AtLeast | Meaning::MoreThan => Some(true),
        Meaning::AtMost | Meaning::LessThan => Some(false),
        _ => None,
    }
}

fn exclude(one: Meaning, other: Meaning) -> bool {
    match (is_bound(one), is_bound(other)) {
        (Some(one), Some(other)) => one != other,
        _ => opposite(one) == Some(other),
    }
}

/// Objects if one side of a slot has `or` where the other has `and`. What is denied may be joined by either: `not by road or
/// rail` denies both.
fn check_joints(trial: &Trial<'_>, slot: &Slot) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let words = trial.lexicon.words();
    let find = |statement: &Statement, range: &Range<usize>, list: &[&str]| {
        range.clone().find(|at| list.contains(&statement.tokens[*at].lower.as_str()))
    };
    let sum: Vec<&str> = words
        .conjunctions
        .iter()
        .copied()
        .filter(|word| !words.alternatives.contains(word))
        .collect();
    let denies = |statement: &Statement| {
        statement.operators.iter().any(|one| one.meaning == Meaning::Negation)
    };
    if denies(claim) || denies(core) {
        return Ok(());
    }
    for (said, other) in [(words.alternatives, &sum[..]), (&sum[..], words.alternatives)] {
        let own = find(claim, &slot.claim, said);
        let is_other = find(core, &slot.source, other).is_some()
            && find(core, &slot.source, said).is_none()
            && find(claim, &slot.claim, other).is_none();
        if let Some(at) = own.filter(|_| is_other) {
            return Err(WhyNot::Words(claim.tokens[at].text.clone()));
        }
    }
    Ok(())
}

/// Objects if another noun stands behind a preposition of the passage, which has it elsewhere and not behind that
/// preposition: `free for firms` where it is free for students, and costs firms something.
fn check_complement(trial: &Trial<'_>, slot: &Slot) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let (Some(own), Some(theirs)) =
        (slot.claim.start.checked_sub(1), slot.source.start.checked_sub(1))
    else {
        return Ok(());
    };
    let is_led = claim.has(own, Meaning::Preposition)
        && claim.tokens[own].lower == core.tokens[theirs].lower;
    let mut said = slot.claim.clone().filter(|at| claim.content[*at]);
    let mut there = slot.source.clone().filter(|token| core.content[*token]);
    let (Some(at), Some(token), true) = (said.next(), there.next(), is_led) else { return Ok(()) };
    if means_the_same(trial, at, token) || is_said_elsewhere(trial, token) {
        return Ok(());
    }
    let is_behind = |token: usize| {
        let mut before = (0..token).rev().take_while(|at| core.tokens[*at].is_word());
        let preposition = before.find(|at| core.has(*at, Meaning::Preposition));
        preposition.is_some_and(|at| core.tokens[at].lower == claim.tokens[own].lower)
    };
    match origin(trial, at) {
        Origin::Moved(from) if core.segments[from] != core.segments[token] && !is_behind(from) => {
            Err(WhyNot::Words(claim.tokens[at].text.clone()))
        }
        _ => Ok(()),
    }
}

/// Objects if both sides of a slot have a word of their own; only tokens of the claim that count are looked at.
fn check_words(
    trial: &Trial<'_>,
    slot: &Slot,
    counts: &dyn Fn(usize) -> bool,
) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let own: Vec<usize> = slot.claim.clone().filter(|at| says_something(claim, *at)).collect();
    let theirs: Vec<usize> = slot.source.clone().filter(|at| says_something(core, *at)).collect();
    if own.len() > MOST_WORDS || theirs.len() > MOST_WORDS {
        return Ok(());
    }
    let is_alike = |at: usize, token: usize| means_the_same(trial, at, token);
    // What the claim says elsewhere was moved, and not replaced.
    let is_replaced = |token: &usize| {
        !is_said_elsewhere(trial, *token) && !own.iter().any(|at| is_alike(*at, *token))
    };
    let replaced: Vec<usize> = theirs.iter().copied().filter(is_replaced).collect();
    if replaced.is_empty() {
        return Ok(());
    }
    // One fact for one of the sort was put in its place, wherever it comes from.
    let is_one_for_one = |at: usize| {
        let mut same_sort = replaced.iter().filter(|token| are_of_one_sort(trial, at, **token));
        own.len() == 1 && theirs.len() == 1 && same_sort.next().is_some()
    };
    let has_name = trial.tells_names() && replaced.iter().any(|token| core.is_name(*token));
    let intrudes = |at: &usize| {
        let comes_from = origin(trial, *at);
        let is_free = match comes_from {
            Origin::Elsewhere => true,
            Origin::Moved(from) => is_one_for_one(*at) || is_of_rival(trial, from, &replaced),
            Origin::Known => has_name,
        };
        is_free && !theirs.iter().any(|token| is_alike(*at, *token))
    };
    let Some(at) = own.iter().copied().find(|at| counts(*at) && intrudes(at)) else {
        return Ok(());
    };
    let word = claim.tokens[at].text.clone();
    Err(if quantity(claim, at).is_some() {
        WhyNot::Number(word)
    } else if time(claim, at).is_some() {
        WhyNot::Time(word)
    } else if claim.is_name(at) {
        WhyNot::Name(word)
    } else {
        WhyNot::Words(word)
    })
}

/// Returns whether both are numbers, both times or both names.
fn are_of_one_sort(trial: &Trial<'_>, at: usize, token: usize) -> bool {
    let (claim, core) = (trial.said(), trial.core());
    quantity(claim, at).is_some() && quantity(core, token).is_some()
        || time(claim, at).is_some() && time(core, token).is_some()
        || trial.tells_names() && claim.is_name(at) && core.is_name(token)
        || is_same_complement(trial, at, token)
}

/// Returns whether two nouns stand behind the same preposition, where capitals tell no names: `in Trier`, `in Merzig`.
fn is_same_complement(trial: &Trial<'_>, at: usize, token: usize) -> bool {
    let (claim, core) = (trial.said(), trial.core());
    let (Some(own), Some(theirs)) = (at.checked_sub(1), token.checked_sub(1)) else { return false };
    !trial.tells_names()
        && claim.tokens[at].has_capital()
        && core.tokens[token].has_capital()
        && claim.has(own, Meaning::Preposition)
        && claim.tokens[own].lower == core.tokens[theirs].lower
}

/// Returns whether a token is a word that carries a statement, a number or a part of a time.
fn says_something(statement: &Statement, at: usize) -> bool {
    let means = |meaning| statement.has(at, meaning);
    let is_word = statement.content[at]
        && ![Meaning::Linking, Meaning::Frame, Meaning::Total, Meaning::About]
            .into_iter()
            .any(means);
    let is_number = quantity(statement, at).is_some_and(|one| one.number == at);
    let token = &statement.tokens[at];
    let is_date = time(statement, at).is_some() && (token.is_number() || !token.terms.is_empty());
    is_word || is_number || is_date
}

fn quantity(statement: &Statement, at: usize) -> Option<&Quantity> {
    statement.quantities.iter().find(|one| (one.tokens.0..=one.tokens.1).contains(&at))
}

fn time(statement: &Statement, at: usize) -> Option<&Mention> {
    statement.times.iter().find(|one| (one.tokens.0..=one.tokens.1).contains(&at))
}

/// Returns whether two words, numbers or times mean the same.
fn means_the_same(trial: &Trial<'_>, at: usize, token: usize) -> bool {
    let (claim, core) = (trial.said(), trial.core());
    if let (Some(own), Some(theirs)) = (quantity(claim, at), quantity(core, token)) {
        return own.has_value_of(theirs);
    }
    if let (Some(own), Some(theirs)) = (time(claim, at), time(core, token)) {
        return theirs.time.states(own.time);
    }
    // A number of four digits may be read as a year in one and not in the other.
    let is_year = |time: Option<&Mention>, quantity: Option<&Quantity>| {
        let value = quantity.and_then(|one| one.value.as_ref()?.as_whole());
        value.is_some() && value == time.and_then(|one| one.time.year)
    };
    if is_year(time(claim, at), quantity(core, token))
        || is_year(time(core, token), quantity(claim, at))
    {
        return true;
    }
    let (one, other) = (&claim.tokens[at], &core.tokens[token]);
    one.lower == other.lower
        || one.is_word()
            && other.is_word()
            && likeness(claim, at, core, token, trial.lexicon)
                .is_some_and(|likeness| likeness > Likeness::Opposite)
}

/// Returns whether a token of the core sentence stands for something that the claim says at another place.
fn is_said_elsewhere(trial: &Trial<'_>, token: usize) -> bool {
    let claim = trial.said();
    let is_free = |at: &usize| trial.alignment.common.iter().all(|(own, _)| own != at);
    (trial.claim.borrowed..claim.tokens.len())
        .filter(|at| says_something(claim, *at) && is_free(at))
        .any(|at| means_the_same(trial, at, token))
}

/// Where a token of the claim comes from that stands in the place of another one.
enum Origin {
    /// From another place of the core sentence, a token that stands for nothing else.
    Moved(usize),
    /// From what is known about the passage, or from the question.
    Known,
    /// From another sentence, or from nowhere.
    Elsewhere,
}

fn origin(trial: &Trial<'_>, at: usize) -> Origin {
    let core = trial.core();
    let is_free = |token: &usize| trial.alignment.common.iter().all(|(_, own)| own != token);
    let mut places =
        (0..core.tokens.len()).filter(|token| says_something(core, *token) && is_free(token));
    if let Some(token) = places.find(|token| means_the_same(trial, at, *token)) {
        Origin::Moved(token)
    } else if trial.alignment.matches[at] == Match::Context
        || trial.claim.is_asked(at) && !trial.said().is_name(at)
    {
        Origin::Known
    } else {
        Origin::Elsewhere
    }
}

/// Returns whether a token stands in another segment than what it replaces, with a number or time there that the
/// claim does not name: `signed on 3 May and in effect from 1 June`.
fn is_of_rival(trial: &Trial<'_>, from: usize, replaced: &[usize]) -> bool {
    let (claim, core) = (trial.said(), trial.core());
    let segment = core.segments[from];
    let is_there = |(first, _): (usize, usize)| core.segments[first] == segment;
    let mut quantities = core.quantities.iter().filter(|one| is_there(one.tokens));
    let mut times = core.times.iter().filter(|one| is_there(one.tokens));
    let has_rival = quantities.any(|one| !claim.quantities.iter().any(|own| own.has_value_of(one)))
        || times.any(|one| !claim.times.iter().any(|own| one.time.states(own.time)));
    has_rival && replaced.iter().all(|token| core.segments[*token] != segment)
}

/// Objects if two slots have exchanged what stands in them: who did it to whom. What `and` or `or` joins may
/// stand in any order.
fn check_exchange(trial: &Trial<'_>, slots: &[Slot]) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let has = |own: &Range<usize>, theirs: &Range<usize>| {
        own.clone().filter(|at| says_something(claim, *at)).any(|at| {
            theirs
                .clone()
                .filter(|token| says_something(core, *token))
                .any(|token| means_the_same(trial, at, token))
        })
    };
    for (index, one) in slots.iter().enumerate() {
        for other in &slots[index + 1..] {
            let mut between =
                (one.claim.end..other.claim.start).filter(|at| claim.tokens[*at].is_word());
            let is_joined = between.all(|at| {
                let words = trial.lexicon.words();
                words.conjunctions.contains(&claim.tokens[at].lower.as_str())
            });
            if !is_joined && has(&one.claim, &other.source) && has(&other.claim, &one.source) {
                return Err(WhyNot::Order);
            }
        }
    }
    Ok(())
}
