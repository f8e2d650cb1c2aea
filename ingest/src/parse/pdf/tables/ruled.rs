//! Tables with drawn borders: lines along and across make a grid, and text stands in its cells.

mod grid;

use super::pieces::divide_at;
use super::{Cell, Row, lines_of};
use crate::parse::csv::header;
use crate::parse::pdf::PageLines;
use crate::parse::pdf::hyphens::Vocabulary;
use crate::parse::pdf::lines::{self, Line, Segment};
use csv::StringRecord;
use grid::Grid;

/// A cell of more letters than this holds a text, and its grid lays out a page.
const LONGEST_CELL: usize = 800;
/// So many of ten cells of a table hold something.
const FILLED_TENTHS: usize = 4;
/// One cell in so many may end with a colon; others are those of a form.
const FORM_SHARE: usize = 4;

/// Finds tables with borders on a page, and puts their rows in the place of what their lines say.
pub(super) fn find(page: &mut PageLines, vocabulary: &Vocabulary, tables: &mut usize) {
    for grid in grid::find(&page.rules) {
        let mut filled = vec![Vec::<Segment>::new(); grid.regions()];
        let mut rest: Vec<Option<Vec<Segment>>> = vec![None; page.lines.len()];
        for (line, rest) in page.lines.iter().zip(&mut rest) {
            if line.turns == 0 && line.row.is_none() {
                *rest = take(line, &grid, &mut filled);
            }
        }
        let Some(rows) = rows(&grid, filled, vocabulary) else { continue };
        let Some(first) = rest.iter().position(Option::is_some) else { continue };
        let area = page.lines[first].area;
        let mut written = lines_of(rows, *tables, area, vocabulary);
        *tables += 1;
        let mut result = Vec::with_capacity(page.lines.len());
        for (at, (line, rest)) in std::mem::take(&mut page.lines).into_iter().zip(rest).enumerate()
        {
            if at == first {
                result.append(&mut written);
            }
            match rest {
                None => result.push(line),
                Some(parts) => result.extend(without(&line, parts)),
            }
        }
        page.lines = result;
    }
}

/// Takes what a line says inside of a grid, and gives the rest of it; `None` if it lies outside.
fn take(line: &Line, grid: &Grid, filled: &mut [Vec<Segment>]) -> Option<Vec<Segment>> {
    let mut rest = Vec::new();
    let mut has_taken = false;
    for part in &line.parts {
        let middle = part.y - 0.3 * part.size;
        let Some(row) = grid.row_at(middle) else {
            rest.push(part.clone());
            continue;
        };
        for (region, cut) in divide_at(part, |x| grid.region_at(row, x)) {
            if let Some(region) = region {
                filled[region].push(cut);
                has_taken = true;
            } else {
                rest.push(cut);
            }
        }
    }
    has_taken.then_some(rest)
}

/// Writes what is left of a line.
fn without(line: &Line, parts: Vec<Segment>) -> Option<Line> {
    let left = lines::join(parts, line.area)?;
    Some(Line { is_running_head: line.is_running_head, ..left })
}

/// Makes rows of what stands in the cells, if they are those of a table.
fn rows(grid: &Grid, filled: Vec<Vec<Segment>>, vocabulary: &Vocabulary) -> Option<Vec<Row>> {
    let cells: Vec<Cell> = filled.into_iter().map(|parts| Cell { parts }).collect();
    let texts: Vec<String> = cells.iter().map(|cell| cell.text(vocabulary)).collect();
    if !is_table(grid, &texts) {
        return None;
    }
    let mut rows: Vec<(usize, Row)> = Vec::new();
    for row in 0..grid.rows() {
        let regions = grid.row(row);
        let begins_here = regions
            .iter()
            .any(|region| grid.first_row(*region) == row && !texts[*region].is_empty());
        if !begins_here {
            continue;
        }
        let cells = (0..regions.len()).map(|column| {
            // What stands over several columns is said once, but in the names of columns.
            let is_repeated = column > 0 && regions[column - 1] == regions[column];
            if is_repeated { Cell::default() } else { cells[regions[column]].clone() }
        });
        rows.push((row, Row { cells: cells.collect(), is_header: false }));
    }
    name_columns(grid, &cells, &texts, &mut rows);
    Some(rows.into_iter().map(|(_, row)| row).collect())
}

/// Says whether a grid is that of a table: rows of several cells, most of which hold something, none a long text.
fn is_table(grid: &Grid, texts: &[String]) -> bool {
    let filled: Vec<&String> = texts.iter().filter(|text| !text.is_empty()).collect();
    let is_long = filled.iter().any(|text| text.chars().count() > LONGEST_CELL);
    let asks = filled.iter().filter(|text| text.ends_with(':')).count();
    let several = (0..grid.rows()).filter(|row| {
        let mut regions: Vec<usize> = grid.row(*row).to_vec();
        regions.dedup();
        regions.iter().filter(|region| !texts[**region].is_empty()).count() >= 2
    });
    let several = several.count();
    let is_filled = filled.len() * 10 >= texts.len() * FILLED_TENTHS;
    several >= 2 && is_filled && !is_long && asks * FORM_SHARE <= filled.len() && grid.is_even()
}

/// Joins the rows that name columns to one, if there are some, and marks it.
fn name_columns(grid: &Grid, cells: &[Cell], texts: &[String], rows: &mut Vec<(usize, Row)>) {
    let count = header_rows(grid, cells, texts, rows);
    if count == 0 || count >= rows.len() {
        return;
    }
    let mut header = Row { cells: vec![Cell::default(); grid.columns()], is_header: true };
    for (row, _) in rows.drain(..count) {
        for (column, region) in grid.row(row).iter().enumerate() {
            // A name that stands over several rows is said by the first.
            if grid.first_row(*region) == row {
                header.cells[column].parts.extend(cells[*region].parts.iter().cloned());
            }
        }
    }
    rows.insert(0, (0, header));
}

/// Counts the rows that name columns: those in bold type, those with names over several columns and the one below, or one that
/// is unlike the others.
fn header_rows(grid: &Grid, cells: &[Cell], texts: &[String], rows: &[(usize, Row)]) -> usize {
    let is_bold = |row: usize| {
        let mut parts = grid.row(row).iter().flat_map(|region| &cells[*region].parts).peekable();
        parts.peek().is_some() && parts.all(Segment::is_bold)
    };
    let spans = |row: usize| {
        let regions = grid.row(row);
        regions.windows(2).any(|pair| pair[0] == pair[1] && !texts[pair[0]].is_empty())
            && regions.iter().any(|region| *region != regions[0])
    };
    let bold = rows.iter().take_while(|(row, _)| is_bold(*row)).count();
    if bold > 0 && bold < rows.len() && bold <= 4 {
        return bold;
    }
    let spanning = rows.iter().take_while(|(row, _)| spans(*row)).count();
    if spanning > 0 && spanning < 4 && spanning + 1 < rows.len() {
        return spanning + 1;
    }
    let record = |(row, _): &(usize, Row)| {
        let regions = grid.row(*row).iter();
        StringRecord::from(regions.map(|region| texts[*region].as_str()).collect::<Vec<_>>())
    };
    let records: Vec<StringRecord> = rows.iter().take(60).map(record).collect();
    usize::from(header::names_numbers(&records))
}
