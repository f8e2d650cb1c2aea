//! Presentations of PowerPoint: a page for each slide, with its title as heading.
//!
//! Texts, lists, tables, charts and SmartArt stand as on the slide, speaker's notes and comments behind them. Dates, footers
//! and numbers of slides are furniture and left out. Hidden slides are read, and a warning says so.

mod comments;
mod slide;

use quick_xml::events::Event;
use quire_domain::{BlockKind, Format, ParsedDocument, Warning};

use self::comments::Authors;
use self::slide::{Item, Slide};
use super::drawing::Table;
use super::graphics::{self, Chart};
use super::opc::{Package, Relationship};
use super::paged::Paged;
use super::stored::StoredText;
use super::xml::{self, Tree};
use crate::{ParseError, ParseLimits};

/// Reads a presentation.
pub(super) fn parse(bytes: &[u8], limits: &ParseLimits) -> Result<ParsedDocument, ParseError> {
    let mut package = Package::open(bytes, limits, "ppt/presentation.xml")?;
    let core = package.core();
    let mut document = Paged::new(core.title, core.metadata);
    let paths = slides(&package.document()?, &mut package);
    let authors = comments::authors(&mut package);
    for path in paths {
        let mut stored = StoredText::default();
        read_slide(&path, &mut package, &authors, &mut stored)?;
        if document.title.is_none() {
            document.title.clone_from(&stored.title);
        }
        document.push(stored);
    }
    document.warnings.extend(package.into_warnings());
    Ok(document.finish(Format::Pptx))
}

/// Lists the parts of the slides in the order in which they are shown, each once.
fn slides(presentation: &str, package: &mut Package<'_>) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    let mut reader = xml::reader(presentation);
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == "sldId" => {
                // The attribute `id` stands there twice, once in the namespace of relationships.
                let ids = xml::attributes(&start, "id");
                let path =
                    ids.iter().find_map(|id| package.relationship(id)).map(|part| &part.target);
                match path {
                    Some(path) if !paths.contains(path) => paths.push(path.clone()),
                    Some(_) => {}
                    None => package.warn("A slide is missing from the presentation.".to_owned()),
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    paths
}

fn read_slide(
    path: &str,
    package: &mut Package<'_>,
    authors: &Authors,
    stored: &mut StoredText,
) -> Result<(), ParseError> {
    let related = package.related(path)?;
    let Some(xml) = package.read(path) else { return Ok(()) };
    let Slide { items, is_hidden, damage } = slide::read(&xml);
    drop(xml);
    for item in items {
        write(item, &related, package, stored);
    }
    let notes = slide::notes(&read_all(is_notes, &related, package));
    if !notes.is_empty() {
        stored.push(BlockKind::Note, &format!("Notes: {notes}"));
    }
    for xml in read_all(is_comment, &related, package) {
        for comment in comments::read(&xml, authors) {
            stored.push(BlockKind::Note, &comment);
        }
    }
    if is_hidden {
        let message = "The slide is hidden in the presentation; it was read.";
        stored.warnings.push(Warning::new("hidden_slide", message));
    }
    if let Some(damage) = damage {
        let message = format!("The slide is damaged ({damage}); text may be missing.");
        stored.warnings.push(Warning::new("damaged_xml", message));
    }
    Ok(())
}

fn is_notes(kind: &str) -> bool {
    kind == "notesSlide"
}

fn is_comment(kind: &str) -> bool {
    matches!(kind, "comments" | "comment")
}

/// Reads all parts of some kinds that a slide refers to.
fn read_all(
    is_meant: fn(&str) -> bool,
    related: &[Relationship],
    package: &mut Package<'_>,
) -> Vec<String> {
    let parts = related.iter().filter(|other| is_meant(&other.kind));
    parts.filter_map(|other| package.read(&other.target)).collect()
}

fn write(item: Item, related: &[Relationship], package: &mut Package<'_>, stored: &mut StoredText) {
    let mut part = |id: &str| {
        let target = related.iter().find(|other| other.id == id)?.target.clone();
        Tree::of_part(&package.read(&target)?)
    };
    match item {
        Item::Title(text) => {
            stored.title.get_or_insert_with(|| text.clone());
            stored.push(BlockKind::Heading(1), &text);
        }
        Item::Paragraph(text) => stored.push(BlockKind::Paragraph, &text),
        Item::List(lines) => stored.push(BlockKind::List, &lines.join("\n")),
        Item::Table(table) => push_table(&table, stored),
        Item::Chart(id) => match part(&id).and_then(|tree| graphics::chart(&tree)) {
            Some(Chart { title, rows, has_header }) => {
                stored.push(BlockKind::Paragraph, &title);
                push_table(&Table { rows, has_header }, stored);
            }
            None => package.warn("A chart on a slide was not read.".to_owned()),
        },
        Item::Diagram(id) => match part(&id) {
            Some(tree) => {
                let lines: Vec<String> =
                    graphics::diagram(&tree).iter().map(|line| format!("- {line}")).collect();
                stored.push(BlockKind::List, &lines.join("\n"));
            }
            None => package.warn("A SmartArt graphic on a slide was not read.".to_owned()),
        },
    }
}

fn push_table(table: &Table, stored: &mut StoredText) {
    let header = table.rows.first().filter(|_| table.has_header).cloned().unwrap_or_default();
    let count = table.rows.len() as u32 - u32::from(!header.is_empty());
    let rows = (count > 0).then_some((1, count));
    stored.push_rows(BlockKind::Table { header }, &table.rows.join("\n"), rows);
}

#[cfg(test)]
mod tests;
