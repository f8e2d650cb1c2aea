//! The sheets of a spreadsheet: cells as the program that wrote the file has shown them.

use std::rc::Rc;

use quick_xml::events::{BytesStart, Event};
use quire_domain::{BlockKind, Warning};

use super::inline::flatten;
use super::styles::Styles;
use super::walker::{Piece, Walker};
use crate::parse::grid::{Area, Grid, MAX_CELLS, Row};
use crate::parse::numerals::letters;
use crate::parse::paged::Paged;
use crate::parse::stored::StoredText;
use crate::parse::xml;
use crate::{ParseError, ParseLimits};

/// A sheet in the making.
#[derive(Default)]
struct Sheet {
    name: String,
    is_hidden: bool,
    grid: Grid,
    notes: Vec<String>,
    /// Formulas without a value.
    without_value: usize,
    hidden_rows: usize,
}

/// Reads the sheets, each as a page.
pub(super) fn read(
    content: &str,
    styles: &Styles,
    limits: &ParseLimits,
    document: &mut Paged,
) -> Result<(), ParseError> {
    let mut walker = Walker::new(content, styles);
    let mut left = limits.max_text_bytes;
    let mut cells = MAX_CELLS;
    if !walker.find("spreadsheet") {
        return Ok(());
    }
    while let Some(event) = walker.next() {
        let Event::Start(start) = event else { continue };
        match start.local_name().as_ref() {
            "table" => {
                let style = xml::attribute(&start, "style-name");
                let name = xml::attribute(&start, "name").unwrap_or_default();
                let is_hidden = styles.is_hidden(style.as_deref());
                let mut sheet = Sheet { name, is_hidden, ..Sheet::default() };
                let ended = walker.read_sheet(&mut sheet, &mut cells);
                let limits = ParseLimits { max_text_bytes: left, ..*limits };
                let page = write(sheet, &limits)?;
                left = left.saturating_sub(page.size() as u64);
                document.push(page);
                if ended.is_none() {
                    break;
                }
            }
            "tracked-changes" | "named-expressions" | "database-ranges" | "data-pilot-tables"
                if xml::skip(&mut walker.reader).is_none() =>
            {
                break;
            }
            _ => {}
        }
    }
    if cells == 0 {
        let message =
            format!("The spreadsheet has more than {MAX_CELLS} cells; the others were not read.");
        document.warnings.push(Warning::new("cells_left_out", message));
    }
    document.warnings.extend(walker.warnings());
    Ok(())
}

fn write(sheet: Sheet, limits: &ParseLimits) -> Result<StoredText, ParseError> {
    let mut stored = StoredText::default();
    let name = &sheet.name;
    if !sheet.grid.rows.is_empty() || !sheet.notes.is_empty() {
        stored.push(BlockKind::Heading(1), name);
    }
    sheet.grid.write(limits, &mut stored)?;
    for note in &sheet.notes {
        stored.push(BlockKind::Note, note);
    }
    let mut warn = |code: &str, message: String| stored.warnings.push(Warning::new(code, message));
    if sheet.is_hidden {
        warn("hidden_sheet", format!("The sheet `{name}` is hidden in the workbook; it was read."));
    }
    if sheet.hidden_rows > 0 {
        let count = sheet.hidden_rows;
        warn(
            "hidden_cells",
            format!("{count} rows of the sheet `{name}` are hidden; they were read."),
        );
    }
    if sheet.without_value > 0 {
        let count = sheet.without_value;
        let message = format!(
            "{count} formulas on the sheet `{name}` have no stored value. Open the file in a \
             spreadsheet program and save it there, and add it again."
        );
        warn("formula_without_value", message);
    }
    Ok(stored)
}

