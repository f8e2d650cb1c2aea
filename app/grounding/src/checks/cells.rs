//! Cells: a figure of a table has the value, unit and magnitude that its column, its group and the lines above the table give
//! it, and no others.

use quire_language::{Meaning, units};

use super::numbers::{is_loss, label_unit, means_unit};
use super::{Trial, rows};
use crate::ground::GroundSentence;
use crate::quantity::Quantity;
use crate::statement::Statement;
use crate::tables;

/// The greatest power of ten that has a name.
const LARGEST: u8 = 12;

/// A figure of a row.
#[derive(Clone, Copy)]
pub struct Cell<'t> {
    /// The row, counted in the passage.
    pub sentence: usize,
    /// The row.
    pub row: &'t GroundSentence,
    /// The figure.
    pub figure: &'t Quantity,
}

impl<'t> Cell<'t> {
    /// Numbers its column.
    pub fn column(&self) -> usize {
        let cells = self.row.statement.cells.as_deref().unwrap_or_default();
        cells.get(self.figure.number).copied().unwrap_or_default()
    }

    /// Lists the tokens of the header that head its column, or the others.
    pub fn header(&self, is_own: bool) -> impl Iterator<Item = (&'t Statement, usize)> + use<'t> {
        let column = self.column();
        let header = self.row.header().into_iter();
        header.flat_map(move |header| {
            let cells = header.cells.as_deref().unwrap_or_default();
            (0..cells.len())
                .filter(move |at| (cells[*at] == column) == is_own)
                .map(move |at| (header, at))
        })
    }
}

/// Returns whether a figure of a row is the number that the claim says.
pub fn fits(trial: &Trial<'_>, wanted: &Quantity, cell: Cell<'_>) -> bool {
    has_value(trial, wanted, cell) && has_unit(trial, wanted, cell)
}

/// Compares values. A loss may stand in brackets, and the magnitude above the table.
fn has_value(trial: &Trial<'_>, wanted: &Quantity, cell: Cell<'_>) -> bool {
    let found = cell.figure;
    let is_told = found.negative && !wanted.negative && is_told_as_loss(trial, cell);
    if wanted.letter != found.letter || wanted.negative != found.negative && !is_told {
        return false;
    }
    let (Some(own), Some(theirs)) = (&wanted.value, &found.value) else {
        return wanted.written == found.written;
    };
    if !own.has_digits_of(theirs) {
        return false;
    }
    let scaled = |power: u8| *own == theirs.clone().times_ten_to(power);
    match scale(trial, cell) {
        _ if found.magnitude > 0 => own == theirs,
        Scale::OfColumn(power) => scaled(power),
        // A bare number repeats what is printed.
        Scale::OfRow(power) => own == theirs && wanted.unit.is_none() || scaled(power),
        Scale::Above(power) => own == theirs && wanted.magnitude == 0 || scaled(power),
        Scale::Unknown => {
            own == theirs
                || wanted.magnitude > 0
                    && wanted.mantissa == found.value
                    && trial.ground.declares(wanted.magnitude, trial.lexicon)
        }
    }
}

/// Returns whether the claim tells a negative figure as a loss: by a word for one, or by the word that stands in brackets for
/// it, as in `income/(expense)`.
fn is_told_as_loss(trial: &Trial<'_>, cell: Cell<'_>) -> bool {
    let mut tokens = 0..trial.said().tokens.len();
    tokens.any(|at| is_loss(trial, at)) || rows::says_alternative(trial, cell)
}

/// What power of ten a figure without one is counted in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scale {
    /// That of its column, which may not be left out.
    OfColumn(u8),
    /// That of its row, its group or the line that names the columns, which only a bare number may leave out.
    OfRow(u8),
    /// That of a line above the table, which may be left out.
    Above(u8),
    /// Nothing near says so.
    Unknown,
}

