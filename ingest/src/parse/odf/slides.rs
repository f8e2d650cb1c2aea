//! The slides of a presentation, each a page with its title as heading.

use quick_xml::events::{BytesStart, Event};
use quire_domain::{BlockKind, Warning};

use super::inline::flatten;
use super::styles::Styles;
use super::walker::{Piece, Walker};
use super::write;
use crate::parse::paged::Paged;
use crate::parse::stored::StoredText;
use crate::parse::xml;

/// Reads the slides.
pub(super) fn read(content: &str, styles: &Styles, document: &mut Paged) {
    let mut walker = Walker::new(content, styles);
    while let Some(event) = walker.next() {
        let Event::Start(start) = event else { continue };
        if start.local_name().as_ref() != "page" {
            continue;
        }
        let style = xml::attribute(&start, "style-name");
        let mut stored = StoredText::default();
        let ended = walker.read_slide(&mut stored);
        if styles.is_hidden(style.as_deref()) {
            let message = "The slide is hidden in the presentation; it was read.";
            stored.warnings.push(Warning::new("hidden_slide", message));
        }
        if document.title.is_none() {
            document.title.clone_from(&stored.title);
        }
        document.push(stored);
        if ended.is_none() {
            break;
        }
    }
    document.warnings.extend(walker.warnings());
}

impl Walker<'_, '_> {
    /// Reads the slide just begun: its title, its other shapes, and what the speaker has written below.
    fn read_slide(&mut self, stored: &mut StoredText) -> Option<()> {
        let (mut title, mut pieces, mut notes) = (String::new(), Vec::new(), Vec::new());
        let mut depth = 0_usize;
        let ended = loop {
            let Some(event) = self.next() else { break None };
            let start = match event {
                Event::Start(start) => start,
                Event::End(_) if depth == 0 => break Some(()),
                Event::End(_) => {
                    depth -= 1;
                    continue;
                }
                _ => continue,
            };
            let read = match start.local_name().as_ref() {
                "frame" | "custom-shape" | "rect" | "ellipse" | "text-box" => {
                    let mut inner = Vec::new();
                    let read = self.read_inner(&mut inner);
                    match class(&start).as_deref() {
                        Some("title") if title.is_empty() => title = flatten(&inner),
                        Some("page-number" | "date-time" | "footer" | "header") => {}
                        _ => pieces.append(&mut inner),
                    }
                    read
                }
                "notes" => self.read_notes(&mut notes),
                "annotation" => {
                    let comment = self.read_comment();
                    pieces.extend(comment.clone().into_iter().flatten());
                    comment.map(|_| ())
                }
                "forms" | "title" | "desc" | "animations" | "par" => xml::skip(&mut self.reader),
                _ => {
                    depth += 1;
                    Some(())
                }
            };
            if read.is_none() {
                break None;
            }
        };
        stored.push(BlockKind::Heading(1), &title);
        stored.title = Some(title).filter(|title| !title.is_empty());
        write(pieces, stored);
        let notes = flatten(&notes);
        if !notes.is_empty() {
            stored.push(BlockKind::Note, &format!("Notes: {notes}"));
        }
        ended
    }

    /// Reads the speaker's notes just begun, without what stands around them on their page.
    fn read_notes(&mut self, notes: &mut Vec<Piece>) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                Event::Start(start) if start.local_name().as_ref() == "frame" => {
                    let mut inner = Vec::new();
                    self.read_inner(&mut inner)?;
                    if class(&start).as_deref() == Some("notes") {
                        notes.append(&mut inner);
                    }
                }
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 0 => return Some(()),
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
    }
}

/// What the layout uses a shape for. The attribute of that name in another namespace says nothing of the kind.
fn class(start: &BytesStart<'_>) -> Option<String> {
    xml::attribute(start, "class")
}
