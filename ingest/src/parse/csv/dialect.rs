//! How a table file is written: its delimiter and its escapes.

use super::scan::{self, Shape};

/// How many rows are looked at.
pub(super) const SAMPLE_ROWS: usize = 1_000;
/// How many bytes are looked at.
const SAMPLE_BYTES: usize = 256 << 10;
/// The signs that divide cells.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How much less a dialect is trusted that finds one cell in the first row.
const LONE_FIRST_CELL: f64 = 0.7;

/// How cells are divided and quoted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Dialect {
    /// The byte between two cells.
    pub(super) delimiter: u8,
    /// The byte before a quote inside a quoted cell, if quotes are not doubled.
    pub(super) escape: Option<u8>,
}

/// Finds the dialect in which most rows have the same number of cells, quotes open and close at the edges of cells,
/// and no cell holds what else could divide cells.
pub(super) fn detect(text: &str, extension: &str) -> Dialect {
    let sample = &text[..text.floor_char_boundary(SAMPLE_BYTES)];
    let by_name = if matches!(extension, "tsv" | "tab") { b'\t' } else { b',' };
    let escapes: &[Option<u8>] =
        if sample.contains("\\\"") { &[None, Some(b'\\')] } else { &[None] };
    let mut best = (0.0, Dialect { delimiter: by_name, escape: None });
    for delimiter in [by_name].into_iter().chain(DELIMITERS) {
        for escape in escapes {
            let dialect = Dialect { delimiter, escape: *escape };
            let score = score(sample, dialect);
            if score > best.0 {
                best = (score, dialect);
            }
        }
    }
    best.1
}

/// Finds how many cells most rows have.
pub(super) fn usual_width(text: &str, dialect: Dialect) -> usize {
    let sample = &text[..text.floor_char_boundary(SAMPLE_BYTES)];
    usual(&scan::rows(sample, dialect).take(SAMPLE_ROWS).collect::<Vec<_>>())
}

fn usual(rows: &[Shape]) -> usize {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for row in rows {
        match counts.iter_mut().find(|(width, _)| *width == row.width) {
            Some((_, count)) => *count += 1,
            None => counts.push((row.width, 1)),
        }
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(0, |(width, _)| width)
}

fn score(sample: &str, dialect: Dialect) -> f64 {
    let mut rows: Vec<Shape> = scan::rows(sample, dialect).take(SAMPLE_ROWS).collect();
    if rows.len() > 2 && sample.len() >= SAMPLE_BYTES - 3 {
        // The sample's end may cut a row in two.
        rows.pop();
    }
    let width = usual(&rows);
    if width < 2 {
        return 0.0;
    }
    let count = rows.len() as f64;
    let share = rows.iter().filter(|row| row.width == width).count() as f64 / count;
    let faults = rows.iter().map(|row| row.faults).sum::<usize>() as f64 / count;
    let dividers = rows.iter().map(|row| row.width - 1).sum::<usize>() as f64;
    let others = rows.iter().map(|row| row.other_dividers).sum::<usize>() as f64;
    let clean = 0.5 + 0.5 * dividers / (dividers + others).max(1.0);
    let first = if rows.first().is_some_and(|row| row.width == 1) { LONE_FIRST_CELL } else { 1.0 };
    share * clean * first / (1.0 + 4.0 * faults) * (1.0 + (width as f64).ln() / 10.0)
}

/// Says whether a sign divides no cells where it stands: the comma of a decimal number, and one that a blank follows.
pub(super) fn is_natural(sign: u8, before: Option<u8>, after: Option<u8>) -> bool {
    let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
    match sign {
        b',' => after == Some(b' ') || (is_digit(before) && is_digit(after)),
        b'\t' => false,
        _ => after == Some(b' '),
    }
}

/// Lists the signs that could divide cells.
pub(super) fn is_delimiter(byte: u8) -> bool {
    DELIMITERS.contains(&byte)
}
