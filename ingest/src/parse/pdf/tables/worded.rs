//! Tables of words without borders: rows of short texts that begin below each other, under names that are set apart.
//!
//! Columns of running text, forms and lists stand below each other, too. So names of all columns are asked for, in bold type
//! or with a line below them, and rows that keep to their columns.

use std::ops::Range;

use super::aligned::run_end;
use super::columns::Columns;
use super::pieces::{self, Piece};
use super::{Cell, Row, lines_of};
use crate::parse::pdf::PageLines;
use crate::parse::pdf::hyphens::Vocabulary;
use crate::parse::pdf::lines::{self, Line, Segment};
use crate::parse::pdf::rules::Rule;

/// A table has at least so many rows below its names.
const LEAST_ROWS: usize = 3;
/// It has no more columns than these.
const MOST_COLUMNS: usize = 8;
/// Between columns is at least so much room, in font sizes.
const LEAST_GUTTER: f32 = 1.2;
/// Cells of a column begin at one place, but for this, in font sizes.
const RAGGED: f32 = 0.5;
/// A line of a cell has no more letters than this.
const LONGEST_CELL: usize = 60;
/// Rows follow each other within so many font sizes, and the lines of a row within fewer.
const NEAR: f32 = 2.6;
const WRAPPED_WITHIN: f32 = 1.45;

/// A line with what stands in it.
struct Entry<'a> {
    line: &'a Line,
    pieces: Vec<Piece>,
}

/// Finds tables of words on a page, and puts their rows in the place of their lines.
pub(super) fn find(page: &mut PageLines, vocabulary: &Vocabulary, tables: &mut usize) {
    let lines = std::mem::take(&mut page.lines);
    let mut result: Vec<Line> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        let end = run_end(&lines, at);
        let entries: Vec<Entry<'_>> =
            lines[at..end].iter().map(|line| Entry { line, pieces: pieces_of(line) }).collect();
        let mut written = 0;
        while let Some((taken, rows)) = next_table(&entries, written, &page.rules.across) {
            result.extend(lines[at + written..at + taken.start].iter().cloned());
            result.extend(lines_of(rows, *tables, lines[at + taken.start].area, vocabulary));
            *tables += 1;
            written = taken.end;
        }
        result.extend(lines[at + written..end].iter().cloned());
        at = end;
    }
    page.lines = result;
}

fn pieces_of(line: &Line) -> Vec<Piece> {
    let is_text =
        line.turns == 0 && !line.is_monospace && !line.is_running_head && line.row.is_none();
    if is_text { pieces::of(line) } else { Vec::new() }
}

