//! Reading order: rows from top to bottom, and columns of running text one after the other.

use super::glyphs::{self, Frame};
use super::lines::{self, Line, Segment};
use super::{direction, east_asia};

/// Columns are looked for on pages with fewer rows than this.
const MAX_ROWS: usize = 1_500;
/// Columns have at least this many rows side by side.
///
/// Chosen on manuals and reports: see `docs/decisions/028-the-layout-of-a-pdf-page.md`.
const MIN_ROWS: usize = 4;

/// What stands on about one baseline, across the page.
type Row = Vec<Segment>;

/// Orders the segments of a page and joins them to lines.
pub(super) fn in_reading_order(segments: &[Segment], page_size: (f32, f32)) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut area = 0;
    for turns in [0, 1, 3, 2] {
        let turned: Vec<Segment> =
            segments.iter().filter(|segment| segment.turns == turns).cloned().collect();
        if turned.is_empty() {
            continue;
        }
        let start = lines.len();
        read(rows(turned), 0, &mut area, &mut lines);
        if turns != 0 {
            for line in &mut lines[start..] {
                line.frame = Some(frame(line, page_size));
            }
        }
        area += 1;
    }
    put_feet_last(&mut lines);
    direction::put_in_order(&mut lines);
    lines
}

/// Tells where a turned line stands on the page as it is shown.
fn frame(line: &Line, page_size: (f32, f32)) -> Frame {
    let upright = (line.x0, line.y - line.size * 0.8, line.x1, line.y + line.size * 0.2);
    let (x0, y0, x1, y1) = glyphs::turned_forth(upright, line.turns, page_size);
    Frame { x0, y0, x1, y1 }
}

/// Moves lines that stand below text that runs downwards behind it; it is read after what stands above.
fn put_feet_last(lines: &mut Vec<Line>) {
    let is_downwards = |line: &&Line| line.turns == 1 && line.text.contains(east_asia::is_square);
    let bottoms = lines.iter().filter(is_downwards).filter_map(|line| line.frame);
    let Some(bottom) = bottoms.map(|frame| frame.y1).reduce(f32::max) else { return };
    let is_below = |line: &Line| line.turns == 0 && line.y > bottom;
    let feet: Vec<Line> = lines.extract_if(.., |line| is_below(line)).collect();
    lines.extend(feet);
}

/// Gathers segments on about one baseline.
fn rows(mut segments: Vec<Segment>) -> Vec<Row> {
    segments.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut rows: Vec<(f32, f32, Row)> = Vec::new();
    for segment in segments {
        // Small raised type sorts before its line, so the two last rows are open.
        let home = rows.iter().rposition(|(y, size, row)| {
            let shift = (segment.y - y).abs();
            let larger = segment.size.max(*size);
            let differs = segment.size < size * 0.8 || *size < segment.size * 0.8;
            let near = if differs { 0.45 } else { 0.3 };
            shift <= near * larger && row.iter().all(|other| is_apart(other, &segment))
        });
        match home.filter(|home| home + 2 >= rows.len()).and_then(|home| rows.get_mut(home)) {
            Some((y, size, row)) => {
                if segment.size * segment.text.len() as f32
                    > *size * row.iter().map(|s| s.text.len()).sum::<usize>() as f32
                {
                    *y = segment.y;
                }
                *size = size.max(segment.size);
                row.push(segment);
            }
            None => rows.push((segment.y, segment.size, vec![segment])),
        }
    }
    rows.into_iter().map(|(_, _, row)| row).collect()
}

fn is_apart(a: &Segment, b: &Segment) -> bool {
    let overlap = a.x1.min(b.x1) - a.x0.max(b.x0);
    overlap < 0.5 * a.size.min(b.size)
}

/// Reads rows from top to bottom; where columns stand side by side, each as a whole.
fn read(rows: Vec<Row>, depth: usize, area: &mut usize, lines: &mut Vec<Line>) {
    let mut rest = rows;
    if depth < 4 && rest.len() < MAX_ROWS {
        while let Some(found) = find_columns(&rest) {
            let after = rest.split_off(found.end);
            let block = rest.split_off(found.start);
            emit(rest, *area, lines);
            *area += 1;
            let (left, right) = divide(block, found.gutter);
            let is_rtl = is_rtl(&left) && is_rtl(&right);
            for side in if is_rtl { [right, left] } else { [left, right] } {
                read(side, depth + 1, area, lines);
                *area += 1;
            }
            rest = after;
        }
    }
    emit(rest, *area, lines);
}

fn emit(rows: Vec<Row>, area: usize, lines: &mut Vec<Line>) {
    lines.extend(rows.into_iter().filter_map(|row| lines::join(row, area)));
}

fn is_rtl(rows: &[Row]) -> bool {
    let text: String =
        rows.iter().flatten().take(20).map(|segment| segment.text.as_str()).collect();
    direction::is_mostly_rtl(&text)
}

