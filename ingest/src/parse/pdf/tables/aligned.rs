//! Tables without borders: rows with figures, each line with what stands beside it, under the names of the columns.

use std::ops::Range;

use super::columns::Columns;
use super::pieces::{self, Piece};
use super::{Cell, Row, header, lines_of};
use crate::parse::pdf::PageLines;
use crate::parse::pdf::hyphens::Vocabulary;
use crate::parse::pdf::lines::{CURRENCIES, Line};
use crate::parse::pdf::rules::Rule;

/// Rows follow each other within so many font sizes.
const NEAR: f32 = 3.4;
/// Between two rows with figures stand no more lines than this.
const MOST_LABELS: usize = 4;
/// A line of more letters than this between rows is running text.
const LONGEST_LABEL: usize = 130;
/// What rows are counted in is said in no more letters than this.
const LONGEST_UNIT: usize = 40;
/// Names of columns take no more lines than this.
const MOST_NAMES: usize = 8;
/// A wrapped line of a cell follows within so many font sizes.
const WRAPPED_WITHIN: f32 = 1.7;

/// What a line is for a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Role {
    /// A row with figures.
    Values,
    /// A line that may name columns.
    Names,
    /// Text that stands alone, such as the label of some rows.
    Label,
    /// Running text, program text and the like.
    Other,
}

/// A line with its pieces.
struct Entry<'a> {
    line: &'a Line,
    pieces: Vec<Piece>,
    role: Role,
}

/// Finds tables without borders on a page, and puts their rows in the place of their lines.
pub(super) fn find(page: &mut PageLines, vocabulary: &Vocabulary, tables: &mut usize) {
    let lines = std::mem::take(&mut page.lines);
    let mut result: Vec<Line> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        let end = run_end(&lines, at);
        let entries: Vec<Entry<'_>> = lines[at..end].iter().map(entry).collect();
        let mut written = 0;
        for table in tables_of(&entries, &page.rules.across) {
            result.extend(lines[at + written..at + table.start].iter().cloned());
            let area = lines[at + table.start].area;
            result.extend(lines_of(table.rows, *tables, area, vocabulary));
            *tables += 1;
            written = table.end;
        }
        result.extend(lines[at + written..end].iter().cloned());
        at = end;
    }
    page.lines = result;
}

/// A table that was found: which lines it takes, and its rows.
struct Found {
    start: usize,
    end: usize,
    rows: Vec<Row>,
}

/// Finds where lines that stand close below each other end.
pub(super) fn run_end(lines: &[Line], start: usize) -> usize {
    let mut end = start + 1;
    while end < lines.len() {
        let (above, line) = (&lines[end - 1], &lines[end]);
        let step = line.y - above.y;
        let is_next = above.area == line.area
            && line.turns == 0
            && above.turns == 0
            && line.row.is_none()
            && above.row.is_none()
            && step > 0.0
            && step <= NEAR * above.size.max(line.size);
        if !is_next {
            break;
        }
        end += 1;
    }
    end
}

fn entry(line: &Line) -> Entry<'_> {
    let pieces = if line.turns == 0 { pieces::of(line) } else { Vec::new() };
    let has_values = pieces.iter().skip(1).any(is_value)
        || (pieces.len() > 1
            && pieces.iter().all(|piece| piece.kind.is_figure())
            && pieces[0].kind.is_value());
    let role =
        if line.is_monospace || line.is_running_head || pieces.is_empty() || line.row.is_some() {
            Role::Other
        } else if has_values {
            Role::Values
        } else if pieces.len() > 1 {
            Role::Names
        } else if line.text.chars().count() > LONGEST_LABEL {
            Role::Other
        } else {
            Role::Label
        };
    Entry { line, pieces, role }
}

/// Says whether a piece is a figure; the sign of a currency by itself may name a column of changes, as `%` does.
fn is_value(piece: &Piece) -> bool {
    piece.kind.is_value() && !piece.text.trim().chars().all(|sign| CURRENCIES.contains(&sign))
}

