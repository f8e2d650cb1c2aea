//! Which lines belong together: paragraphs, list items, tables and program text.

use std::ops::Range;

use super::east_asia;
use super::headings::Heading;
use super::lines::{self, Line};

/// What a run of lines is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A heading, with its place among the headings of the page.
    Heading(usize),
    /// Running text, to be joined.
    Paragraph,
    /// A list item, to be joined.
    Item,
    /// Rows with cells; the first few may be the header.
    Table {
        /// How many rows name the columns.
        header_rows: usize,
    },
    /// Program text, whose lines stay.
    Code,
}

/// Some neighbouring lines of a page.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// What they are.
    pub(super) kind: Kind,
    /// Which lines.
    pub(super) lines: Range<usize>,
}

/// Divides the lines of a page.
pub(super) fn group(lines: &[Line], headings: &[Heading]) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let heading = headings
            .iter()
            .position(|heading| heading.lines.start == at && !heading.lines.is_empty());
        let next_heading = headings
            .iter()
            .filter(|heading| !heading.lines.is_empty() && heading.lines.start > at)
            .map(|heading| heading.lines.start)
            .min()
            .unwrap_or(lines.len());
        let (kind, end) = match heading {
            Some(number) => (Kind::Heading(number), headings[number].lines.end),
            None => text_group(lines, at, next_heading),
        };
        let end = end.clamp(at + 1, lines.len());
        groups.push(Group { kind, lines: at..end });
        at = end;
    }
    groups
}

fn text_group(lines: &[Line], start: usize, limit: usize) -> (Kind, usize) {
    let first = &lines[start];
    if let Some(row) = first.row {
        let is_in = |line: &Line| line.row.is_some_and(|other| other.table == row.table);
        let end = (start..lines.len()).find(|at| !is_in(&lines[*at])).unwrap_or(lines.len());
        let header_rows = usize::from(row.is_header);
        return (Kind::Table { header_rows }, end);
    }
    let limit = (start..limit).find(|at| lines[*at].row.is_some()).unwrap_or(limit);
    if let Some(end) = table_end(lines, start, limit) {
        let header_rows = header_rows(&lines[start..end]);
        return (Kind::Table { header_rows }, end);
    }
    if first.is_monospace {
        let end = (start + 1..limit)
            .find(|at| !lines[*at].is_monospace || !is_near(&lines[at - 1], &lines[*at], 2.6))
            .unwrap_or(limit);
        return (Kind::Code, end);
    }
    let is_item = starts_item(first);
    let right = right_edge(lines, start, limit);
    let mut end = start + 1;
    while end < limit && continues(lines, (start, end), (is_item, right)) {
        end += 1;
    }
    (if is_item { Kind::Item } else { Kind::Paragraph }, end)
}

/// Finds how far text reaches to the right around a line, in its column.
///
/// If a third of the lines end at one place, the text is justified to it; a longer line sticks
/// out. Else it is ragged, and the longest line tells.
fn right_edge(lines: &[Line], start: usize, limit: usize) -> f32 {
    let first = &lines[start];
    let is_beside = |line: &&Line| {
        line.area == first.area
            && line.cells == 1
            && !line.is_monospace
            && (line.size - first.size).abs() < first.size * 0.1
            && (start_of(line) - start_of(first)).abs() < first.size * 2.5
    };
    let below = lines[start..limit].iter().take(40);
    let above = lines[..start].iter().rev().take(12);
    let mut ends: Vec<f32> = below.chain(above).filter(is_beside).map(end_of).collect();
    ends.sort_by(f32::total_cmp);
    let near = |end: f32| ends.iter().filter(|other| (**other - end).abs() < 2.0).count();
    let common = ends.iter().copied().max_by_key(|end| near(*end)).unwrap_or(end_of(first));
    if near(common) * 3 >= ends.len() && near(common) >= 3 {
        return common;
    }
    ends.last().copied().unwrap_or(end_of(first))
}

