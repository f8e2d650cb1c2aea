//! The walk through a text: headings, paragraphs, lists and tables in reading order.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use quire_domain::Warning;

use super::damaged;
use super::styles::Styles;
use super::table::Table;
use crate::parse::numerals::{letters, roman};
use crate::parse::xml;

/// Tables, lists and text boxes nested deeper than this are left out.
const MAX_DEPTH: usize = 30;

/// So many bytes are written because a file says that cells or rows are repeated; the rest would say nothing new.
const MAX_REPEATED_BYTES: usize = 16 << 20;

/// One piece of a text.
#[derive(Clone, Debug)]
pub(super) enum Piece {
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
}

/// A list that is open.
struct List {
    style: String,
    /// How many items it has had.
    count: u32,
    /// Whether the next paragraph is the first of its item.
    is_fresh: bool,
}

/// Walks the XML of a part.
pub(super) struct Walker<'a, 's> {
    pub(super) reader: Reader<&'a [u8]>,
    pub(super) styles: &'s Styles,
    lists: Vec<List>,
    /// How far lists were counted, by style and level, for those that go on counting.
    counted: HashMap<(String, usize), u32>,
    pub(super) notes: u32,
    pub(super) depth: usize,
    problem: Option<String>,
    /// How many bytes of what a file repeats may still be written.
    repeats: usize,
    has_cut_repeats: bool,
}

impl<'a, 's> Walker<'a, 's> {
    /// Begins at the beginning of a part.
    pub(super) fn new(source: &'a str, styles: &'s Styles) -> Self {
        Self {
            reader: xml::reader(source),
            styles,
            lists: Vec::new(),
            counted: HashMap::new(),
            notes: 0,
            depth: 0,
            problem: None,
            repeats: MAX_REPEATED_BYTES,
            has_cut_repeats: false,
        }
    }

    /// Goes on behind the start of the next element of a name.
    pub(super) fn find(&mut self, name: &str) -> bool {
        while let Some(event) = self.next() {
            if matches!(&event, Event::Start(start) if start.local_name().as_ref() == name) {
                return true;
            }
        }
        false
    }

