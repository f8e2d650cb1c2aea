//! Workbooks of Excel: a page for each sheet, with its tables as they are shown.
//!
//! Numbers, dates and amounts are written as their formats show them, formulas as the value that was stored with them.
//! Hidden sheets, rows and columns are read, and a warning says so. Comments and text boxes follow the cells.

mod comments;
mod formats;
mod sheet;
mod strings;
mod workbook;

use quire_domain::{BlockKind, Format, ParsedDocument, Warning};

use self::formats::Formats;
use self::sheet::Sheet;
use self::strings::Strings;
use self::workbook::SheetEntry;
use super::opc::{Package, Relationship};
use super::paged::Paged;
use super::stored::StoredText;
use super::{drawing, grid};
use crate::{ParseError, ParseLimits};

/// Reads a workbook.
pub(super) fn parse(bytes: &[u8], limits: &ParseLimits) -> Result<ParsedDocument, ParseError> {
    let mut package = Package::open(bytes, limits, "xl/workbook.xml")?;
    let core = package.core();
    let mut document = Paged::new(core.title, core.metadata);
    let book = workbook::read(&package.document()?);
    let strings = package.part("sharedStrings").map(|xml| strings::read(&xml)).unwrap_or_default();
    let styles = package.part("styles").unwrap_or_default();
    let mut formats = Formats::read(&styles, book.epoch);
    drop(styles);
    let people = comments::people(package.part("person").as_deref());
    let mut context = Context { strings: &strings, formats: &mut formats, cells: grid::MAX_CELLS };
    let mut left = limits.max_text_bytes;
    for entry in book.sheets {
        let limits = ParseLimits { max_text_bytes: left, ..*limits };
        let mut stored = StoredText::default();
        read_sheet(&entry, &mut package, &mut context, (&people, &limits), &mut stored)?;
        left = left.saturating_sub(stored.size() as u64);
        document.push(stored);
    }
    if context.cells == 0 {
        let message = format!(
            "The workbook has more than {} cells; the others were not read.",
            grid::MAX_CELLS
        );
        document.warnings.push(Warning::new("cells_left_out", message));
    }
    document.warnings.extend(package.into_warnings());
    Ok(document.finish(Format::Xlsx))
}

/// What the cells of a sheet are read with.
struct Context<'a> {
    strings: &'a Strings,
    formats: &'a mut Formats,
    /// How many more cells may be read.
    cells: usize,
}

fn read_sheet(
    entry: &SheetEntry,
    package: &mut Package<'_>,
    context: &mut Context<'_>,
    (people, limits): (&comments::People, &ParseLimits),
    stored: &mut StoredText,
) -> Result<(), ParseError> {
    let Some(part) = package.relationship(&entry.id).cloned() else {
        let message = format!("The sheet `{}` is missing from the workbook.", entry.name);
        stored.warnings.push(Warning::new("part_unread", message));
        return Ok(());
    };
    let related = package.related(&part.target)?;
    let sheet = match (part.kind.as_str(), package.read(&part.target)) {
        ("worksheet", Some(xml)) => sheet::read(&xml, context),
        _ => Sheet::default(),
    };
    let Sheet { mut grid, notes } = sheet;
    for xml in read_all("table", &related, package) {
        grid.headers.extend(workbook::table_header(&xml));
    }
    let after = [comments::read(&related, package, people), drawings(&related, package)].concat();
    if !grid.rows.is_empty() || !after.is_empty() {
        stored.push(BlockKind::Heading(1), &entry.name);
    }
    grid.write(limits, stored)?;
    for note in after {
        stored.push(BlockKind::Note, &note);
    }
    stored.warnings.extend(notes.warnings(&entry.name));
    if entry.is_hidden {
        let message = format!("The sheet `{}` is hidden in the workbook; it was read.", entry.name);
        stored.warnings.push(Warning::new("hidden_sheet", message));
    }
    Ok(())
}

/// Reads the words of the shapes and charts that lie on a sheet.
fn drawings(related: &[Relationship], package: &mut Package<'_>) -> Vec<String> {
    let parts = related.iter().filter(|other| other.kind == "drawing");
    let paths: Vec<String> = parts.map(|other| other.target.clone()).collect();
    let mut found = Vec::new();
    for path in paths {
        found.extend(package.read(&path).map(|xml| drawing::shapes(&xml)).unwrap_or_default());
    }
    found
}

/// Reads all parts of a kind that a part refers to.
fn read_all(kind: &str, related: &[Relationship], package: &mut Package<'_>) -> Vec<String> {
    let parts = related.iter().filter(|other| other.kind == kind);
    parts.filter_map(|other| package.read(&other.target)).collect()
}

#[cfg(test)]
mod tests;
