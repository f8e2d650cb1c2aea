//! How a table file is written: its delimiter, its escapes, and whether its first row is a header.

use csv::StringRecord;

/// How many rows are looked at.
pub(super) const SAMPLE_ROWS: usize = 100;
/// How many bytes are looked at.
const SAMPLE_BYTES: usize = 64 << 10;

/// How cells are divided and quoted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Dialect {
    /// The byte between two cells.
    pub(super) delimiter: u8,
    /// The byte before a quote inside a quoted cell, if quotes are not doubled.
    pub(super) escape: Option<u8>,
}

/// Finds the delimiter that cuts most rows into the same number of cells.
pub(super) fn detect(text: &str, extension: &str) -> Dialect {
    let sample = &text[..text.floor_char_boundary(SAMPLE_BYTES)];
    let doubled = |(at, _): (usize, &str)| !sample[..at].ends_with('\\');
    let is_doubled = sample.match_indices("\"\"").any(doubled);
    let escape = (sample.contains("\\\"") && !is_doubled).then_some(b'\\');
    let by_name = if matches!(extension, "tsv" | "tab") { b'\t' } else { b',' };
    let mut best = (0.0, by_name);
    for delimiter in [by_name, b',', b';', b'\t', b'|'] {
        let score = score(sample, Dialect { delimiter, escape });
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    Dialect { delimiter: best.1, escape }
}

/// Scores a dialect: the share of rows as wide as most are, with a little weight on width.
fn score(sample: &str, dialect: Dialect) -> f64 {
    let mut reader = dialect.reader().from_reader(sample.as_bytes());
    let rows = reader.byte_records().take(SAMPLE_ROWS).map_while(Result::ok);
    let mut widths: Vec<usize> = rows.map(|row| row.len()).collect();
    if widths.len() > 2 && sample.len() == SAMPLE_BYTES {
        widths.pop();
    }
    let Some(most) = widths
        .iter()
        .copied()
        .max_by_key(|width| (widths.iter().filter(|other| *other == width).count(), *width))
    else {
        return 0.0;
    };
    if most < 2 {
        return 0.0;
    }
    let share = widths.iter().filter(|width| **width == most).count() as f64 / widths.len() as f64;
    share * (1.0 + (most as f64).ln() / 10.0)
}

/// Finds how many rows stand above the table, and how wide most rows are.
///
/// Titles and comments above a table have a single cell while the table has several.
pub(super) fn shape(rows: &[StringRecord]) -> (usize, usize) {
    let count = |width: usize| rows.iter().filter(|row| row.len() == width).count();
    let usual = rows.iter().map(StringRecord::len).max_by_key(|width| (count(*width), *width));
    let usual = usual.unwrap_or_default();
    let is_above = |row: &&StringRecord| {
        usual > 1 && row.iter().filter(|cell| !cell.trim().is_empty()).count() <= 1
    };
    let above = rows.iter().take_while(is_above).count();
    (if above < rows.len() { above } else { 0 }, usual)
}

/// Says whether the first row names the columns: its cells are distinct, and none is a number.
pub(super) fn has_header(rows: &[StringRecord]) -> bool {
    let Some((first, rest)) = rows.split_first() else { return false };
    if rest.is_empty() {
        return false;
    }
    let names: Vec<&str> = first.iter().map(str::trim).collect();
    let filled = names.iter().filter(|name| !name.is_empty()).count();
    let mut distinct: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let has_values = names.iter().any(|name| is_value(name));
    filled * 2 > names.len() && distinct.len() * 4 >= filled * 3 && !has_values
}

/// Says whether a cell is a number, a date or the like, as headers rarely are.
fn is_value(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let letters = cell.chars().filter(|letter| letter.is_alphabetic()).count();
    // A year as a column's name is common.
    let is_year = cell.len() == 4 && (cell.starts_with("19") || cell.starts_with("20"));
    digits > 0 && letters == 0 && !is_year
}
