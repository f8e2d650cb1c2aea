//! One table: its rows as lines, its cells as text.

use quick_xml::events::Event;

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
                    says_header = xml::attribute(&start, "firstRow").as_deref() == Some("1");
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

fn push_table(rows: Vec<Row>, says_header: bool, items: &mut Vec<Item>) {
    // A frame of one column lays out text; it is read as that text.
    if rows.iter().all(|row| row.cells.len() <= 1) {
        items.extend(rows.into_iter().flat_map(|row| row.cells).flatten());
        return;
    }
    let mut table = Table::default();
    let mut first_is_header = false;
    let mut first_is_full = false;
    for row in &rows {
        let cells: Vec<String> = row.cells.iter().map(|cell| flatten(cell)).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        if table.rows.is_empty() {
            first_is_header = row.is_header;
            let is_name = |cell: &String| cell.chars().any(char::is_alphabetic);
            first_is_full = cells.iter().all(is_name);
        }
        table.rows.push(cells.join(" | "));
    }
    table.has_header = table.rows.len() > 1 && (first_is_header || (says_header && first_is_full));
    if !table.rows.is_empty() {
        items.push(Item::Table(table));
    }
}
