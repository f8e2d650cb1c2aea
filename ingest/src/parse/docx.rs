//! Word documents, read from the package's XML.
//!
//! `docx-rs` models documents to be written: its reader loads every picture, keeps no order between
//! text and text boxes, knows transitional namespaces only and gives up on a whole file for one
//! unknown value. So the package is read here with `zip` and `quick-xml`, by local names, which
//! covers strict and transitional files alike; `docx-rs` writes the documents that tests read.
//!
//! Footnotes, endnotes, comments and text boxes follow the paragraph they belong to; headers and
//! footers stand once at the end. Inserted text is read, deleted text is not.

mod body;
mod numbering;
mod parts;
mod styles;

use std::collections::HashSet;

use quire_domain::{BlockKind, Format, ParsedDocument};

use self::body::{Item, Notes};
use super::opc::Package;
use super::stored::StoredText;
use super::xml;
use crate::{ParseError, ParseLimits};

/// Neighbouring list items make one block up to this many.
const LIST_ITEMS: usize = 12;

/// Reads a Word document.
pub(super) fn parse(bytes: &[u8], limits: &ParseLimits) -> Result<ParsedDocument, ParseError> {
    read(bytes, limits, 0)
}

/// Reads a document that lies so deep in others.
fn read(bytes: &[u8], limits: &ParseLimits, depth: usize) -> Result<ParsedDocument, ParseError> {
    let mut package = Package::open(bytes, limits, "word/document.xml")?;
    let mut stored = StoredText::default();
    let core = package.core();
    (stored.title, stored.metadata) = (core.title, core.metadata);
    let styles = package.part("styles").map(|xml| styles::read(&xml)).unwrap_or_default();
    let mut numbering =
        package.part("numbering").map(|xml| numbering::read(&xml)).unwrap_or_default();
    let context = &mut body::Context { styles: &styles, numbering: &mut numbering };

    let mut notes = Notes::default();
    for kind in ["footnotes", "endnotes", "comments"] {
        if let Some(xml) = package.part(kind) {
            body::read_notes(&xml, kind, context, &mut notes);
        }
    }
    let document = package.document()?;
    let (items, warning) = body::read(&document, context, &notes);
    drop(document);
    stored.warnings.extend(warning);
    let mut placed = Vec::with_capacity(items.len());
    let mut known: HashSet<String> = HashSet::new();
    for item in items {
        match item {
            // What a part says is read where it stands first, however often it is shown.
            Item::Part(_, id) if known.contains(package.target(&id).unwrap_or(&id)) => {}
            Item::Part(kind, id) => {
                known.insert(package.target(&id).unwrap_or(&id).to_owned());
                placed.extend(parts::read(kind, &id, &mut package, (limits, depth)));
            }
            item => placed.push(item),
        }
    }
    write(placed, &mut stored);

    stored.leave_headings();
    let mut seen: Vec<String> = Vec::new();
    for kind in ["header", "footer"] {
        for xml in package.parts(kind) {
            let (items, _) = body::read(&xml, context, &Notes::default());
            let text = body::flatten(&items);
            if text.chars().any(char::is_alphabetic) && !seen.contains(&text) {
                stored.push(BlockKind::Note, &text);
                seen.push(text);
            }
        }
    }
    stored.warnings.extend(package.into_warnings());
    Ok(stored.finish(Format::Docx))
}

fn write(items: Vec<Item>, stored: &mut StoredText) {
    let mut list: Vec<String> = Vec::new();
    for item in items {
        if let Item::Listed(text) = item {
            list.push(text);
            if list.len() == LIST_ITEMS {
                stored.push(BlockKind::List, &std::mem::take(&mut list).join("\n"));
            }
            continue;
        }
        stored.push(BlockKind::List, &std::mem::take(&mut list).join("\n"));
        match item {
            Item::Heading(level, text) => stored.push(BlockKind::Heading(level), &text),
            Item::Paragraph(text) | Item::Listed(text) => stored.push(BlockKind::Paragraph, &text),
            Item::Note(text) => stored.push(BlockKind::Note, &text),
            // Those of the document are read in their places by now.
            Item::Part(..) => {}
            Item::Table(table) => {
                let header = if table.has_header { table.rows.first().cloned() } else { None };
                let header = header.unwrap_or_default();
                let count = table.rows.len() as u32 - u32::from(!header.is_empty());
                let rows = (count > 0).then_some((1, count));
                stored.push_rows(BlockKind::Table { header }, &table.rows.join("\n"), rows);
            }
        }
    }
    stored.push(BlockKind::List, &list.join("\n"));
}

#[cfg(test)]
mod tests;
