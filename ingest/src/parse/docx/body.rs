//! The text of a part: paragraphs, tables, notes and text boxes in reading order.

mod fields;
mod paragraph;
mod symbols;
mod table;

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use quire_domain::Warning;

use super::numbering::Numbering;
use super::styles::Styles;
use super::xml;

/// Tables and text boxes nested deeper than this are left out.
const MAX_DEPTH: usize = 30;

/// What the text of a part is read with.
pub(super) struct Context<'a> {
    /// The paragraph styles.
    pub(super) styles: &'a Styles,
    /// The lists, counted on while reading.
    pub(super) numbering: &'a mut Numbering,
}

/// One piece of a part.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A heading with its level.
    Heading(u8, String),
    /// Running text.
    Paragraph(String),
    /// A list item with its mark.
    Listed(String),
    /// A footnote, endnote, comment or text box.
    Note(String),
    /// A table.
    Table(Table),
    /// A part of its own that stands here: its kind, and the id that leads to it.
    Part(PartKind, String),
}

/// What stands in parts of their own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PartKind {
    /// Another document that is put in here.
    Chunk,
    /// A chart.
    Chart,
    /// The words of a graphic made of `SmartArt`.
    Diagram,
}

impl PartKind {
    /// Reads what an element refers to, if it stands for a part.
    fn of(start: &BytesStart<'_>) -> Option<Item> {
        let (kind, attribute) = match start.local_name().as_ref() {
            "altChunk" => (Self::Chunk, "id"),
            "chart" => (Self::Chart, "id"),
            "relIds" => (Self::Diagram, "dm"),
            _ => return None,
        };
        Some(Item::Part(kind, xml::attribute(start, attribute)?))
    }
}

/// A table, a row a line.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// The rows.
    pub(super) rows: Vec<String>,
    /// Whether the first row names the columns.
    pub(super) has_header: bool,
}

/// The texts that paragraphs refer to, by part and id, as they are shown.
#[derive(Default)]
pub(super) struct Notes(HashMap<(&'static str, String), String>);

impl Notes {
    fn find(&self, kind: &'static str, id: &str) -> Option<&String> {
        self.0.get(&(kind, id.to_owned()))
    }
}

/// Reads a part; the warning says that it breaks off.
pub(super) fn read(
    source: &str,
    context: &mut Context<'_>,
    notes: &Notes,
) -> (Vec<Item>, Option<Warning>) {
    let mut walker =
        Walker { reader: xml::reader(source), context, notes, depth: 0, problem: None };
    let mut items = Vec::new();
    // Stray end tags end a level; only the end of the part ends the reading.
    while walker.read_blocks(&mut items).is_some() {}
    let warning = walker.problem.map(|problem| {
        let message = format!("The document's XML is damaged ({problem}); text may be missing.");
        Warning::new("damaged_xml", message)
    });
    (items, warning)
}

/// Reads a part with notes or comments.
pub(super) fn read_notes(
    source: &str,
    kind: &'static str,
    context: &mut Context<'_>,
    notes: &mut Notes,
) {
    let mut number = 0;
    let none = Notes::default();
    let mut walker =
        Walker { reader: xml::reader(source), context, notes: &none, depth: 0, problem: None };
    loop {
        let Ok(event) = walker.reader.read_event() else { return };
        let Event::Start(start) = event else {
            if event == Event::Eof {
                return;
            }
            continue;
        };
        if !matches!(start.local_name().as_ref(), "footnote" | "endnote" | "comment") {
            continue;
        }
        let id = xml::attribute(&start, "id").unwrap_or_default();
        let is_rule = xml::attribute(&start, "type").is_some_and(|kind| kind != "normal");
        let author = xml::attribute(&start, "author").filter(|author| !author.is_empty());
        let mut items = Vec::new();
        walker.read_blocks(&mut items);
        let text = flatten(&items);
        if is_rule || text.is_empty() {
            continue;
        }
        number += 1;
        let text = match (kind, author) {
            ("comments", Some(author)) => format!("Comment by {author}: {text}"),
            ("comments", None) => format!("Comment: {text}"),
            _ => format!("{} {text}", superscript(number)),
        };
        notes.0.insert((kind, id), text);
    }
}

/// Joins items to one line of text.
pub(super) fn flatten(items: &[Item]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for item in items {
        match item {
            Item::Heading(_, text)
            | Item::Paragraph(text)
            | Item::Listed(text)
            | Item::Note(text) => parts.push(text.clone()),
            Item::Table(table) => parts.extend(table.rows.iter().cloned()),
            // What stands in a part of its own is read where its paragraph is.
            Item::Part(..) => {}
        }
    }
    let text = parts.join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn superscript(number: u32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().bytes().filter_map(|digit| DIGITS.get((digit - b'0') as usize)).collect()
}

/// Walks the XML of one part.
struct Walker<'a, 'c> {
    reader: Reader<&'a [u8]>,
    context: &'a mut Context<'c>,
    notes: &'a Notes,
    depth: usize,
    problem: Option<String>,
}

impl<'a> Walker<'a, '_> {
    /// Takes the next event; the end of the part, or damage, gives nothing.
    fn next(&mut self) -> Option<Event<'a>> {
        match self.reader.read_event() {
            Ok(Event::Eof) => None,
            Ok(event) => Some(event),
            Err(error) => {
                self.problem.get_or_insert_with(|| error.to_string());
                None
            }
        }
    }

    /// Reads blocks up to the end of the element that holds them.
    fn read_blocks(&mut self, items: &mut Vec<Item>) -> Option<()> {
        let mut depth = 0;
        loop {
            match self.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "p" => self.read_paragraph(items)?,
                    "tbl" => self.read_table(items)?,
                    "del" | "moveFrom" | "Fallback" | "sectPr" | "sdtPr" => {
                        xml::skip(&mut self.reader)?;
                    }
                    _ => {
                        items.extend(PartKind::of(&start));
                        depth += 1;
                    }
                },
                Event::Empty(start) => items.extend(PartKind::of(&start)),
                Event::End(_) if depth == 0 => return Some(()),
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
    }

    /// Reads what an element holds as blocks of its own, unless it is nested too deep.
    fn read_inner(&mut self, items: &mut Vec<Item>) -> Option<()> {
        if self.depth >= MAX_DEPTH {
            self.problem.get_or_insert_with(|| "it is nested too deep".to_owned());
            return xml::skip(&mut self.reader);
        }
        self.depth += 1;
        let read = self.read_blocks(items);
        self.depth -= 1;
        read
    }
}
