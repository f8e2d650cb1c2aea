//! Tables as text: comma-, semicolon-, tab- or bar-separated values.
//!
//! The stored text has a row a line, its cells divided by ` | `, so that a quote reads like a
//! table; line breaks inside a cell become blanks. The whole file is one table block.

mod dialect;
pub(super) mod header;
mod scan;

use csv::{ByteRecord, ReaderBuilder, StringRecord};
use quire_domain::{BlockKind, DocumentPath, Format, ParsedDocument, Warning};

use super::embedded;
use super::stored::StoredText;
use crate::{ParseError, ParseLimits, encoding};
use dialect::Dialect;

/// How much may be read again because of stray quotes; beyond it quotes mean nothing any more.
const MAX_REREAD_BYTES: usize = 64 << 20;

/// Reads a table file.
pub(super) fn parse(
    path: &DocumentPath,
    bytes: &[u8],
    limits: &ParseLimits,
) -> Result<ParsedDocument, ParseError> {
    let (text, decoding) = encoding::decode(bytes);
    let (text, embedded) = embedded::strip(&text, 0);
    let dialect = dialect::detect(&text, &path.extension());
    let table = read(&text, dialect, limits)?;

    let mut stored = StoredText::default();
    stored.warnings.extend(decoding.warnings());
    stored.warnings.extend(embedded::warning(&embedded));
    stored.warnings.extend(table.warnings());
    let (preamble, lines) = table.lines.split_at(table.preamble);
    for line in preamble {
        stored.push(BlockKind::Paragraph, line);
    }
    let header = lines.first().filter(|_| table.has_header).cloned().unwrap_or_default();
    let rows = lines.len() as u32 - u32::from(table.has_header);
    let lines = lines.join("\n");
    if rows == 0 {
        // A header alone is still worth finding.
        stored.push(BlockKind::Paragraph, &lines);
    } else {
        stored.push_rows(BlockKind::Table { header }, &lines, Some((1, rows)));
    }
    Ok(stored.finish(Format::Csv))
}

/// The rows of a file, as lines of stored text.
struct Table {
    lines: Vec<String>,
    /// How many rows above the table are a title or a comment.
    preamble: usize,
    has_header: bool,
    columns: usize,
    ragged: usize,
    /// The lines of rows in which a quote opens and does not close.
    strays: Vec<usize>,
}

impl Table {
    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.ragged > 0 {
            let message = format!(
                "{} of {} rows do not have {} cells as most do.",
                self.ragged,
                self.lines.len() - self.preamble,
                self.columns
            );
            warnings.push(Warning::new("ragged_rows", message));
        }
        if let Some(first) = self.strays.first() {
            let count = self.strays.len();
            let message = format!(
                "A quote opens in line {first} and does not close ({count} such rows). The row was \
                 read as if it had no quotes."
            );
            warnings.push(Warning::new("stray_quote", message));
        }
        warnings
    }
}

/// The rows of a file as they are taken in.
#[derive(Default)]
struct Rows {
    lines: Vec<String>,
    widths: Vec<usize>,
    head: Vec<StringRecord>,
    strays: Vec<usize>,
}

impl Rows {
    fn push(&mut self, record: &ByteRecord, limits: &ParseLimits) -> Result<(), ParseError> {
        if record.len() > limits.max_columns {
            let (value, limit) = (record.len() as u64, limits.max_columns as u64);
            return Err(ParseError::TooLarge { what: "columns", value, limit });
        }
        let row = StringRecord::from_byte_record_lossy(record.clone());
        self.lines.push(line(&row));
        self.widths.push(row.len());
        if self.head.len() < dialect::SAMPLE_ROWS {
            self.head.push(row);
        }
        Ok(())
    }
}

