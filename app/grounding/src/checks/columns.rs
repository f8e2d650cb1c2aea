//! Columns: a figure of a table is said of the period that heads its column, and of what the column is named after.

use quire_language::Meaning;

use super::Trial;
use super::binding::{Tokens, bound, bound_time, rivals_of};
use super::cells::Cell;
use crate::alignment::Match;
use crate::decimal::Decimal;
use crate::ground::GroundSentence;
use crate::length;
use crate::quantity::Quantity;
use crate::statement::Statement;
use crate::tables;
use crate::time::Time;

/// Returns whether a figure stands in the column that the claim names by its time, its period or its words.
pub fn has_figure(trial: &Trial<'_>, wanted: &Quantity, sentence: usize, found: &Quantity) -> bool {
    let row = trial.sentence(sentence);
    let cell = Cell { sentence, row, figure: found };
    let claimed = Claimed::of(trial, wanted);
    claimed.has_label_time(cell)
        && claimed.has_time(trial, cell)
        && claimed.has_length(cell)
        && is_told_apart(cell)
        && is_named(trial, cell)
        && tells_change(trial, cell)
}

/// Returns whether what heads a row names a period as long as a quantity says.
pub fn has_length(row: &GroundSentence, wanted: &Quantity) -> bool {
    let months = length::of_quantity(wanted);
    months.is_some()
        && row.all_heads().any(|line| length::find(line).iter().any(|it| Some(it.months) == months))
}

/// When something was, as the claim or else its question says.
struct Claimed {
    /// The time that the figure is bound to, or those of the question.
    times: Vec<Time>,
    /// All times of both.
    all: Vec<Time>,
    /// How long the period is, in months.
    months: Option<u32>,
}

impl Claimed {
    fn of(trial: &Trial<'_>, wanted: &Quantity) -> Self {
        let claim = trial.said();
        let rivals = rivals_of(claim, wanted);
        let asked = || trial.claim.question.times.iter().map(|one| one.time).collect();
        let times = bound_time(claim, wanted.tokens, &rivals).map_or_else(asked, |time| vec![time]);
        let own: Vec<(Tokens, u32)> =
            length::find(claim).into_iter().map(|one| (one.tokens, one.months)).collect();
        let months = bound(claim, &own, wanted.tokens, &rivals).or_else(|| {
            let mut asked = length::find(&trial.claim.question).into_iter().map(|one| one.months);
            let first = asked.next()?;
            asked.all(|months| months == first).then_some(first)
        });
        let all = claim.times.iter().chain(&trial.claim.question.times).map(|one| one.time);
        Self { times, all: all.collect(), months }
    }

    /// Compares with the times in the label of the row and in the line that names its group.
    fn has_label_time(&self, cell: Cell<'_>) -> bool {
        let row = &cell.row.statement;
        let label: Vec<usize> = tables::label(row).collect();
        let in_label = row.times.iter().filter(|one| label.contains(&one.tokens.0));
        let in_label: Vec<Time> = in_label.map(|one| one.time).collect();
        let group = cell.row.groups().last().into_iter().flat_map(|line| &line.times);
        let in_group: Vec<Time> = group.map(|one| one.time).collect();
        let fits = |there: &[Time]| {
            there.is_empty()
                || self.all.is_empty()
                || self.all.iter().any(|time| there.iter().any(|own| own.may_be(*time)))
        };
        fits(&in_label) && fits(&in_group)
    }

    /// Compares with the times over the column, if columns are told apart by times.
    fn has_time(&self, trial: &Trial<'_>, cell: Cell<'_>) -> bool {
        let Some((header, columns)) = header_of(cell) else { return true };
        let dated = times_of_columns(header);
        let is_own = |one: &&(usize, Time)| columns[one.0] == cell.column();
        let heading: Vec<Time> = dated.iter().filter(is_own).map(|one| one.1).collect();
        if heading.is_empty() || dated.iter().all(|one| is_own(&one)) || self.times.is_empty() {
            return true;
        }
        let context = &trial.ground.context.times;
        self.times.iter().any(|time| {
            let may_be = || heading.iter().all(|own| own.may_be(*time));
            heading.iter().any(|own| own.may_be(*time))
                || context.iter().any(|own| own.states(*time)) && may_be()
        })
    }

