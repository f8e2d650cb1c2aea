//! The workbook: its sheets in their order, and the day that its dates are counted from.

use quick_xml::events::Event;
use ssfmt::DateSystem;

use crate::parse::grid::Area;
use crate::parse::xml;

/// A sheet as the workbook lists it.
pub(super) struct SheetEntry {
    pub(super) name: String,
    /// The id of the relationship that leads to it.
    pub(super) id: String,
    pub(super) is_hidden: bool,
}

/// What the workbook states.
#[derive(Default)]
pub(super) struct Workbook {
    pub(super) sheets: Vec<SheetEntry>,
    pub(super) epoch: DateSystem,
}

/// Reads the main part.
pub(super) fn read(source: &str) -> Workbook {
    let mut book = Workbook::default();
    let mut reader = xml::reader(source);
    while let Ok(event) = reader.read_event() {
        let start = match event {
            Event::Start(start) | Event::Empty(start) => start,
            Event::Eof => break,
            _ => continue,
        };
        let value = |name: &str| xml::attribute(&start, name);
        match start.local_name().as_ref() {
            "workbookPr" if value("date1904").is_some_and(|on| is_true(&on)) => {
                book.epoch = DateSystem::Date1904;
            }
            "sheet" => {
                let name = value("name").unwrap_or_default();
                let is_hidden = value("state").is_some_and(|state| state != "visible");
                let id = value("id").unwrap_or_default();
                // One part is one sheet, however often it is listed.
                if !book.sheets.iter().any(|other| other.id == id) {
                    book.sheets.push(SheetEntry { name, id, is_hidden });
                }
            }
            _ => {}
        }
    }
    book
}

/// Reads the part of a table of cells; gives the row that names its columns.
pub(super) fn table_header(source: &str) -> Option<u32> {
    let mut reader = xml::reader(source);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "table" => {
                let count = xml::attribute(&start, "headerRowCount");
                let area = area(&xml::attribute(&start, "ref")?)?;
                return (count.as_deref() != Some("0")).then_some(area.first_row);
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Reads an area such as `A1:C9`, or a single cell.
pub(super) fn area(text: &str) -> Option<Area> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let ((first_column, first_row), (last_column, last_row)) = (cell(first)?, cell(last)?);
    (first_column <= last_column && first_row <= last_row).then_some(Area {
        first_row,
        first_column,
        last_row,
        last_column,
    })
}

/// Reads the place of a cell such as `BC17`: its column and its row, from 1.
pub(super) fn cell(text: &str) -> Option<(u32, u32)> {
    let text = text.trim().replace('$', "");
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (column, row) = text.split_at(letters);
    if column.is_empty() || column.len() > 4 {
        return None;
    }
    let digit = |letter: u8| u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    let column = column.bytes().fold(0_u32, |sum, letter| sum * 26 + digit(letter));
    Some((column, row.parse().ok().filter(|row| *row > 0)?))
}

/// Says whether a switch is on.
pub(super) fn is_true(value: &str) -> bool {
    matches!(value, "1" | "true" | "on")
}
