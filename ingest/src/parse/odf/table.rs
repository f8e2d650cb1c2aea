//! A table in a text: its rows as lines, its cells as text.

use csv::StringRecord;
use quick_xml::events::Event;

use super::inline::flatten;
use super::walker::{Piece, Walker};
use crate::parse::csv::header;
use crate::parse::xml;

/// A cell that is repeated more often than this is repeated so often.
const MOST_REPEATED: usize = 1_000;

/// A table.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    /// How many rows at its beginning the file calls a header.
    stated: usize,
}

impl Table {
    /// Gives the line that names the columns, if one does, and all lines.
    pub(super) fn lines(&self) -> (String, Vec<String>) {
        let lines: Vec<String> = self.rows.iter().map(|row| row.join(" | ")).collect();
        let has_header = self.rows.len() > 1 && (self.stated > 0 || self.names_columns());
        let header = lines.first().filter(|_| has_header).cloned().unwrap_or_default();
        (header, lines)
    }

    fn names_columns(&self) -> bool {
        let records: Vec<StringRecord> =
            self.rows.iter().map(|row| StringRecord::from(row.clone())).collect();
        header::names_numbers(&records)
    }
}

impl Walker<'_, '_> {
    /// Reads the table just begun. A frame of one column lays out text; it is read as that text.
    pub(super) fn read_table(&mut self, pieces: &mut Vec<Piece>) -> Option<()> {
        let mut table = Table::default();
        let mut cells: Vec<Vec<Piece>> = Vec::new();
        let mut row: Vec<String> = Vec::new();
        let (mut depth, mut is_header) = (0_usize, false);
        let ended = loop {
            let Some(event) = self.next() else { break None };
            match event {
                Event::Start(start) => match start.local_name().as_ref() {
                    "table-cell" => {
                        let repeated = xml::attribute(&start, "number-columns-repeated");
                        let count = repeated.and_then(|count| count.parse().ok()).unwrap_or(1);
                        let mut cell = Vec::new();
                        let read = self.apart(|walker| walker.read_inner(&mut cell));
                        let text = flatten(&cell);
                        let count = self.times(text.len(), usize::min(count, MOST_REPEATED));
                        row.extend(std::iter::repeat_n(text, count));
                        cells.push(cell);
                        if read.is_none() {
                            break None;
                        }
                    }
                    "covered-table-cell" => {
                        row.push(String::new());
                        if xml::skip(&mut self.reader).is_none() {
                            break None;
                        }
                    }
                    name => {
                        is_header |= name == "table-header-rows";
                        depth += 1;
                    }
                },
                Event::Empty(start) if start.local_name().as_ref().ends_with("table-cell") => {
                    row.push(String::new());
                }
                Event::End(_) if depth == 0 => break Some(()),
                Event::End(end) => {
                    match end.local_name().as_ref() {
                        "table-row" if row.iter().any(|cell| !cell.is_empty()) => {
                            table.rows.push(std::mem::take(&mut row));
                            table.stated += usize::from(is_header);
                        }
                        "table-row" => row.clear(),
                        "table-header-rows" => is_header = false,
                        _ => {}
                    }
                    depth -= 1;
                }
                _ => {}
            }
        };
        if table.rows.iter().all(|row| row.len() <= 1) {
            pieces.extend(cells.into_iter().flatten());
        } else {
            pieces.push(Piece::Table(table));
        }
        ended
    }
}
