//! Tables as text: comma-, semicolon-, tab- or bar-separated values.
//!
//! The stored text has a row a line, its cells divided by ` | `, so that a quote reads like a
//! table; line breaks inside a cell become blanks. The whole file is one table block.

mod dialect;

use csv::{ByteRecord, ReaderBuilder, StringRecord};
use quire_domain::{BlockKind, DocumentPath, Format, ParsedDocument, Warning};

use super::stored::StoredText;
use crate::{ParseError, ParseLimits, encoding};
use dialect::Dialect;

/// Reads a table file.
pub(super) fn parse(
    path: &DocumentPath,
    bytes: &[u8],
    limits: &ParseLimits,
) -> Result<ParsedDocument, ParseError> {
    let (text, decoding) = encoding::decode(bytes);
    let text = text.replace('\0', "");
    let dialect = dialect::detect(&text, &path.extension());
    let table = read(&text, dialect, limits)?;

    let mut stored = StoredText::default();
    stored.warnings.extend(decoding.warning());
    stored.warnings.extend(table.warning());
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
}

impl Table {
    fn warning(&self) -> Option<Warning> {
        (self.ragged > 0).then(|| {
            let message = format!(
                "{} of {} rows do not have {} cells as most do.",
                self.ragged,
                self.lines.len() - self.preamble,
                self.columns
            );
            Warning::new("ragged_rows", message)
        })
    }
}

fn read(text: &str, dialect: Dialect, limits: &ParseLimits) -> Result<Table, ParseError> {
    let mut reader = dialect.reader().from_reader(text.as_bytes());
    let mut lines: Vec<String> = Vec::new();
    let mut widths: Vec<usize> = Vec::new();
    let mut head: Vec<StringRecord> = Vec::new();
    let mut record = ByteRecord::new();
    loop {
        let more = reader.read_byte_record(&mut record).map_err(|error| ParseError::Malformed {
            reason: format!("the table cannot be read: {error}"),
        })?;
        if !more {
            break;
        }
        if record.len() > limits.max_columns {
            let (value, limit) = (record.len() as u64, limits.max_columns as u64);
            return Err(ParseError::TooLarge { what: "columns", value, limit });
        }
        let row = StringRecord::from_byte_record_lossy(record.clone());
        lines.push(line(&row));
        widths.push(row.len());
        if head.len() < dialect::SAMPLE_ROWS {
            head.push(row);
        }
    }
    if lines.is_empty() {
        return Err(ParseError::NoText);
    }
    let (preamble, columns) = dialect::shape(&head);
    let ragged = widths.iter().skip(preamble).filter(|width| **width != columns).count();
    let has_header = dialect::has_header(head.get(preamble..).unwrap_or_default());
    Ok(Table { lines, preamble, has_header, columns, ragged })
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