impl Walker<'_, '_> {
    fn read_sheet(&mut self, sheet: &mut Sheet, cells: &mut usize) -> Option<()> {
        let mut number = 1_u32;
        let (mut depth, mut is_header) = (0_usize, false);
        loop {
            match self.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "table-row" => {
                        let repeated = repeated(&start, "number-rows-repeated");
                        let row = self.read_row(number, sheet, cells)?;
                        let is_hidden = xml::attribute(&start, "visibility")
                            .is_some_and(|visibility| visibility != "visible");
                        if !row.cells.is_empty() {
                            sheet.hidden_rows += usize::from(is_hidden);
                            if is_header {
                                sheet.grid.headers.push(number);
                            }
                            let bytes = row.cells.iter().map(|(_, text)| text.len()).sum();
                            let count = self.times(bytes, repeated as usize) as u32;
                            push_repeated(row, count, &mut sheet.grid, cells);
                        }
                        number = number.saturating_add(repeated);
                    }
                    // Shapes that lie on the sheet.
                    "shapes" => {
                        let mut pieces = Vec::new();
                        self.read_inner(&mut pieces)?;
                        sheet.notes.extend(Some(flatten(&pieces)).filter(|text| !text.is_empty()));
                    }
                    "table-source" | "forms" | "title" | "desc" => xml::skip(&mut self.reader)?,
                    name => {
                        is_header |= name == "table-header-rows";
                        depth += 1;
                    }
                },
                Event::Empty(start) if start.local_name().as_ref() == "table-row" => {
                    number = number.saturating_add(repeated(&start, "number-rows-repeated"));
                }
                Event::End(_) if depth == 0 => return Some(()),
                Event::End(end) => {
                    is_header &= end.local_name().as_ref() != "table-header-rows";
                    depth -= 1;
                }
                _ => {}
            }
        }
    }

    fn read_row(&mut self, number: u32, sheet: &mut Sheet, cells: &mut usize) -> Option<Row> {
        let mut row = Row { number, cells: Vec::new() };
        let mut column = 1_u32;
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                Event::Start(start) if start.local_name().as_ref() == "table-cell" => {
                    let count = repeated(&start, "number-columns-repeated");
                    let text = self.read_cell(&start, (number, column), sheet)?;
                    let times = self.times_in_row(&text, count);
                    put(&text, (column, times), &mut row, cells);
                    column = column.saturating_add(count);
                }
                Event::Empty(start) if start.local_name().as_ref().ends_with("table-cell") => {
                    let count = repeated(&start, "number-columns-repeated");
                    let text = value(&start).unwrap_or_default();
                    if text.is_empty() && xml::attribute(&start, "formula").is_some() {
                        sheet.without_value += 1;
                    }
                    let times = self.times_in_row(&text, count);
                    put(&text, (column, times), &mut row, cells);
                    column = column.saturating_add(count);
                }
                Event::Start(start) if start.local_name().as_ref() == "covered-table-cell" => {
                    column = column.saturating_add(repeated(&start, "number-columns-repeated"));
                    xml::skip(&mut self.reader)?;
                }
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => return Some(row),
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
    }

    /// Tells how often the text of a cell is written that is repeated in its row.
    fn times_in_row(&mut self, text: &str, count: u32) -> u32 {
        // A text that fills a whole row says no more than once.
        let count = if count > 100 { 1 } else { count };
        self.times(text.len(), count as usize) as u32
    }

    /// Reads the cell just begun: its text, or its value if it has none.
    fn read_cell(
        &mut self,
        start: &BytesStart<'_>,
        (row, column): (u32, u32),
        sheet: &mut Sheet,
    ) -> Option<String> {
        let spans = |name: &str| repeated(start, name) - 1;
        let area = Area {
            first_row: row,
            first_column: column,
            last_row: row.saturating_add(spans("number-rows-spanned")),
            last_column: column.saturating_add(spans("number-columns-spanned")),
        };
        if (area.last_row, area.last_column) != (row, column) {
            sheet.grid.merged.push(area);
        }
        let mut pieces = Vec::new();
        self.read_inner(&mut pieces)?;
        let (notes, words): (Vec<Piece>, Vec<Piece>) =
            pieces.into_iter().partition(|piece| matches!(piece, Piece::Note(_)));
        for note in notes {
            let text = flatten(std::slice::from_ref(&note));
            let place = format!("Comment on {}{row}", letters(column));
            sheet.notes.push(match text.strip_prefix("Comment") {
                Some(rest) => format!("{place}{rest}"),
                None => text,
            });
        }
        let text = flatten(&words);
        let text = if text.is_empty() { value(start).unwrap_or_default() } else { text };
        let is_text = xml::attribute(start, "value-type").as_deref() == Some("string");
        if text.is_empty() && !is_text && xml::attribute(start, "formula").is_some() {
            sheet.without_value += 1;
        }
        Some(text)
    }
}

/// Gives the value of a cell that states none as text.
fn value(start: &BytesStart<'_>) -> Option<String> {
    let names = ["string-value", "date-value", "time-value", "boolean-value", "value"];
    names.iter().find_map(|name| xml::attribute(start, name))
}

fn repeated(start: &BytesStart<'_>, name: &str) -> u32 {
    let count = xml::attribute(start, name).and_then(|count| count.parse().ok());
    count.unwrap_or(1_u32).max(1)
}

/// Puts a text into so many cells from a column on.
fn put(text: &str, (column, count): (u32, u32), row: &mut Row, cells: &mut usize) {
    if text.is_empty() {
        return;
    }
    let text: Rc<str> = text.into();
    for column in column..column.saturating_add(count) {
        if *cells == 0 {
            return;
        }
        *cells -= 1;
        row.cells.push((column, Rc::clone(&text)));
    }
}

/// Puts a row into the sheet as often as it is repeated.
fn push_repeated(row: Row, count: u32, grid: &mut Grid, cells: &mut usize) {
    for at in 1..count {
        if *cells < row.cells.len() {
            *cells = 0;
            break;
        }
        *cells -= row.cells.len();
        grid.rows.push(Row { number: row.number.saturating_add(at), cells: row.cells.clone() });
    }
    grid.rows.push(row);
}
