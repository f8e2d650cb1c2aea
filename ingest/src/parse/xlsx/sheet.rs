//! One sheet: its cells as they are shown.

use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use quire_domain::Warning;

use super::Context;
use super::strings;
use super::workbook::{area, cell, is_true};
use crate::parse::grid::{self, Grid, Row};
use crate::parse::xml;

/// Rows frozen at the top are taken for names of columns up to this many.
const MOST_FROZEN: u32 = 20;

/// What a sheet holds.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) grid: Grid,
    pub(super) notes: Notes,
}

/// What is to be said about a sheet.
#[derive(Default)]
pub(super) struct Notes {
    /// Formulas without a stored value: how many, and where the first stands.
    without_value: Option<(usize, String)>,
    hidden_rows: usize,
    hidden_columns: usize,
    damage: Option<String>,
}

impl Notes {
    /// Says it.
    pub(super) fn warnings(&self, name: &str) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if let Some((count, first)) = &self.without_value {
            let message = format!(
                "{count} formulas on the sheet `{name}` have no stored value, the first in {first}. Open \
                 the file in a spreadsheet program and save it there, and add it again."
            );
            warnings.push(Warning::new("formula_without_value", message));
        }
        if self.hidden_rows + self.hidden_columns > 0 {
            let message = format!(
                "{} rows and {} columns of the sheet `{name}` are hidden; they were read.",
                self.hidden_rows, self.hidden_columns
            );
            warnings.push(Warning::new("hidden_cells", message));
        }
        if let Some(damage) = &self.damage {
            let message =
                format!("The sheet `{name}` is damaged ({damage}); cells may be missing.");
            warnings.push(Warning::new("damaged_xml", message));
        }
        warnings
    }
}

/// Reads a sheet.
pub(super) fn read(source: &str, context: &mut Context<'_>) -> Sheet {
    let mut sheet = Sheet::default();
    let mut reader = xml::reader(source);
    let mut number = 0_u32;
    // The first and the last of columns that are hidden.
    let mut hidden: Vec<(u32, u32)> = Vec::new();
    loop {
        let event = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => event,
            Err(error) => {
                sheet.notes.damage = Some(error.to_string());
                break;
            }
        };
        let (start, has_content) = match event {
            Event::Start(start) => (start, true),
            Event::Empty(start) => (start, false),
            _ => continue,
        };
        match start.local_name().as_ref() {
            "row" => {
                let stated = xml::attribute(&start, "r").and_then(|row| row.parse().ok());
                number = stated.unwrap_or(number.saturating_add(1));
                if has_content {
                    let row = read_row(&mut reader, number, context, &mut sheet.notes);
                    if is_on(&start, "hidden") && !row.cells.is_empty() {
                        sheet.notes.hidden_rows += 1;
                    }
                    sheet.grid.rows.push(row);
                }
            }
            "col" if is_on(&start, "hidden") => {
                let column = |name| xml::attribute(&start, name).and_then(|at| at.parse().ok());
                hidden.extend(column("min").zip(column("max")));
            }
            "mergeCell" => {
                sheet
                    .grid
                    .merged
                    .extend(xml::attribute(&start, "ref").and_then(|text| area(&text)));
            }
            "autoFilter" => {
                let area = xml::attribute(&start, "ref").and_then(|text| area(&text));
                sheet.grid.headers.extend(area.map(|area| area.first_row));
            }
            "pane" if xml::attribute(&start, "state").is_some_and(|state| state != "split") => {
                let rows = xml::attribute(&start, "ySplit").and_then(|rows| rows.parse().ok());
                let top = xml::attribute(&start, "topLeftCell").and_then(|text| cell(&text));
                let is_at_top = |rows: &u32| top.is_none_or(|(_, row)| row > *rows);
                let frozen = |rows: &u32| (1..=MOST_FROZEN).contains(rows) && is_at_top(rows);
                sheet.grid.headers.extend(rows.filter(frozen));
            }
            _ => {}
        }
    }
    sheet.notes.hidden_columns = count_hidden(hidden, &sheet.grid.rows);
    sheet
}