fn read(text: &str, dialect: Dialect, limits: &ParseLimits) -> Result<Table, ParseError> {
    let mut rows = Rows::default();
    take_rows(text, dialect, limits, &mut rows)?;
    let Rows { lines, widths, head, strays } = rows;
    if lines.is_empty() {
        return Err(ParseError::NoText);
    }
    let (preamble, columns) = header::shape(&head);
    let ragged = widths.iter().skip(preamble).filter(|width| **width != columns).count();
    let has_header = header::has_header(head.get(preamble..).unwrap_or_default());
    Ok(Table { lines, preamble, has_header, columns, ragged, strays })
}

/// Reads all rows. Where a quote opens and does not close, the row ends with its line, and reading goes on behind it.
fn take_rows(
    text: &str,
    dialect: Dialect,
    limits: &ParseLimits,
    rows: &mut Rows,
) -> Result<(), ParseError> {
    let broken = |error: csv::Error| ParseError::Malformed {
        reason: format!("the table cannot be read: {error}"),
    };
    let usual = dialect::usual_width(text, dialect);
    let mut record = ByteRecord::new();
    let (mut from, mut budget) = (0, MAX_REREAD_BYTES);
    // The line that was counted last, and where it begins.
    let (mut line_number, mut line_start) = (1, 0);
    'reading: loop {
        let rest = text.get(from..).unwrap_or_default();
        let mut builder = dialect.reader();
        builder.quoting(budget > 0);
        let mut reader = builder.from_reader(rest.as_bytes());
        let mut start = 0;
        while reader.read_byte_record(&mut record).map_err(broken)? {
            let end = usize::try_from(reader.position().byte()).unwrap_or(rest.len());
            let raw = rest.get(start..end).unwrap_or_default();
            let blank = raw.len() - raw.trim_start_matches('\n').len();
            let raw = &raw[blank..];
            let Some(stray) = stray_line(raw, dialect, usual).filter(|_| budget > 0) else {
                rows.push(&record, limits)?;
                start = end;
                continue;
            };
            let mut alone = dialect.reader();
            let mut alone = alone.quoting(false).from_reader(stray.as_bytes());
            if alone.read_byte_record(&mut record).map_err(broken)? {
                rows.push(&record, limits)?;
            }
            let begin = from + start + blank;
            // Only what was not counted before, for there may be as many strays as lines.
            line_number += text[line_start..begin].matches('\n').count();
            line_start = begin;
            rows.strays.push(line_number);
            budget = budget.saturating_sub(raw.len() + 1);
            from = begin + stray.len() + 1;
            continue 'reading;
        }
        return Ok(());
    }
}

/// Gives the first line of a row that runs over several, if a quote in it is a stray one: the row does not end as rows do,
/// or its lines are rows themselves.
fn stray_line(raw: &str, dialect: Dialect, usual: usize) -> Option<&str> {
    let (first, others) = raw.trim_end_matches('\n').split_once('\n')?;
    let row = scan::rows(raw, dialect).next()?;
    let is_whole = row.faults == 0 && row.length >= raw.trim_end_matches('\n').len();
    let inner: Vec<usize> = others.split('\n').map(|line| divided(line, dialect)).collect();
    let alike = inner.iter().filter(|width| **width == usual).count();
    let are_rows = usual > 1 && inner.len() > 2 && alike * 10 >= inner.len() * 8;
    (!is_whole || are_rows).then_some(first)
}

/// Counts the cells of a line as if there were no quotes.
fn divided(line: &str, dialect: Dialect) -> usize {
    line.bytes().filter(|byte| *byte == dialect.delimiter).count() + 1
}

fn line(row: &StringRecord) -> String {
    let mut line = String::new();
    for (number, cell) in row.iter().enumerate() {
        if number > 0 {
            line.push_str(" | ");
        }
        for (at, word) in cell.split_whitespace().enumerate() {
            if at > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    line
}

impl Dialect {
    fn reader(self) -> ReaderBuilder {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(self.delimiter).has_headers(false).flexible(true);
        builder.escape(self.escape).double_quote(self.escape.is_none());
        builder
    }
}

#[cfg(test)]
mod tests;