/// Gives where a line begins, along the way it runs.
fn start_of(line: &Line) -> f32 {
    if line.is_rtl { -line.x1 } else { line.x0 }
}

/// Gives where a line ends, along the way it runs.
fn end_of(line: &Line) -> f32 {
    if line.is_rtl { -line.x0 } else { line.x1 }
}

/// Says whether a line goes on with the paragraph before it.
fn continues(lines: &[Line], (start, at): (usize, usize), (is_item, right): (bool, f32)) -> bool {
    let (first, above, line) = (&lines[start], &lines[at - 1], &lines[at]);
    let size = above.size.max(line.size);
    let same_type = (above.size - line.size).abs() <= 0.12 * size
        && line.is_monospace == above.is_monospace
        && (line.is_bold == above.is_bold || at > start + 1 || above.text.len() > 60);
    if !same_type || line.cells > 1 || above.cells > 1 || starts_item(line) {
        return false;
    }
    // Where letters are square, lines leave room for ruby, and a paragraph is set in by a letter.
    let is_wide = line.text.starts_with(east_asia::is_wide);
    let (most_step, most_indent) = if is_wide { (2.3, 0.75 * size) } else { (1.75, size) };
    if !is_near(above, line, most_step) {
        return false;
    }
    // Were there room for the next word, the line would not have ended.
    let room = right - end_of(above);
    let is_broken = above.text.ends_with(['-', '\u{2010}', '\u{ad}'])
        && line.text.starts_with(char::is_lowercase);
    if !is_broken && room > line.first_word + 0.45 * size {
        return false;
    }
    let indent = start_of(line) - start_of(above);
    if is_item {
        // The item's text hangs to the right of its mark; text back at the margin is new.
        let back_at_margin = at == start + 1 && start_of(line) <= start_of(first) + 0.5;
        let wrapped_to_margin = first.text.ends_with('-') || !first.text.ends_with('.');
        return if back_at_margin {
            wrapped_to_margin
        } else {
            indent.abs() < 1.0 * size || at == start + 1
        };
    }
    if at == start + 1 { indent < most_indent } else { indent.abs() < most_indent }
}

/// Says whether a line follows another in its column within so many font sizes.
fn is_near(above: &Line, line: &Line, most: f32) -> bool {
    let step = line.y - above.y;
    above.area == line.area
        && above.turns == line.turns
        && step > 0.0
        && step <= most * above.size.max(line.size)
}

fn starts_item(line: &Line) -> bool {
    let Some((mark, rest)) = line.text.split_once(' ') else { return false };
    lines::is_mark(mark) && !rest.trim().is_empty() && line.cells == 1
}

/// Finds the end of a table that begins at a line: rows with cells, and labels between them.
fn table_end(lines: &[Line], start: usize, limit: usize) -> Option<usize> {
    if lines[start].cells < 2 {
        return None;
    }
    let mut end = start + 1;
    let mut rows = 1;
    let mut at = start + 1;
    while at < limit {
        let (above, line) = (&lines[at - 1], &lines[at]);
        if !is_near(above, line, 3.2) {
            break;
        }
        if line.cells >= 2 {
            rows += 1;
            end = at + 1;
        } else if at - end >= 3 || line.text.chars().count() > 90 {
            break;
        }
        at += 1;
    }
    (rows >= 2).then_some(end)
}

/// Counts the rows that name columns: those above that begin right of where the rows begin.
fn header_rows(rows: &[Line]) -> usize {
    let left = rows.iter().map(|row| row.x0).fold(f32::MAX, f32::min);
    let right = rows.iter().map(|row| row.x1).fold(f32::MIN, f32::max);
    let edge = left + 0.25 * (right - left);
    let count = rows.iter().take_while(|row| row.x0 > edge).count();
    if count <= 4 && count < rows.len() { count } else { 0 }
}