fn divide(rows: Vec<Row>, gutter: f32) -> (Vec<Row>, Vec<Row>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for row in rows {
        let (before, after): (Row, Row) =
            row.into_iter().partition(|segment| f32::midpoint(segment.x0, segment.x1) < gutter);
        left.push(before);
        right.push(after);
    }
    left.retain(|row| !row.is_empty());
    right.retain(|row| !row.is_empty());
    (left, right)
}

/// Rows with columns of running text side by side.
struct Columns {
    start: usize,
    end: usize,
    /// The middle of the gap between the first column and the others.
    gutter: f32,
}

/// Finds the first rows that a vertical gap divides into columns of running text.
fn find_columns(rows: &[Row]) -> Option<Columns> {
    let mut start = 0;
    while start < rows.len() {
        let mut longest = start;
        for gap in gaps(&rows[start]) {
            let (end, gutter) = follow(rows, start, gap);
            longest = longest.max(end);
            let block = &rows[start..end];
            if is_prose(block, gutter) {
                return Some(Columns { start, end, gutter });
            }
        }
        start += 1;
    }
    None
}

/// Lists the gaps inside a row.
fn gaps(row: &Row) -> Vec<(f32, f32)> {
    let mut edges: Vec<(f32, f32, f32)> = row.iter().map(|s| (s.x0, s.x1, s.size)).collect();
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut gaps = Vec::new();
    for pair in edges.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        if after.0 - before.1 >= 0.8 * before.2.max(after.2) {
            gaps.push((before.1, after.0));
        }
    }
    gaps
}

/// Follows a gap downward while no text crosses it; gives the row after the last, and its middle.
fn follow(rows: &[Row], start: usize, gap: (f32, f32)) -> (usize, f32) {
    let (mut from, mut to) = gap;
    let mut end = start;
    let mut last_y: Option<f32> = None;
    for row in &rows[start..] {
        let (mut low, mut high) = (from, to);
        for segment in row {
            if segment.x1 <= low || segment.x0 >= high {
                continue;
            }
            // Text inside the gap leaves the wider rest of it.
            if segment.x0 - low >= high - segment.x1 {
                high = segment.x0;
            } else {
                low = segment.x1;
            }
        }
        let (y, size) = row.first().map_or((0.0, 0.0), |segment| (segment.y, segment.size));
        let is_far = last_y.is_some_and(|last| y - last > size * 4.0);
        if high - low < size * 0.7 || is_far {
            break;
        }
        (from, to) = (low, high);
        last_y = Some(y);
        end += 1;
    }
    (end, f32::midpoint(from, to))
}

/// Says whether both sides of a gap are lines of running text, not cells of a table.
fn is_prose(rows: &[Row], gutter: f32) -> bool {
    let mut sides = [Side::default(), Side::default()];
    let mut both = 0;
    for row in rows {
        let mut present = [false, false];
        for (side, is_there) in present.iter_mut().enumerate() {
            let texts = row
                .iter()
                .filter(|segment| (f32::midpoint(segment.x0, segment.x1) >= gutter) == (side == 1));
            let texts: Vec<&Segment> = texts.collect();
            if texts.is_empty() {
                continue;
            }
            *is_there = true;
            sides[side].take(&texts);
        }
        both += usize::from(present == [true, true]);
    }
    both >= MIN_ROWS.min(rows.len()).max(3) && sides.iter().all(Side::is_prose)
}

/// What stands on one side of a gap.
#[derive(Default)]
struct Side {
    lengths: Vec<usize>,
    widths: Vec<f32>,
    letters: usize,
    others: usize,
    cells: usize,
}

impl Side {
    fn take(&mut self, texts: &[&Segment]) {
        let length = texts.iter().map(|segment| east_asia::columns(&segment.text)).sum();
        let x0 = texts.iter().map(|segment| segment.x0).fold(f32::MAX, f32::min);
        let x1 = texts.iter().map(|segment| segment.x1).fold(f32::MIN, f32::max);
        self.lengths.push(length);
        self.widths.push(x1 - x0);
        self.cells += texts.len();
        for letter in texts.iter().flat_map(|segment| segment.text.chars()) {
            if letter.is_alphabetic() || letter == ' ' {
                self.letters += 1;
            } else {
                self.others += 1;
            }
        }
    }

    fn is_prose(&self) -> bool {
        let rows = self.lengths.len();
        if rows < 3 {
            return false;
        }
        let mean = self.lengths.iter().sum::<usize>() / rows;
        let widest = self.widths.iter().copied().fold(0.0, f32::max);
        let full = self.widths.iter().filter(|width| **width > 0.75 * widest).count();
        mean >= 22
            && full * 2 >= rows
            && self.cells * 2 <= rows * 3
            && self.letters > self.others * 4
    }
}