fn scale(trial: &Trial<'_>, cell: Cell<'_>) -> Scale {
    let unit = unit(trial, cell);
    if unit.is_some_and(|unit| !units::is_money(unit)) {
        return Scale::OfRow(0);
    }
    let is_money = unit.is_some();
    let of_line = |line: &Statement, counts: &dyn Fn(usize) -> bool| {
        scale_of(trial, (line, counts), cell.row, is_money)
    };
    if let Some(header) = cell.row.header() {
        let own: Vec<usize> = cell.header(true).map(|(_, at)| at).collect();
        if let Some(power) = of_line(header, &|at| own.contains(&at)) {
            return Scale::OfColumn(power);
        }
    }
    let row = &cell.row.statement;
    let label: Vec<usize> = tables::label(row).collect();
    let in_label = of_line(row, &|at| label.contains(&at));
    let in_groups = || cell.row.groups().find_map(|line| of_line(line, &|_| true));
    let in_header = || {
        let header = cell.row.header()?;
        let label: Vec<usize> = tables::label(header).collect();
        of_line(header, &|at| label.contains(&at))
    };
    let above = || cell.row.captions().find_map(|line| of_line(line, &|_| true));
    let known = || trial.ground.context.lines.iter().find_map(|line| of_line(line, &|_| true));
    match in_label.or_else(in_groups).or_else(in_header) {
        Some(power) => Scale::OfRow(power),
        None => above().or_else(known).map_or(Scale::Unknown, Scale::Above),
    }
}

/// Reads the magnitude that a line declares for a row. `In millions, except shares in thousands and per share amounts` has
/// another one for shares, and none for what is paid for one.
fn scale_of(
    trial: &Trial<'_>,
    (line, counts): (&Statement, &dyn Fn(usize) -> bool),
    row: &GroundSentence,
    is_money: bool,
) -> Option<u8> {
    let is_counted =
        |at: usize| line.quantities.iter().any(|one| (one.tokens.0..=one.tokens.1).contains(&at));
    let power = |at: usize| {
        (1..=LARGEST).find(|power| {
            let meaning = Meaning::Magnitude(*power);
            counts(at) && !is_counted(at) && trial.lexicon.has(&line.tokens, at, meaning)
        })
    };
    let end = line.tokens.len();
    let exception =
        (0..end).find(|at| counts(*at) && line.has(*at, Meaning::Exception)).unwrap_or(end);
    let main = (0..exception).find_map(power)?;
    let terms: Vec<&String> = (exception..end)
        .filter(|at| line.content[*at] && counts(*at) && !line.has(*at, Meaning::Exception))
        .filter_map(|at| line.tokens[at].terms.first())
        .collect();
    let is_excepted = |statement: &Statement, at: usize| {
        let stem = statement.tokens[at].terms.first();
        stem.is_some_and(|stem| terms.contains(&stem)) && !statement.has(at, Meaning::Linking)
    };
    let in_label = tables::label(&row.statement).any(|at| is_excepted(&row.statement, at));
    let in_group = row
        .groups()
        .last()
        .is_some_and(|group| (0..group.tokens.len()).any(|at| is_excepted(group, at)));
    if !in_label && !in_group {
        return Some(main);
    }
    let other = (exception..end).find_map(power).filter(|_| !is_money);
    Some(other.unwrap_or(0))
}

/// Compares units: the same, or that of the column, the group or the table.
fn has_unit(trial: &Trial<'_>, wanted: &Quantity, cell: Cell<'_>) -> bool {
    let Some(own) = wanted.unit else { return wanted.has_unit_of(cell.figure) };
    if let Some(theirs) = unit(trial, cell) {
        return own == theirs;
    }
    let is_others = || heads_unit(cell, false, own) && !heads_unit(cell, true, own);
    label_unit(&cell.row.statement, cell.figure, own) || !is_others() && is_named(trial, cell, own)
}

/// Finds the unit of a figure: its own, that of its column, or that of the nearest figure above it. A table has the sign of its
/// currency at its first figure and at sums.
fn unit(trial: &Trial<'_>, cell: Cell<'_>) -> Option<&'static str> {
    if cell.figure.unit.is_some() {
        return cell.figure.unit;
    }
    let headed = cell.header(true).find_map(|(header, at)| unit_at(header, at));
    headed.or_else(|| {
        let above = unit_above(trial, cell);
        above.filter(|unit| !units::is_money(unit) || !counts_others(cell.row))
    })
}