    /// Takes the next event; the end of the part, or damage, gives nothing.
    pub(super) fn next(&mut self) -> Option<Event<'a>> {
        match self.reader.read_event() {
            Ok(Event::Eof) => None,
            Ok(event) => Some(event),
            Err(error) => {
                self.problem.get_or_insert_with(|| error.to_string());
                None
            }
        }
    }

    /// Says what was not read.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let message = "Cells or rows that the file repeats were written less often than it says.";
        let cut = self.has_cut_repeats.then(|| Warning::new("repeats_left_out", message));
        self.problem.as_deref().map(damaged).into_iter().chain(cut).collect()
    }

    /// Tells how often something of so many bytes is written that the file repeats: once, and again as long as there is room.
    pub(super) fn times(&mut self, bytes: usize, count: usize) -> usize {
        let again = count.saturating_sub(1).min(self.repeats / bytes.max(1));
        self.repeats -= again * bytes.max(1);
        self.has_cut_repeats |= again + 1 < count;
        1 + again
    }

    /// Says whether there is room for something that is nested in what is read; if not, that is a fault.
    pub(super) fn may_enter(&mut self) -> bool {
        if self.depth >= MAX_DEPTH {
            self.problem.get_or_insert_with(|| "it is nested too deep".to_owned());
        }
        self.depth < MAX_DEPTH
    }

    /// Reads blocks up to the end of the element that holds them.
    pub(super) fn read_blocks(&mut self, pieces: &mut Vec<Piece>) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "h" => self.read_heading(&start, pieces)?,
                    "p" => self.read_paragraph(pieces)?,
                    "list" => self.read_list(&start, pieces)?,
                    "table" => self.read_table(pieces)?,
                    "annotation" => {
                        let comment = self.read_comment()?;
                        pieces.extend(comment);
                    }
                    name if is_apart(name) => xml::skip(&mut self.reader)?,
                    _ => depth += 1,
                },
                Event::End(_) if depth == 0 => return Some(()),
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
    }

    /// Reads what an element holds as blocks of its own, unless it is nested too deep.
    pub(super) fn read_inner(&mut self, pieces: &mut Vec<Piece>) -> Option<()> {
        if !self.may_enter() {
            return xml::skip(&mut self.reader);
        }
        self.depth += 1;
        let read = self.read_blocks(pieces);
        self.depth -= 1;
        read
    }

    fn read_heading(&mut self, start: &BytesStart<'_>, pieces: &mut Vec<Piece>) -> Option<()> {
        let level = xml::attribute(start, "outline-level").and_then(|level| level.parse().ok());
        let (mut text, mut attached) = (String::new(), Vec::new());
        let read = self.read_inline(&mut text, &mut attached);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            pieces.push(Piece::Heading(level.unwrap_or(1_u8).clamp(1, 9), text));
        }
        pieces.append(&mut attached);
        read
    }

    fn read_paragraph(&mut self, pieces: &mut Vec<Piece>) -> Option<()> {
        let (mut text, mut attached) = (String::new(), Vec::new());
        let read = self.read_inline(&mut text, &mut attached);
        let text = text.trim();
        if !text.is_empty() {
            let piece = match self.mark() {
                Some(mark) => Piece::Listed(format!("{mark}{}", text.replace('\n', " "))),
                None => Piece::Paragraph(text.to_owned()),
            };
            pieces.push(piece);
        }
        pieces.append(&mut attached);
        read
    }

    /// Reads the list just begun, item by item.
    fn read_list(&mut self, start: &BytesStart<'_>, pieces: &mut Vec<Piece>) -> Option<()> {
        let outer = self.lists.last().map(|list| list.style.clone());
        let style = xml::attribute(start, "style-name").or(outer).unwrap_or_default();
        let goes_on = xml::attribute(start, "continue-numbering").as_deref() == Some("true");
        let key = (style.clone(), self.lists.len());
        let count = if goes_on { self.counted.get(&key).copied().unwrap_or(0) } else { 0 };
        self.lists.push(List { style, count, is_fresh: false });
        let mut depth = 0_usize;
        let ended = loop {
            let Some(event) = self.next() else { break None };
            match event {
                Event::Start(start)
                    if matches!(start.local_name().as_ref(), "list-item" | "list-header") =>
                {
                    if let Some(list) = self.lists.last_mut() {
                        list.is_fresh = start.local_name().as_ref() == "list-item";
                    }
                    if self.read_inner(pieces).is_none() {
                        break None;
                    }
                }
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => break Some(()),
                Event::End(_) => depth -= 1,
                _ => {}
            }
        };
        if let Some(list) = self.lists.pop() {
            self.counted.insert(key, list.count);
        }
        ended
    }

    /// Gives what stands before a paragraph of a list: its mark, or the room of one.
    fn mark(&mut self) -> Option<String> {
        let level = self.lists.len();
        let list = self.lists.last_mut()?;
        let indent = "  ".repeat(level - 1);
        if !std::mem::take(&mut list.is_fresh) {
            return Some(format!("{indent}  "));
        }
        list.count += 1;
        let Some(style) = self.styles.level(&list.style, level) else {
            return Some(format!("{indent}- "));
        };
        let number = style.start.saturating_add(list.count - 1);
        let shown = match style.format.as_str() {
            "a" => letters(number).to_lowercase(),
            "A" => letters(number),
            "i" => roman(number).to_lowercase(),
            "I" => roman(number),
            _ => number.to_string(),
        };
        Some(format!("{indent}{shown}{} ", style.suffix))
    }

    /// Closes all lists while something is read that stands in a paragraph of theirs.
    pub(super) fn apart<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let lists = std::mem::take(&mut self.lists);
        let result = read(self);
        self.lists = lists;
        result
    }
}

/// Says whether an element holds nothing that is shown where it stands.
fn is_apart(name: &str) -> bool {
    matches!(
        name,
        "tracked-changes"
            | "forms"
            | "sequence-decls"
            | "variable-decls"
            | "user-field-decls"
            | "dde-connection-decls"
            | "title"
            | "desc"
            | "event-listeners"
            | "notes"
            | "plugin"
            | "object-ole"
    ) || name.ends_with("-source")
}
