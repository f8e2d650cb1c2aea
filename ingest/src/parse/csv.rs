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
    let lines = table.lines.join("\n");
    let header = if table.has_header { table.lines[0].clone() } else { String::new() };
    let rows = table.lines.len() as u32 - u32::from(table.has_header);
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
    has_header: bool,
    columns: usize,
    ragged: usize,
}

impl Table {
    fn warning(&self) -> Option<Warning> {
        (self.ragged > 0).then(|| {
            let message = format!(
                "{} of {} rows do not have {} cells like the first.",
                self.ragged,
                self.lines.len(),
                self.columns
            );
            Warning::new("ragged_rows", message)
        })
    }
}

fn read(text: &str, dialect: Dialect, limits: &ParseLimits) -> Result<Table, ParseError> {
    let mut reader = dialect.reader().from_reader(text.as_bytes());
    let mut table = Table { lines: Vec::new(), has_header: false, columns: 0, ragged: 0 };
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
        if table.lines.is_empty() {
            table.columns = row.len();
        }
        table.ragged += usize::from(row.len() != table.columns);
        table.lines.push(line(&row));
        if head.len() < dialect::SAMPLE_ROWS {
            head.push(row);
        }
    }
    if table.lines.is_empty() {
        return Err(ParseError::NoText);
    }
    table.has_header = dialect::has_header(&head);
    Ok(table)
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
        builder.escape(self.escape);
        builder
    }
}

#[cfg(test)]
mod tests;
