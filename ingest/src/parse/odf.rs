//! Files of OpenDocument: texts, spreadsheets and presentations.
//!
//! A text is one stored text, as DOCX is; each sheet and each slide is a page. Cells hold what the program that wrote the
//! file has shown. Footnotes, comments and text boxes follow the paragraph they belong to; deleted text is not read.

mod cells;
mod inline;
mod slides;
mod styles;
mod table;
mod walker;

use quick_xml::events::Event;
use quire_domain::date::parse_moment;
use quire_domain::{BlockKind, Format, Metadata, ParsedDocument, Property, Warning};

use self::styles::Styles;
use self::walker::{Piece, Walker};
use super::archive::Archive;
use super::paged::Paged;
use super::stored::StoredText;
use super::xml;
use crate::{ParseError, ParseLimits};

/// Neighbouring list items make one block up to this many.
const LIST_ITEMS: usize = 12;

/// Reads a text, a spreadsheet or a presentation.
pub(super) fn parse(
    bytes: &[u8],
    format: Format,
    limits: &ParseLimits,
) -> Result<ParsedDocument, ParseError> {
    let mut archive = Archive::open(bytes, limits)?;
    let manifest = archive.read("META-INF/manifest.xml").ok().flatten().unwrap_or_default();
    if manifest.contains("encryption-data") {
        return Err(ParseError::Encrypted);
    }
    let content = archive.read("content.xml")?.ok_or_else(|| {
        let reason = "the package has no part `content.xml`".to_owned();
        ParseError::Malformed { reason }
    })?;
    let mut styles = Styles::default();
    styles.read(&archive.read("styles.xml").ok().flatten().unwrap_or_default());
    styles.read(&content);
    let meta = archive.read("meta.xml").ok().flatten().unwrap_or_default();
    let (title, metadata) = read_meta(&meta);
    if format == Format::Odt {
        let mut stored = StoredText::default();
        (stored.title, stored.metadata) = (title, metadata);
        read_text(&content, &styles, &mut stored);
        return Ok(stored.finish(format));
    }
    let mut document = Paged::new(title, metadata);
    match format {
        Format::Ods => cells::read(&content, &styles, limits, &mut document)?,
        _ => slides::read(&content, &styles, &mut document),
    }
    Ok(document.finish(format))
}

fn read_text(content: &str, styles: &Styles, stored: &mut StoredText) {
    let mut walker = Walker::new(content, styles);
    let mut pieces = Vec::new();
    if walker.find("body") {
        // Stray end tags end a level; only the end of the part ends the reading.
        while walker.read_blocks(&mut pieces).is_some() {}
    }
    stored.warnings.extend(walker.warnings());
    write(pieces, stored);
}

/// Writes pieces as blocks.
fn write(pieces: Vec<Piece>, stored: &mut StoredText) {
    let mut list: Vec<String> = Vec::new();
    for piece in pieces {
        if let Piece::Listed(text) = piece {
            list.push(text);
            if list.len() == LIST_ITEMS {
                stored.push(BlockKind::List, &std::mem::take(&mut list).join("\n"));
            }
            continue;
        }
        stored.push(BlockKind::List, &std::mem::take(&mut list).join("\n"));
        match piece {
            Piece::Heading(level, text) => stored.push(BlockKind::Heading(level), &text),
            Piece::Paragraph(text) | Piece::Listed(text) => {
                stored.push(BlockKind::Paragraph, &text);
            }
            Piece::Note(text) => stored.push(BlockKind::Note, &text),
            Piece::Table(table) => {
                let (header, lines) = table.lines();
                let count = lines.len() as u32 - u32::from(!header.is_empty());
                let rows = (count > 0).then_some((1, count));
                stored.push_rows(BlockKind::Table { header }, &lines.join("\n"), rows);
            }
        }
    }
    stored.push(BlockKind::List, &list.join("\n"));
}

/// Reads what the document states about itself.
fn read_meta(source: &str) -> (Option<String>, Metadata) {
    let (mut title, mut metadata) = (None, Metadata::default());
    let mut keywords = Vec::new();
    let mut reader = xml::reader(source);
    while let Ok(event) = reader.read_event() {
        let start = match event {
            Event::Start(start) => start,
            Event::Eof => break,
            _ => continue,
        };
        let name = start.local_name().as_ref().to_owned();
        if !matches!(name.as_str(), "title" | "creation-date" | "date" | "keyword") {
            continue;
        }
        let Some(text) = xml::text(&mut reader) else { break };
        let text = text.trim().to_owned();
        match name.as_str() {
            "title" if !text.is_empty() => title = Some(text),
            "creation-date" => metadata.created_at_ms = moment(&text),
            "date" => metadata.modified_at_ms = moment(&text),
            "keyword" if !text.is_empty() => keywords.push(text),
            _ => {}
        }
    }
    if !keywords.is_empty() {
        let property = Property { name: "keywords".to_owned(), value: keywords.join(", ") };
        metadata.properties.push(property);
    }
    (title, metadata)
}

/// Reads a moment, which OpenDocument writes with fractions of seconds.
fn moment(text: &str) -> Option<i64> {
    parse_moment(text).or_else(|| parse_moment(text.split('.').next()?))
}

/// Warns that a part breaks off.
fn damaged(problem: &str) -> Warning {
    let message = format!("The document's XML is damaged ({problem}); text may be missing.");
    Warning::new("damaged_xml", message)
}

#[cfg(test)]
mod tests;
