//! Numbers and times: each must be there, with its sign, unit, magnitude and bound.

use quire_language::{Meaning, units};

use super::cells::{self, Cell};
use super::{Trial, columns};
use crate::decimal::Decimal;
use crate::quantity::{Bound, Quantity};
use crate::statement::Statement;
use crate::time::{Mention, Time};
use crate::verdict::WhyNot;

/// Objects if a number or a time of the claim is not in the window, or there in another way.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    for (index, quantity) in claim.quantities.iter().enumerate() {
        let is_borrowed = trial.claim.is_borrowed(quantity.number);
        if places_of(trial, quantity).next().is_none() && !is_known(trial, quantity) {
            if is_borrowed && index + 1 < claim.quantities.len() {
                continue;
            }
            return Err(objection(trial, quantity));
        }
    }
    for mention in &claim.times {
        if !is_stated(trial, mention.time) {
            return Err(WhyNot::Time(written(claim, *mention)));
        }
        check_time_limit(trial, mention)?;
    }
    check_ordinal_limits(trial)?;
    check_scores(trial)?;
    check_addresses(trial)
}

/// Objects if two numbers with a dash between them stand the other way round: `3-1` and `1-3`.
fn check_scores(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let scores = |statement: &Statement| -> Vec<(usize, usize)> {
        let quantities = &statement.quantities;
        let is_dash = |at: usize| {
            let token = &statement.tokens[at];
            token.is_mark('-') || token.is_mark('–') || token.is_mark(':')
        };
        (1..quantities.len())
            .filter(|at| {
                let (one, other) = (&quantities[at - 1], &quantities[*at]);
                one.tokens.1 + 2 == other.tokens.0 && is_dash(one.tokens.1 + 1)
            })
            .map(|at| (at - 1, at))
            .collect()
    };
    let theirs = scores(core);
    for (one, other) in scores(claim) {
        let (one, other) = (&claim.quantities[one], &claim.quantities[other]);
        let has = |a: &Quantity, b: &Quantity| {
            theirs.iter().any(|(first, second)| {
                a.has_value_of(&core.quantities[*first])
                    && b.has_value_of(&core.quantities[*second])
            })
        };
        if has(other, one) && !has(one, other) {
            return Err(WhyNot::Number(format!("{}-{}", one.written, other.written)));
        }
    }
    Ok(())
}

/// Objects if a time is limited in one and not in the other, or in another way: `before 12 May` and `on 12 May`.
fn check_time_limit(trial: &Trial<'_>, mention: &Mention) -> Result<(), WhyNot> {
    let claim = trial.said();
    if trial.claim.is_borrowed(mention.tokens.0) || trial.core().cells.is_some() {
        return Ok(());
    }
    let mut there = trial.sentences().flat_map(|(_, one)| {
        let times = one.statement.times.iter().filter(|it| it.time.states(mention.time));
        times.map(|it| limited_alike(claim, mention.tokens.0, &one.statement, it.tokens.0))
    });
    let Some(first) = there.next() else { return Ok(()) };
    let is_alike = first || there.any(|is_alike| is_alike);
    if is_alike { Ok(()) } else { Err(WhyNot::Time(written(claim, *mention))) }
}

/// Objects as [`check_time_limit`] does, to ordinals: `until the third day` and `after the third day`.
fn check_ordinal_limits(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let ordinals = |statement: &Statement| -> Vec<(usize, u32)> {
        let found = statement.meanings.iter().enumerate().filter_map(|(at, found)| {
            found.iter().find_map(|one| match one.meaning {
                Meaning::Ordinal(value) => Some((at, value)),
                _ => None,
            })
        });
        found.filter(|(at, _)| !statement.is_in_time(*at)).collect()
    };
    let theirs = ordinals(core);
    for (at, value) in ordinals(claim).into_iter().filter(|one| !trial.claim.is_borrowed(one.0)) {
        let mut same = theirs.iter().filter(|(_, other)| *other == value).peekable();
        if same.peek().is_some() && !same.any(|(token, _)| limited_alike(claim, at, core, *token)) {
            return Err(WhyNot::Time(claim.tokens[at].text.clone()));
        }
    }
    Ok(())
}

/// Returns whether what leaves open when exactly is the same before two times: nothing, or words on one side of a pair.
fn limited_alike(claim: &Statement, at: usize, source: &Statement, token: usize) -> bool {
    match (claim.time_limit(at), source.time_limit(token)) {
        (None, None) => true,
        (Some(own), Some(theirs)) => {
            claim.tokens[own].lower == source.tokens[theirs].lower
                || claim.poles(own).any(|pole| source.poles(theirs).any(|other| other == pole))
        }
        _ => false,
    }
}