    /// Compares with the length of the period over the column, else with that in the lines above. If the claim names a time
    /// and no length, only one column may be of that time.
    fn has_length(&self, cell: Cell<'_>) -> bool {
        let Some((header, columns)) = header_of(cell) else { return true };
        let column = cell.column();
        let named: Vec<(usize, u32)> =
            length::find(header).iter().map(|one| (columns[one.tokens.0], one.months)).collect();
        let own = |months: u32| named.contains(&(column, months));
        match self.months {
            Some(months) if !named.is_empty() => own(months),
            Some(months) => {
                let mut lines =
                    cell.row.groups().chain(cell.row.captions()).flat_map(length::find).peekable();
                lines.peek().is_none() || lines.any(|one| one.months == months)
            }
            None if self.times.is_empty() => true,
            None => {
                let dated = times_of_columns(header);
                let is_meant = |column: usize| {
                    let mut there = dated.iter().filter(|one| columns[one.0] == column);
                    there.any(|one| self.times.iter().any(|time| one.1.may_be(*time)))
                };
                let others = |one: &&(usize, u32)| one.0 != column && is_meant(one.0);
                named.iter().filter(others).all(|one| own(one.1))
            }
        }
    }
}

/// Returns whether what heads the column heads no other one. Two columns of the same period under the same name were read
/// wrong, and nothing tells which of them is meant.
fn is_told_apart(cell: Cell<'_>) -> bool {
    let Some((header, columns)) = header_of(cell) else { return true };
    let words = |column: usize| -> Vec<&str> {
        let own = (0..columns.len()).filter(|at| columns[*at] == column);
        let own = own.filter(|at| !header.tokens[*at].is_mark('|'));
        own.map(|at| header.tokens[at].lower.as_str()).collect()
    };
    let column = cell.column();
    if is_undated(header, columns, column) {
        return true;
    }
    let own = words(column);
    let last = columns.last().copied().unwrap_or_default();
    (1..=last).all(|other| other == column || words(other) != own)
}

/// Shows what names the columns, with the cell of each of its tokens.
fn header_of(cell: Cell<'_>) -> Option<(&Statement, &[usize])> {
    let header = cell.row.header()?;
    Some((header, header.cells.as_deref()?))
}

/// Returns whether the claim's words name the column, or none: not others and this one not. What heads all columns names none.
fn is_named(trial: &Trial<'_>, cell: Cell<'_>) -> bool {
    let Some((header, columns)) = header_of(cell) else { return true };
    let last = columns.last().copied().unwrap_or_default();
    let (mut names_own, mut names_others) = (false, false);
    for found in &trial.alignment.matches {
        let Match::Header(place) = found else { continue };
        if place.sentence != cell.sentence || columns[place.token] == 0 {
            continue;
        }
        let term = header.tokens[place.token].terms.first();
        let heads = |column: usize| {
            let mut tokens = (0..columns.len()).filter(|at| columns[*at] == column);
            tokens.any(|at| {
                at == place.token || term.is_some() && header.tokens[at].terms.first() == term
            })
        };
        if !heads(cell.column()) {
            names_others = true;
        } else if !(1..=last).all(heads) {
            names_own = true;
        }
    }
    !names_others || names_own
}

/// Returns whether the claim tells a change, if the column is one of changes.
fn tells_change(trial: &Trial<'_>, cell: Cell<'_>) -> bool {
    let is_change = |(header, at): (&Statement, usize)| header.has(at, Meaning::Change);
    !cell.header(true).any(is_change) || speaks_of_change(trial)
}

fn speaks_of_change(trial: &Trial<'_>) -> bool {
    let moves = |statement: &Statement| {
        let meanings = [Meaning::Change, Meaning::Up, Meaning::Down];
        (0..statement.tokens.len()).any(|at| meanings.iter().any(|it| statement.has(at, *it)))
    };
    moves(trial.said()) || moves(&trial.claim.question)
}

/// Returns whether a figure is a difference: its column, its label or its group says so.
pub fn is_difference(cell: Cell<'_>) -> bool {
    let says = |statement: &Statement, at: usize| {
        [Meaning::Change, Meaning::Up, Meaning::Down].iter().any(|it| statement.has(at, *it))
    };
    let row = &cell.row.statement;
    cell.header(true).any(|(header, at)| says(header, at))
        || tables::label(row).any(|at| says(row, at))
        || cell.row.groups().any(|line| (0..line.tokens.len()).any(|at| says(line, at)))
}

/// Returns whether neither a time nor the length of a period heads a column.
fn is_undated(header: &Statement, columns: &[usize], column: usize) -> bool {
    let has_time = times_of_columns(header).iter().any(|one| columns[one.0] == column);
    !has_time && !length::find(header).iter().any(|one| columns[one.tokens.0] == column)
}

/// Lists the times that head columns, and their tokens. A year that stands alone there may be read as a number.
fn times_of_columns(header: &Statement) -> Vec<(usize, Time)> {
    let named = header.times.iter().map(|one| (one.tokens.0, one.time));
    let years = header.quantities.iter().filter(|one| one.may_be_year()).map(|one| {
        let year = one.value.as_ref().and_then(Decimal::as_whole);
        (one.number, Time { year, ..Time::default() })
    });
    named.chain(years).collect()
}
