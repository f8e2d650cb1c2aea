//! Tables: lines that stand in rows and columns become rows whose cells are told apart, under the names of their columns.
//!
//! A **piece** is text that stands by itself on a baseline: a cell or one line of it. Tables with drawn borders are read by
//! their borders ([`ruled`]); others by the gaps that stand below each other and by the figures in their columns
//! ([`aligned`]), or by names that are set apart above columns of words ([`worded`]). What is not surely a table is left as it is.

mod aligned;
mod columns;
mod figures;
mod header;
mod pieces;
mod ruled;
mod worded;

use super::PageLines;
use super::hyphens::{Join, Vocabulary};
use super::lines::{self, Line, Segment, TableRow};

/// Stands between the cells of a row, as in the tables of other formats.
pub(super) const BETWEEN_CELLS: &str = " | ";

/// Finds the tables of all pages and puts a line for each of their rows in the place of the lines they are made of.
pub(super) fn find(pages: &mut [PageLines], vocabulary: &Vocabulary) {
    for page in pages {
        // The parts of a line that runs from right to left are still in the order in which they are seen.
        if page.lines.iter().any(|line| line.is_rtl) {
            continue;
        }
        let mut tables = 0;
        ruled::find(page, vocabulary, &mut tables);
        aligned::find(page, vocabulary, &mut tables);
        worded::find(page, vocabulary, &mut tables);
    }
}

/// A row of a table in the making.
#[derive(Debug, Default)]
struct Row {
    /// What its cells are made of, by their columns.
    cells: Vec<Cell>,
    /// Whether it names the columns.
    is_header: bool,
}

/// The text of one cell.
#[derive(Clone, Debug, Default)]
struct Cell {
    parts: Vec<Segment>,
}

impl Cell {
    /// Writes a cell: what stands on one baseline from left to right, and then the next line.
    fn text(&self, vocabulary: &Vocabulary) -> String {
        let mut text = String::new();
        for line in self.lines() {
            match vocabulary.join(&text, &line) {
                // Names of programs and the like break at their own hyphens.
                Join::DropHyphen if has_other_hyphen(&text) => {}
                _ if text.is_empty() => {}
                Join::Blank => text.push(' '),
                Join::Directly => {}
                Join::DropHyphen => {
                    text.pop();
                }
            }
            text.push_str(&line);
        }
        text
    }

    fn lines(&self) -> Vec<String> {
        let mut parts = self.parts.clone();
        parts.sort_by(|a, b| a.y.total_cmp(&b.y));
        let mut rows: Vec<Vec<Segment>> = Vec::new();
        for part in parts {
            match rows.last_mut() {
                Some(row) if row.iter().any(|other| is_beside(other, &part)) => row.push(part),
                _ => rows.push(vec![part]),
            }
        }
        let joined = rows.into_iter().filter_map(|row| lines::join(row, 0));
        joined.map(|line| line.text.replace("  ", " ")).collect()
    }
}

/// Says whether the last word of a text has a hyphen before the one at its end.
fn has_other_hyphen(text: &str) -> bool {
    let word = text.rsplit(' ').next().unwrap_or_default();
    word.matches('-').count() > 1
}

/// Says whether two parts of a cell stand on one baseline; marks of notes are raised a little.
fn is_beside(a: &Segment, b: &Segment) -> bool {
    (a.y - b.y).abs() < 0.5 * a.size.max(b.size)
}

/// Writes the rows of a table as lines.
fn lines_of(rows: Vec<Row>, table: usize, area: usize, vocabulary: &Vocabulary) -> Vec<Line> {
    let lines = rows.into_iter().filter_map(|row| {
        let mut cells: Vec<String> = row.cells.iter().map(|cell| cell.text(vocabulary)).collect();
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        let parts = || row.cells.iter().flat_map(|cell| &cell.parts);
        let first = parts().map(|part| part.y).fold(f32::MAX, f32::min);
        let last = parts().map(|part| part.y).fold(f32::MIN, f32::max);
        let size = parts().map(|part| part.size).fold(0.0, f32::max);
        let line = Line {
            text: cells.join(BETWEEN_CELLS),
            // A row is never a paragraph or a heading.
            cells: cells.len().max(2),
            x0: parts().map(|part| part.x0).fold(f32::MAX, f32::min),
            x1: parts().map(|part| part.x1).fold(f32::MIN, f32::max),
            y: last,
            size,
            first_word: 0.0,
            is_bold: false,
            is_monospace: false,
            is_rtl: false,
            turns: 0,
            frame: None,
            area,
            is_running_head: false,
            rise: last - first,
            parts: Vec::new(),
            row: Some(TableRow { table, is_header: row.is_header }),
        };
        (!line.text.trim().is_empty()).then_some(line)
    });
    lines.collect()
}
