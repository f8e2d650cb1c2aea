//! The tables of a sheet: rows that stand together, with those that name their columns.

use std::collections::BTreeSet;

use csv::StringRecord;

use super::{Grid, Row, columns_of};
use crate::parse::csv::header;

/// So many blank rows may stand inside a table, such as those before sums.
const BLANK_ROWS: u32 = 2;
/// How many rows are looked at to tell if the first names the columns.
const SAMPLE_ROWS: usize = 60;
/// So many rows may stand above the one that names the columns.
const MOST_ABOVE: usize = 20;

/// A table, and the rows above it.
pub(super) struct Table<'a> {
    /// Titles and remarks.
    pub(super) above: &'a [Row],
    /// The rows that name the columns; none if nothing does.
    pub(super) header: &'a [Row],
    /// The other rows, divided where blank ones stand.
    pub(super) runs: Vec<&'a [Row]>,
    columns: Vec<u32>,
}

impl Table<'_> {
    /// Writes a row as a line: a cell for each column, as far as they hold text.
    pub(super) fn line(&self, row: &Row) -> String {
        let mut line = String::new();
        let last = row.cells.last().map_or(0, |(column, _)| *column);
        let mut cells = row.cells.iter().peekable();
        for (at, column) in self.columns.iter().take_while(|column| **column <= last).enumerate() {
            if at > 0 {
                line.push_str(" | ");
            }
            while let Some((_, text)) = cells.next_if(|(other, _)| other <= column) {
                for (at, word) in text.split_whitespace().enumerate() {
                    if at > 0 {
                        line.push(' ');
                    }
                    line.push_str(word);
                }
            }
        }
        line
    }
}

/// Finds the tables of a sheet, in their order. `grouped` are rows that name groups of columns.
pub(super) fn find<'a>(grid: &'a Grid, grouped: &BTreeSet<u32>) -> Vec<Table<'a>> {
    let mut tables: Vec<Table<'a>> = Vec::new();
    for run in runs(grid) {
        match tables.last_mut() {
            Some(table) if continues(table, run, grid, grouped) => {
                table.columns = columns_of_all(table, run);
                table.runs.push(run);
            }
            Some(table) if names(table, run, grid, grouped) => {
                table.columns = columns_of_all(table, run);
                table.header = std::mem::replace(&mut table.runs, vec![run])[0];
            }
            _ => tables.push(begin(run, grid, grouped)),
        }
    }
    tables
}

/// Says whether a row that stands alone names the columns of the rows below it.
fn names(table: &Table<'_>, run: &[Row], grid: &Grid, grouped: &BTreeSet<u32>) -> bool {
    let [[alone]] = table.runs[..] else { return false };
    let is_free = table.header.is_empty() && table.above.is_empty() && alone.cells.len() > 1;
    if !is_free || !is_near(alone.number, run) {
        return false;
    }
    let columns = columns_of_all(table, run);
    let both: Vec<Row> =
        std::iter::once(alone).chain(run.iter().take(SAMPLE_ROWS)).cloned().collect();
    find_header(run, &columns_of(run), (grid, grouped)) == (0, 0)
        && header::has_header(&records(&both, &columns))
}

/// Says whether rows begin close below another.
fn is_near(above: u32, run: &[Row]) -> bool {
    run.first().is_some_and(|first| first.number.saturating_sub(above) <= BLANK_ROWS + 1)
}

/// Divides rows where blank ones stand between them, and before those that the file says are headers.
fn runs(grid: &Grid) -> Vec<&[Row]> {
    let mut runs = Vec::new();
    let mut start = 0;
    let mut has_header = false;
    for (at, row) in grid.rows.iter().enumerate() {
        let is_header = is_stated(grid, row);
        let follows = at > 0 && grid.rows[at - 1].number.checked_add(1) == Some(row.number);
        if at > start && (!follows || (is_header && has_header)) {
            runs.push(&grid.rows[start..at]);
            start = at;
            has_header = false;
        }
        has_header |= is_header;
    }
    if start < grid.rows.len() {
        runs.push(&grid.rows[start..]);
    }
    runs
}

fn is_stated(grid: &Grid, row: &Row) -> bool {
    grid.headers.binary_search(&row.number).is_ok()
}

/// Begins a table with a run of rows.
fn begin<'a>(run: &'a [Row], grid: &Grid, grouped: &BTreeSet<u32>) -> Table<'a> {
    let columns = columns_of(run);
    let (above, names) = find_header(run, &columns, (grid, grouped));
    let (above, rest) = run.split_at(above);
    let (header, rows) = rest.split_at(names);
    Table { above, header, runs: vec![rows], columns }
}

/// Finds how many rows stand above a table, and how many after these name its columns.
fn find_header(
    run: &[Row],
    columns: &[u32],
    (grid, grouped): (&Grid, &BTreeSet<u32>),
) -> (usize, usize) {
    let is_group = |at: &usize| run.get(*at).is_some_and(|row| grouped.contains(&row.number));
    let groups_before = |at: usize| (0..at).rev().take_while(is_group).count();
    if let Some(at) = run.iter().take(MOST_ABOVE).position(|row| is_stated(grid, row)) {
        let groups = groups_before(at);
        return (at - groups, groups + 1);
    }
    if columns.len() < 2 {
        return (0, 0);
    }
    let records = records(run, columns);
    let above = header::shape(&records).0.min(run.len());
    let groups = (above..run.len()).take_while(is_group).count();
    if groups > 0 && above + groups < run.len() {
        return (above, groups + 1);
    }
    let has_header = header::has_header(records.get(above..).unwrap_or_default());
    (above, usize::from(has_header))
}

fn records(run: &[Row], columns: &[u32]) -> Vec<StringRecord> {
    let record = |row: &Row| {
        let mut cells = row.cells.iter().peekable();
        let cell = |column: &u32| {
            let found = cells.next_if(|(other, _)| other <= column);
            found.map_or(String::new(), |(_, text)| text.to_string())
        };
        StringRecord::from(columns.iter().map(cell).collect::<Vec<String>>())
    };
    run.iter().take(SAMPLE_ROWS).map(record).collect()
}

/// Says whether a run of rows belongs to the table above it: it stands close below, under the same columns, and names none
/// of its own.
fn continues(table: &Table<'_>, run: &[Row], grid: &Grid, grouped: &BTreeSet<u32>) -> bool {
    let ends = table.runs.iter().rev().find_map(|run| run.last());
    let end = ends.or(table.header.last()).map_or(0, |row| row.number);
    let has_own = run.iter().any(|row| is_stated(grid, row) || grouped.contains(&row.number));
    if !is_near(end, run) || has_own || table.header.is_empty() {
        return false;
    }
    let columns = columns_of(run);
    let inside = columns.iter().filter(|column| table.columns.contains(column)).count();
    // Rows alone under the first column may be remarks; they stand in the table all the same.
    inside * 2 > columns.len() && !header::names_numbers(&records(run, &columns))
}

/// Lists the columns of a table together with those of more rows.
fn columns_of_all(table: &Table<'_>, run: &[Row]) -> Vec<u32> {
    let mut columns: BTreeSet<u32> = table.columns.iter().copied().collect();
    columns.extend(columns_of(run));
    columns.into_iter().collect()
}