/// Finds the first table from a line on: which lines it takes, and its rows.
fn next_table(
    entries: &[Entry<'_>],
    from: usize,
    rules: &[Rule],
) -> Option<(Range<usize>, Vec<Row>)> {
    (from..entries.len()).find_map(|start| {
        let end = body_end(entries, start)?;
        let rows = read(&entries[start..end], rules)?;
        Some((start..end, rows))
    })
}

/// Finds where rows end below a line that may name columns.
fn body_end(entries: &[Entry<'_>], start: usize) -> Option<usize> {
    let names = &entries[start].pieces;
    if !(2..=MOST_COLUMNS).contains(&names.len()) {
        return None;
    }
    let last_begins = names.last()?.x0;
    let mut end = start + 1;
    while let Some(entry) = entries.get(end) {
        let above = entries[end - 1].line;
        let size = above.size.max(entry.line.size);
        let is_row = match entry.pieces.as_slice() {
            [] => false,
            // The rest of a cell, or running text below the table.
            [alone] => {
                let goes_on = alone.x0 > names[0].x1 || alone.text.starts_with(char::is_lowercase);
                goes_on && entry.line.y - above.y <= WRAPPED_WITHIN * size
            }
            pieces => pieces.iter().all(|piece| piece.text.chars().count() <= LONGEST_CELL),
        };
        let is_near = entry.line.y - above.y <= NEAR * size;
        let is_same_type = (above.size - entry.line.size).abs() <= 0.25 * size;
        if !is_row || !is_near || !is_same_type || entry.line.x0 > last_begins + 40.0 * size {
            break;
        }
        end += 1;
    }
    (end > start + LEAST_ROWS).then_some(end)
}

/// Makes rows of lines, of which the first names the columns; `None` if they are not surely a table.
fn read(entries: &[Entry<'_>], rules: &[Rule]) -> Option<Vec<Row>> {
    let (head, body) = entries.split_first()?;
    let size = head.line.size;
    let all: Vec<&[Piece]> = entries.iter().map(|entry| entry.pieces.as_slice()).collect();
    let columns = Columns::find(&all, size);
    if columns.list.len() != head.pieces.len()
        || !is_set_apart(head, body, rules, &columns)
        || !keeps_to_columns(entries, &columns, size)
    {
        return None;
    }
    let mut rows = vec![Row { cells: cells_of(head, &columns), is_header: true }];
    let mut count = 0;
    for (above, entry) in entries.iter().zip(body) {
        let cells = cells_of(entry, &columns);
        let step = entry.line.y - above.line.y;
        let is_close = step <= WRAPPED_WITHIN * above.line.size.max(entry.line.size);
        let is_rest = cells[0].parts.is_empty()
            || (entry.pieces.len() == 1 && entry.line.text.starts_with(char::is_lowercase));
        match rows.last_mut() {
            Some(row) if is_close && is_rest && !row.is_header => {
                for (cell, more) in row.cells.iter_mut().zip(cells) {
                    cell.parts.extend(more.parts);
                }
            }
            // A row without a beginning is none.
            _ if cells[0].parts.is_empty() => return None,
            _ => {
                count += usize::from(entry.pieces.len() > 1);
                rows.push(Row { cells, is_header: false });
            }
        }
    }
    (count >= LEAST_ROWS).then_some(rows)
}

/// Says whether a line is set apart from those below it: in bold type, or by a line that is drawn below all of it.
fn is_set_apart(head: &Entry<'_>, body: &[Entry<'_>], rules: &[Rule], columns: &Columns) -> bool {
    let is_bold = |entry: &Entry<'_>| {
        entry.pieces.iter().flat_map(|piece| &piece.parts).all(Segment::is_bold)
    };
    let Some(first) = body.first() else { return false };
    let is_bolder =
        is_bold(head) && body.iter().filter(|entry| is_bold(entry)).count() * 4 <= body.len();
    let (Some(left), Some(right)) = (columns.list.first(), columns.list.last()) else {
        return false;
    };
    let is_below = |rule: &Rule| {
        rule.at > head.line.y
            && rule.at < first.line.y - 0.5 * first.line.size
            && rule.to.min(right.x1) - rule.from.max(left.x0) > 0.8 * (right.x1 - left.x0)
    };
    // Where each row has a line below it, none is set apart by that.
    let last = body.last().map_or(first.line.y, |entry| entry.line.y);
    let others = rules.iter().filter(|rule| rule.at > first.line.y && rule.at < last - 1.0);
    is_bolder || (rules.iter().any(is_below) && others.count() <= 1)
}

/// Says whether cells begin where their column does, with room between columns, and are words, but neither labels of a form nor
/// the marks of a list.
fn keeps_to_columns(entries: &[Entry<'_>], columns: &Columns, size: f32) -> bool {
    let has_room =
        columns.list.windows(2).all(|pair| pair[1].x0 - pair[0].x1 >= LEAST_GUTTER * size);
    let pieces = || entries.iter().flat_map(|entry| &entry.pieces);
    let is_even = |piece: &Piece| {
        let columns_of = columns.of(piece);
        let begins = columns.list[columns.at(piece.middle())].x0;
        columns_of.len() == 1 && piece.x0 - begins <= RAGGED * size
    };
    let all = pieces().count();
    let figures = |column: usize| {
        let cells = || pieces().filter(move |piece| columns.at(piece.middle()) == column);
        (cells().filter(|piece| piece.kind.is_figure()).count(), cells().count())
    };
    let is_words = (0..columns.list.len()).map(figures).all(|(figures, all)| figures * 2 <= all);
    let asks = pieces().filter(|piece| piece.text.ends_with(':')).count();
    let marks = entries.iter().filter_map(|entry| entry.pieces.first());
    let marks = marks.filter(|piece| lines::is_mark(&piece.text)).count();
    let is_listed = entries.iter().any(|entry| {
        let mark = entry.line.text.split(' ').next().unwrap_or_default();
        lines::is_mark(mark) && !mark.starts_with(char::is_alphanumeric)
    });
    has_room
        && is_words
        && !is_listed
        && asks * 6 <= all
        && marks == 0
        && pieces().filter(|piece| is_even(piece)).count() * 20 >= all * 19
}

fn cells_of(entry: &Entry<'_>, columns: &Columns) -> Vec<Cell> {
    let mut cells = vec![Cell::default(); columns.list.len()];
    for piece in &entry.pieces {
        cells[columns.at(piece.middle())].parts.extend(piece.parts.iter().cloned());
    }
    cells
}