/// Finds the tables in lines that stand close below each other.
fn tables_of(entries: &[Entry<'_>], rules: &[Rule]) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut at = 0;
    while let Some(first) = (at..entries.len()).find(|at| entries[*at].role == Role::Values) {
        let body = first..body_end(entries, first);
        let start = found.last().map_or(0, |table: &Found| table.end);
        if let Some(table) = read(entries, start, body.clone(), rules) {
            found.push(table);
        }
        at = body.end;
    }
    found
}

/// Finds where rows end that begin at a line with figures: before lines that name columns anew, and before running text.
fn body_end(entries: &[Entry<'_>], first: usize) -> usize {
    let mut end = first + 1;
    let mut at = first + 1;
    while at < entries.len() && at - end <= MOST_LABELS {
        match entries[at].role {
            Role::Values => end = at + 1,
            Role::Names | Role::Label if names_anew(entries, first..end, at) => break,
            Role::Names | Role::Label => {}
            Role::Other => break,
        }
        at += 1;
    }
    end
}

/// Says whether a line behind rows names columns: it stands over their figures, and rows follow.
fn names_anew(entries: &[Entry<'_>], body: Range<usize>, at: usize) -> bool {
    let figures = entries[body].iter().filter(|entry| entry.role == Role::Values);
    let edge = figures
        .flat_map(|entry| entry.pieces.iter().skip(1).filter(|piece| piece.kind.is_value()))
        .map(|piece| piece.x0)
        .fold(f32::MAX, f32::min);
    let Some(last) = entries[at].pieces.last() else { return false };
    let stands_over = last.middle() > edge;
    let is_wrapped = entries[at].role == Role::Label && last.x0 < edge;
    stands_over && !is_wrapped
}

/// Reads a table whose rows with figures are known.
fn read(entries: &[Entry<'_>], start: usize, body: Range<usize>, rules: &[Rule]) -> Option<Found> {
    let rows = &entries[body.clone()];
    let size = rows.iter().map(|entry| entry.line.size).fold(0.0, f32::max);
    let values: Vec<&[Piece]> = rows
        .iter()
        .filter(|entry| entry.role == Role::Values)
        .map(|entry| entry.pieces.as_slice())
        .collect();
    let columns = Columns::find(&values, size);
    let head = names(entries, start, body.start, &columns);
    let names: Vec<&[Piece]> =
        entries[head.clone()].iter().map(|entry| entry.pieces.as_slice()).collect();
    if !columns.are_of_table(&values, size, !names.is_empty()) {
        return None;
    }
    let mut table: Vec<Row> = Vec::new();
    let bottom = entries[head.end].line.y - 0.5 * entries[head.end].line.size;
    let cells = header::cells(&names, &columns, rules, bottom);
    if cells.iter().any(|cell| !cell.parts.is_empty()) {
        table.push(Row { cells, is_header: true });
    }
    let end = body.end + trailing(entries, body.end, &columns);
    push_rows(&entries[head.end..end], &columns, &mut table);
    Some(Found { start: head.start, end, rows: table })
}

/// Finds the lines above the first row with figures that name columns. Labels of rows may stand between them and the row.
fn names(entries: &[Entry<'_>], start: usize, body: usize, columns: &Columns) -> Range<usize> {
    let label_edge = columns.list.first().map_or(0.0, |column| column.x1);
    let right = columns.list.last().map_or(0.0, |column| column.x1);
    let figures = columns.list.get(1).map_or(label_edge, |column| column.x0);
    let middle = columns.list.first().map_or(0.0, |column| f32::midpoint(column.x0, right));
    // A title stands in the middle over labels and figures alike.
    let is_title = |piece: &Piece| (piece.middle() - middle).abs() < 6.0;
    let is_name = |entry: &Entry<'_>| {
        let size = entry.line.size;
        let is_over = |piece: &Piece| piece.middle() > label_edge && piece.x1 <= right + 3.0 * size;
        match entry.role {
            Role::Names => entry.pieces.iter().skip(1).all(is_over),
            Role::Label => entry.pieces.iter().all(|piece| {
                is_over(piece) && piece.x0 >= figures - 4.0 * size && !is_title(piece)
            }),
            Role::Values | Role::Other => false,
        }
    };
    let is_unit = |entry: &Entry<'_>| {
        let text = entry.line.text.trim();
        let is_short = text.chars().count() <= LONGEST_UNIT;
        is_short && text.starts_with('(') && text.ends_with(')') && entry.role == Role::Label
    };
    let labels = entries[start..body].iter().rev();
    let labels = labels.take_while(|entry| entry.role == Role::Label && !is_name(entry)).count();
    let end = body - labels;
    let above = entries[start..end].iter().rev().take(MOST_NAMES);
    let count = above.clone().take_while(|entry| is_name(entry)).count();
    if count == 0 || labels > MOST_LABELS {
        return body..body;
    }
    let has_unit = above.clone().nth(count).is_some_and(is_unit);
    end - count - usize::from(has_unit)..end
}

/// Counts the lines behind the last row with figures that go on with its label.
fn trailing(entries: &[Entry<'_>], end: usize, columns: &Columns) -> usize {
    let Some([above, line]) = entries.get(end.saturating_sub(1)..=end) else { return 0 };
    usize::from(line.role == Role::Label && goes_on_behind(above, line, columns))
}

/// Says whether a label goes on with that of the row with figures above it.
fn goes_on_behind(above: &Entry<'_>, line: &Entry<'_>, columns: &Columns) -> bool {
    let (Some(label), Some(rest)) = (above.pieces.first(), line.pieces.first()) else {
        return false;
    };
    let is_label = columns.at(label.middle()) == 0 && columns.at(rest.middle()) == 0;
    let step = line.line.y - above.line.y;
    is_label
        && step <= WRAPPED_WITHIN * line.line.size
        && rest.text.starts_with(|letter: char| letter.is_lowercase())
        && !label.text.ends_with([':', '.'])
}

/// Makes rows of lines: wrapped labels are joined, and labels that stand alone are rows of their own.
fn push_rows(entries: &[Entry<'_>], columns: &Columns, table: &mut Vec<Row>) {
    let label_edge = label_edge(entries, columns);
    let mut open: Option<(usize, Row)> = None;
    for (at, entry) in entries.iter().enumerate() {
        let cells = cells_of(entry, columns);
        let joined = open.take().map(|(last, row)| {
            let above = &entries[last];
            let goes_on = match (above.role, entry.role) {
                _ if is_one_line(above, entry, &row, &cells) => true,
                (Role::Label, Role::Values) if is_of_label(above, entry, columns) => true,
                (Role::Label, _) => is_wrapped(above, entry, label_edge, columns),
                (_, Role::Label) => goes_on_behind(above, entry, columns),
                _ => false,
            };
            (goes_on, row)
        });
        match joined {
            Some((true, mut row)) => {
                for (cell, more) in row.cells.iter_mut().zip(cells) {
                    cell.parts.extend(more.parts);
                }
                open = Some((at, row));
                continue;
            }
            Some((false, row)) => table.push(row),
            None => {}
        }
        open = Some((at, Row { cells, is_header: false }));
    }
    table.extend(open.map(|(_, row)| row));
}

/// Gives the cells of a line. Text that stands alone is one cell, however long it is.
fn cells_of(entry: &Entry<'_>, columns: &Columns) -> Vec<Cell> {
    let mut cells = vec![Cell::default(); columns.list.len()];
    if let ([alone], Role::Label) = (entry.pieces.as_slice(), entry.role) {
        let column = if columns.of(alone).len() > 1 { 0 } else { columns.at(alone.middle()) };
        // A label over several columns is that of the rows below it.
        let column = if alone.kind.is_figure() { column } else { 0 };
        cells[column].parts.extend(alone.parts.iter().cloned());
        return cells;
    }
    for piece in &entry.pieces {
        if columns.of(piece).len() == 1 {
            cells[columns.at(piece.middle())].parts.extend(piece.parts.iter().cloned());
            continue;
        }
        for (column, parts) in pieces::divide(piece, |x| columns.at(x)) {
            cells[column].parts.extend(parts);
        }
    }
    cells
}

/// Says whether two lines are one: they stand so close that they cannot be below each other.
fn is_one_line(above: &Entry<'_>, line: &Entry<'_>, row: &Row, cells: &[Cell]) -> bool {
    let is_close = line.line.y - above.line.y < 0.95 * above.line.size.max(line.line.size);
    let is_apart = |(cell, other): (&Cell, &Cell)| cell.parts.is_empty() || other.parts.is_empty();
    is_close && row.cells.iter().zip(cells).all(is_apart)
}

/// Says whether figures without a label are those of the label above them, which a raised mark may have lifted.
fn is_of_label(above: &Entry<'_>, line: &Entry<'_>, columns: &Columns) -> bool {
    let has_label = line.pieces.iter().any(|piece| columns.at(piece.middle()) == 0);
    let step = line.line.y - above.line.y;
    let size = above.line.size.max(line.line.size);
    !has_label && step <= WRAPPED_WITHIN * size && !above.line.text.trim_end().ends_with(':')
}

/// Finds how far labels reach to the right.
fn label_edge(entries: &[Entry<'_>], columns: &Columns) -> f32 {
    let limit = columns.list.get(1).map_or(f32::MAX, |column| column.x0);
    let labels = entries.iter().filter_map(|entry| entry.pieces.first());
    labels
        .filter(|label| columns.at(label.middle()) == 0 && label.x1 <= limit)
        .map(|label| label.x1)
        .fold(0.0, f32::max)
}

/// Says whether a label goes on in the next line: there was no room for the next word, or that is no beginning.
fn is_wrapped(above: &Entry<'_>, line: &Entry<'_>, label_edge: f32, columns: &Columns) -> bool {
    let (Some(label), Some(rest)) = (above.pieces.first(), line.pieces.first()) else {
        return false;
    };
    let size = above.line.size.max(line.line.size);
    let step = line.line.y - above.line.y;
    if columns.at(rest.x0) != 0 || step > WRAPPED_WITHIN * size || label.text.ends_with(':') {
        return false;
    }
    let first_word = rest.parts.first().map_or(0.0, |part| part.first_word);
    let has_no_room = label_edge - label.x1 < first_word + 0.25 * size;
    let is_same_type = (above.line.size - line.line.size).abs() < 0.1 * size
        && above.line.is_bold
            == line
                .pieces
                .first()
                .is_some_and(|piece| piece.parts.iter().all(super::Segment::is_bold));
    let goes_on = rest.text.starts_with(|letter: char| letter.is_lowercase() || letter == '$');
    is_same_type && (goes_on || (has_no_room && label.x0 + 0.5 < label_edge - 6.0 * size))
}
