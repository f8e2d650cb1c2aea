//! One table: its rows as lines, its cells as text.

use quick_xml::events::{BytesStart, Event};

use super::{Item, Table, Walker, flatten};
use crate::parse::docx::xml;

/// A row as it is read.
#[derive(Default)]
struct Row {
    cells: Vec<Vec<Item>>,
    is_header: bool,
    is_deleted: bool,
}

impl Walker<'_, '_> {
    /// Reads the table just begun.
    pub(super) fn read_table(&mut self, items: &mut Vec<Item>) -> Option<()> {
        let mut rows: Vec<Row> = Vec::new();
        let mut depth = 0;
        let mut says_header = false;
        let ended = loop {
            let Some(event) = self.next() else { break None };
            match event {
                Event::Start(start) => match start.local_name().as_ref() {
                    "tr" => {
                        let mut row = Row::default();
                        let read = self.read_row(&mut row);
                        rows.push(row);
                        if read.is_none() {
                            break None;
                        }
                    }
                    "tblGrid" => {
                        if xml::skip(&mut self.reader).is_none() {
                            break None;
                        }
                    }
                    _ => depth += 1,
                },
                Event::Empty(start) if start.local_name().as_ref() == "tblLook" => {
                    says_header = looks_at_first_row(&start);
                }
                Event::End(_) if depth == 0 => break Some(()),
                Event::End(_) => depth -= 1,
                _ => {}
            }
        };
        rows.retain(|row| !row.is_deleted);
        push_table(rows, says_header, items);
        ended
    }

    fn read_row(&mut self, row: &mut Row) -> Option<()> {
        let mut depth = 0;
        loop {
            match self.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "tc" => {
                        let mut cell = Vec::new();
                        let read = self.read_inner(&mut cell);
                        row.cells.push(cell);
                        read?;
                    }
                    _ => depth += 1,
                },
                Event::Empty(start) => match start.local_name().as_ref() {
                    "tblHeader" => row.is_header = xml::is_on(&start),
                    "del" => row.is_deleted = true,
                    _ => {}
                },
                Event::End(_) if depth == 0 => return Some(()),
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
    }
}

/// Says whether a table's look sets its first row apart: by an attribute, or by a bit of the older number.
fn looks_at_first_row(look: &BytesStart<'_>) -> bool {
    const FIRST_ROW: u32 = 0x20;
    match xml::attribute(look, "firstRow") {
        Some(first) => matches!(first.as_str(), "1" | "true" | "on"),
        None => xml::attribute(look, "val")
            .and_then(|bits| u32::from_str_radix(&bits, 16).ok())
            .is_some_and(|bits| bits & FIRST_ROW != 0),
    }
}

/// Says whether the first of some rows names the columns of the others: it has a name in every cell, and below at
/// least one of them stand numbers.
fn names_columns(first: &[String], rest: &[Vec<String>]) -> bool {
    let is_name = |cell: &String| cell.chars().any(char::is_alphabetic);
    let is_number = |cell: &String| {
        cell.chars().any(|c| c.is_ascii_digit()) && !cell.chars().any(char::is_alphabetic)
    };
    let holds_numbers = |column: usize| {
        let cells =
            || rest.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
        cells().count() * 2 > rest.len() && cells().all(is_number)
    };
    first.iter().all(is_name) && (0..first.len()).any(holds_numbers)
}

fn push_table(rows: Vec<Row>, says_header: bool, items: &mut Vec<Item>) {
    // A frame of one column lays out text; it is read as that text.
    if rows.iter().all(|row| row.cells.len() <= 1) {
        items.extend(rows.into_iter().flat_map(|row| row.cells).flatten());
        return;
    }
    let first_is_header = rows.first().is_some_and(|row| row.is_header);
    let cells = rows.iter().map(|row| row.cells.iter().map(|cell| flatten(cell)).collect());
    let mut filled: Vec<Vec<String>> = cells.collect();
    filled.retain(|cells| !cells.iter().all(String::is_empty));
    let mut table = Table::default();
    if let Some((first, rest)) = filled.split_first().filter(|(_, rest)| !rest.is_empty()) {
        let is_full = first.iter().all(|cell| cell.chars().any(char::is_alphabetic));
        table.has_header =
            first_is_header || (says_header && is_full) || names_columns(first, rest);
    }
    table.rows = filled.iter().map(|cells| cells.join(" | ")).collect();
    let parts = rows.into_iter().flat_map(|row| row.cells).flatten();
    let parts: Vec<Item> = parts.filter(|item| matches!(item, Item::Part(..))).collect();
    if !table.rows.is_empty() {
        items.push(Item::Table(table));
    }
    items.extend(parts);
}