/// Counts the columns that hold text and lie in one of the spans that are hidden.
fn count_hidden(mut hidden: Vec<(u32, u32)>, rows: &[Row]) -> usize {
    if hidden.is_empty() {
        return 0;
    }
    hidden.sort_unstable();
    let mut spans = hidden.into_iter().peekable();
    let mut end = 0;
    let is_hidden = |column: &u32| {
        while let Some((_, last)) = spans.next_if(|(first, _)| first <= column) {
            end = end.max(last);
        }
        *column <= end
    };
    grid::columns_of(rows).into_iter().filter(is_hidden).count()
}

fn is_on(start: &BytesStart<'_>, name: &str) -> bool {
    xml::attribute(start, name).is_some_and(|on| is_true(&on))
}

/// Reads the cells of the row just begun.
fn read_row(
    reader: &mut Reader<&[u8]>,
    number: u32,
    context: &mut Context<'_>,
    notes: &mut Notes,
) -> Row {
    let mut row = Row { number, cells: Vec::new() };
    let mut column = 0_u32;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) if start.local_name().as_ref() == "c" => {
                let place = xml::attribute(&start, "r");
                let stated = place.as_deref().and_then(cell).map(|(column, _)| column);
                column = stated.unwrap_or(column.saturating_add(1));
                let read = Cell::read(reader, &start);
                if read.is_formula && read.value.is_none() {
                    let first = || place.unwrap_or_else(|| format!("row {number}"));
                    notes.without_value.get_or_insert_with(|| (0, first())).0 += 1;
                }
                if let Some(text) = read.show(context).filter(|_| context.cells > 0) {
                    context.cells -= 1;
                    row.cells.push((column, text));
                }
            }
            Ok(Event::Empty(start)) if start.local_name().as_ref() == "c" => {
                let place = xml::attribute(&start, "r").as_deref().and_then(cell);
                column = place.map_or(column.saturating_add(1), |(column, _)| column);
            }
            Ok(Event::End(end)) if end.local_name().as_ref() == "row" => return row,
            Ok(Event::Eof) => {
                notes.damage = Some("it ends inside a row".to_owned());
                return row;
            }
            Err(error) => {
                notes.damage = Some(error.to_string());
                return row;
            }
            Ok(_) => {}
        }
    }
}

/// A cell as it stands in the file.
#[derive(Default)]
struct Cell {
    kind: String,
    style: usize,
    value: Option<String>,
    is_formula: bool,
}

impl Cell {
    /// Reads the cell just begun.
    fn read(reader: &mut Reader<&[u8]>, start: &BytesStart<'_>) -> Self {
        let style = xml::attribute(start, "s").and_then(|style| style.parse().ok());
        let kind = xml::attribute(start, "t").unwrap_or_else(|| "n".to_owned());
        let mut cell = Self { kind, style: style.unwrap_or(0), ..Self::default() };
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => match start.local_name().as_ref() {
                    "v" => {
                        cell.value =
                            xml::text(reader).filter(|text| cell.is_text() || !text.is_empty());
                    }
                    "is" => cell.value = strings::rich_text(reader),
                    name => {
                        cell.is_formula |= name == "f";
                        if xml::skip(reader).is_none() {
                            return cell;
                        }
                    }
                },
                Ok(Event::Empty(start)) => match start.local_name().as_ref() {
                    "f" => cell.is_formula = true,
                    // An empty text is a value.
                    "v" if cell.is_text() => cell.value = Some(String::new()),
                    _ => {}
                },
                Ok(Event::End(_) | Event::Eof) | Err(_) => return cell,
                Ok(_) => {}
            }
        }
    }

    fn is_text(&self) -> bool {
        self.kind == "str"
    }

    /// Gives what is shown in the cell.
    fn show(self, context: &mut Context<'_>) -> Option<Rc<str>> {
        let value = self.value?;
        Some(match self.kind.as_str() {
            "s" => context.strings.get(&value)?,
            "b" => if value.trim() == "1" { "TRUE" } else { "FALSE" }.into(),
            "n" => match value.trim().parse::<f64>() {
                Ok(number) => context.formats.show(number, self.style).into(),
                Err(_) => value.into(),
            },
            "d" => value.trim_end_matches("T00:00:00").replace('T', " ").into(),
            "str" => strings::unescape(&value).into(),
            // What is in the cell itself was read already; an error is shown as it is called.
            _ => value.into(),
        })
    }
}