/// Objects if an address of the claim is not in the window as it is.
fn check_addresses(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    for address in claim.addresses.iter().map(|one| claim.address(*one)) {
        let has =
            |source: &Statement| source.addresses.iter().any(|one| source.address(*one) == address);
        let is_there = trial.sentences().any(|(_, one)| has(&one.statement))
            || trial.ground.context.lines.iter().any(has);
        if !is_there {
            return Err(WhyNot::Words(address));
        }
    }
    Ok(())
}

/// How many tokens stand between a label and its number if it ends with a unit: `(kg):`.
const LABEL_END: usize = 4;

/// A quantity that stands in a window more often than this is not looked up further.
const MOST_PLACES: usize = 12;

/// Lists where a quantity of the claim stands in the window: sentence and number of the quantity there.
pub fn places_of<'t>(
    trial: &'t Trial<'_>,
    wanted: &'t Quantity,
) -> impl Iterator<Item = (usize, usize)> + 't {
    let places = trial.sentences().flat_map(move |(sentence, one)| {
        let found = one.statement.quantities.iter().enumerate();
        let found = found.filter(move |(_, other)| fits(trial, wanted, other, sentence));
        found.map(move |(index, _)| (sentence, index))
    });
    places.take(MOST_PLACES)
}

/// Returns whether a quantity of a passage is what the claim says.
fn fits(trial: &Trial<'_>, wanted: &Quantity, other: &Quantity, sentence: usize) -> bool {
    may_stand_for(wanted.bound, other.bound) && is_alike(trial, wanted, other, sentence)
}

/// Compares value and unit, but not how a number limits.
fn is_alike(trial: &Trial<'_>, wanted: &Quantity, other: &Quantity, sentence: usize) -> bool {
    let row = trial.sentence(sentence);
    if row.statement.cells.is_some() {
        return cells::fits(trial, wanted, Cell { sentence, row, figure: other });
    }
    has_value(trial, wanted, other) && has_unit(wanted, other, &row.statement)
}

/// Compares values. A number may leave out the magnitude that is declared for all, and a loss may stand in brackets.
fn has_value(trial: &Trial<'_>, wanted: &Quantity, other: &Quantity) -> bool {
    if wanted.has_value_of(other) {
        return true;
    }
    let is_loss = other.negative
        && !wanted.negative
        && (0..trial.said().tokens.len()).any(|at| is_loss(trial, at));
    let signs_agree = wanted.negative == other.negative || is_loss;
    let same_value = match (&wanted.value, &other.value) {
        (Some(one), Some(two)) => one == two,
        _ => false,
    };
    let is_scaled = wanted.magnitude > 0
        && other.magnitude == 0
        && other.unit == wanted.unit
        && wanted.mantissa == other.value
        && trial.ground.declares(wanted.magnitude, trial.lexicon);
    signs_agree && (same_value || is_scaled)
}

/// Returns whether a word of the claim says that something went down or was lost.
pub fn is_loss(trial: &Trial<'_>, at: usize) -> bool {
    let claim = trial.said();
    let losses = trial.lexicon.words().losses;
    claim.has(at, Meaning::Down) || losses.contains(&claim.tokens[at].lower.as_str())
}

/// Compares units: the same, or left out by a number whose label has it.
fn has_unit(wanted: &Quantity, other: &Quantity, source: &Statement) -> bool {
    match (wanted.unit, other.unit) {
        (Some(unit), None) => label_unit(source, other, unit),
        _ => wanted.has_unit_of(other),
    }
}

/// Returns whether the label right before a number ends with its unit in brackets: `Weight (kg): 31`.
pub fn label_unit(source: &Statement, quantity: &Quantity, unit: &str) -> bool {
    let Some(first) = quantity.tokens.0.checked_sub(LABEL_END) else { return false };
    let is_mark = |at: usize, mark| source.tokens[first + at].is_mark(mark);
    is_mark(0, '(') && means_unit(source, first + 1, unit) && is_mark(2, ')') && is_mark(3, ':')
}

/// Returns whether a token is a unit, as a word or a sign.
pub fn means_unit(statement: &Statement, at: usize, unit: &str) -> bool {
    units::find_sign(&statement.tokens[at].text) == Some(unit)
        || statement.meanings[at]
            .iter()
            .any(|found| matches!(found.meaning, Meaning::Unit(own) if own == unit))
}