/// Finds the unit of the nearest figure above in the column that has one.
fn unit_above(trial: &Trial<'_>, cell: Cell<'_>) -> Option<&'static str> {
    let table = cell.row.heads.as_ref()?.table;
    let column = cell.column();
    let rows = trial.ground.sentences[..cell.sentence].iter().rev();
    let rows = rows.map(|row| (&row.statement, row.heads.as_ref()));
    let led_by = trial.ground.led_by.iter().rev().map(|(row, heads)| (row, Some(heads)));
    let rows = rows.chain(led_by);
    let rows = rows.take_while(|(_, heads)| heads.is_none_or(|heads| heads.table == table));
    let mut units = rows.filter_map(|(row, heads)| {
        let cells = row.cells.as_ref()?;
        if heads.is_some_and(|heads| heads.is_header) {
            return None;
        }
        let figures = row.quantities.iter().filter(|one| cells[one.number] == column);
        figures.filter_map(|one| one.unit).next_back()
    });
    units.next()
}

/// Returns whether the label or the group of a row begins with what it counts, such as shares, so that its figures are no money.
fn counts_others(row: &GroundSentence) -> bool {
    let begins = |statement: &Statement, mut tokens: Box<dyn Iterator<Item = usize> + '_>| {
        let first = tokens.find(|at| statement.content[*at]);
        first.and_then(|at| word_unit(statement, at)).is_some_and(|unit| !units::is_money(unit))
    };
    begins(&row.statement, Box::new(tables::label(&row.statement)))
        || row.groups().last().is_some_and(|group| begins(group, Box::new(0..group.tokens.len())))
}

fn word_unit(statement: &Statement, at: usize) -> Option<&'static str> {
    statement.meanings[at].iter().find_map(|one| match one.meaning {
        Meaning::Unit(unit) => Some(unit),
        _ => None,
    })
}

/// Finds the unit that a token of a header names, and that counts nothing there: `(EUR)`, and not the months of a period.
fn unit_at(header: &Statement, at: usize) -> Option<&'static str> {
    let is_counted =
        header.quantities.iter().any(|one| (one.tokens.0..=one.tokens.1).contains(&at));
    let named = units::find_sign(&header.tokens[at].text).or_else(|| word_unit(header, at));
    let unit =
        named.filter(|unit| units::is_money(unit) || *unit == "%" || in_brackets(header, at));
    (!is_counted).then_some(unit).flatten()
}

fn in_brackets(header: &Statement, at: usize) -> bool {
    let is_mark = |at: Option<usize>, mark| {
        at.is_some_and(|at| header.tokens.get(at).is_some_and(|it| it.is_mark(mark)))
    };
    is_mark(at.checked_sub(1), '(') && is_mark(Some(at + 1), ')')
}

/// Returns whether a unit heads the column of a figure, or another column of figures.
fn heads_unit(cell: Cell<'_>, is_own: bool, unit: &str) -> bool {
    let is_label =
        |header: &Statement, at: usize| header.cells.as_ref().is_some_and(|it| it[at] == 0);
    cell.header(is_own).any(|(header, at)| !is_label(header, at) && means_unit(header, at, unit))
}

/// Returns whether a unit is named in what heads a row, in its label or beside the passage, apart from any number.
fn is_named(trial: &Trial<'_>, cell: Cell<'_>, unit: &str) -> bool {
    let names = |statement: &Statement| {
        (0..statement.tokens.len()).any(|at| {
            let mut counted = statement.quantities.iter();
            !counted.any(|one| (one.tokens.0..=one.tokens.1).contains(&at))
                && means_unit(statement, at, unit)
        })
    };
    cell.row.all_heads().any(names)
        || names(&cell.row.statement)
        || trial.ground.context.lines.iter().any(names)
}