/// Returns whether what is limited one way may be said the other way.
fn may_stand_for(claimed: Bound, found: Bound) -> bool {
    match claimed {
        Bound::Exact | Bound::About => matches!(found, Bound::Exact | Bound::About),
        Bound::AtLeast => matches!(found, Bound::AtLeast | Bound::MoreThan),
        Bound::AtMost => matches!(found, Bound::AtMost | Bound::LessThan),
        Bound::MoreThan => found == Bound::MoreThan,
        Bound::LessThan => found == Bound::LessThan,
    }
}

/// Returns whether a number is part of what is known beside the passage's text, with the same word before
/// it (`Note 3`, `Series 4`) or in the passage's title as a name is.
fn is_known(trial: &Trial<'_>, wanted: &Quantity) -> bool {
    let claim = trial.said();
    let before = |statement: &Statement, number: usize| {
        number.checked_sub(1).map(|at| statement.tokens[at].lower.clone())
    };
    let word = before(claim, wanted.number).filter(|word| word.chars().any(char::is_alphabetic));
    let is_year = |time: &Time| {
        time.year.is_some() && time.year == wanted.value.as_ref().and_then(Decimal::as_whole)
    };
    let times = trial.sentences().flat_map(|(_, one)| one.statement.times.iter());
    let years = times.map(|mention| mention.time).chain(trial.ground.context.times.iter().copied());
    if wanted.unit.is_none()
        && wanted.magnitude == 0
        && years.into_iter().any(|time| is_year(&time))
    {
        return true;
    }
    let lines = trial.ground.context.lines.iter();
    let named = lines.filter(|line| line.cells.is_none()).any(|line| {
        line.quantities.iter().any(|other| {
            wanted.has_value_of(other)
                && wanted.unit == other.unit
                && word.is_some()
                && before(line, other.number) == word
        })
    });
    let in_heads = trial.sentences().any(|(_, one)| {
        let mut named = one.header().into_iter().chain(one.groups());
        let is_same = |other: &Quantity| wanted.has_value_of(other) && wanted.unit == other.unit;
        named.any(|line| line.quantities.iter().any(is_same)) || columns::has_length(one, wanted)
    });
    named || in_heads
}

/// Returns whether a time is stated in the window, with what is known beside it.
pub fn is_stated(trial: &Trial<'_>, wanted: Time) -> bool {
    let window: Vec<Time> = trial
        .sentences()
        .flat_map(|(_, one)| {
            let heads = one.all_heads().flat_map(|line| line.times.iter());
            one.statement.times.iter().chain(heads).map(|mention| mention.time)
        })
        .collect();
    let context = &trial.ground.context.times;
    let known = || window.iter().chain(context);
    if known().any(|time| time.states(wanted)) {
        return true;
    }
    // The year of a day is often named once, further up.
    let completed = |time: &Time| {
        known().any(|other| {
            time.month.is_some() != other.month.is_some()
                && time.completed_by(*other).states(wanted)
        }) || known().any(|other| {
            time.quarter.is_some() != other.quarter.is_some()
                && time.completed_by(*other).states(wanted)
        })
    };
    if window.iter().any(completed) || context.iter().any(completed) {
        return true;
    }
    // A year may be written as a plain number, `2022 revenue`.
    let plain = Time { year: wanted.year, ..Time::default() };
    let is_year = |other: &Quantity| {
        other.unit.is_none()
            && other.magnitude == 0
            && other.value.as_ref().and_then(Decimal::as_whole) == wanted.year
    };
    wanted == plain
        && trial.sentences().any(|(_, one)| {
            let lines = std::iter::once(&one.statement).chain(one.header());
            lines.flat_map(|line| &line.quantities).any(is_year)
        })
}

/// Says why a number is not there: not at all, or in another way.
fn objection(trial: &Trial<'_>, wanted: &Quantity) -> WhyNot {
    let tokens = &trial.said().tokens[wanted.tokens.0..=wanted.tokens.1];
    let written = tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
    let near = || {
        trial.sentences().flat_map(|(sentence, one)| {
            one.statement.quantities.iter().map(move |other| (other, sentence))
        })
    };
    if near().any(|(other, sentence)| is_alike(trial, wanted, other, sentence)) {
        WhyNot::Bound(written)
    } else if near().any(|(other, _)| wanted.mantissa == other.mantissa) {
        WhyNot::Unit(written)
    } else {
        WhyNot::Number(written)
    }
}

fn written(claim: &Statement, mention: Mention) -> String {
    let tokens = &claim.tokens[mention.tokens.0..=mention.tokens.1];
    tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}
