//! The text of one paragraph, with the notes and comments that stand in it.

use quick_xml::events::{BytesStart, Event};

use super::walker::{Piece, Walker};
use crate::parse::{raised, xml};

/// Blanks in a row beyond this many say no more.
const MOST_BLANKS: usize = 100;

impl Walker<'_, '_> {
    /// Reads the paragraph just begun, up to its end.
    pub(super) fn read_inline(
        &mut self,
        text: &mut String,
        attached: &mut Vec<Piece>,
    ) -> Option<()> {
        // Whether the text of each open element is raised or lowered.
        let mut open: Vec<Option<bool>> = Vec::new();
        loop {
            let event = self.next()?;
            match event {
                Event::Start(start) => match start.local_name().as_ref() {
                    "note" => self.read_note(text, attached)?,
                    "annotation" => {
                        let comment = self.read_comment()?;
                        attached.extend(comment);
                    }
                    "frame" | "text-box" | "custom-shape" | "rect" | "ellipse" | "line" | "g"
                    | "caption" | "connector" | "polygon" | "path" => {
                        let mut inner = Vec::new();
                        let read = self.apart(|walker| walker.read_inner(&mut inner));
                        let words = flatten(&inner);
                        if !words.is_empty() {
                            attached.push(Piece::Note(words));
                        }
                        read?;
                    }
                    "ruby-text" | "tracked-changes" | "script" | "hidden-text" | "title"
                    | "desc" => xml::skip(&mut self.reader)?,
                    _ => {
                        push_mark(&start, text);
                        let style = xml::attribute(&start, "style-name");
                        let outer = open.last().copied().flatten();
                        open.push(style.and_then(|style| self.styles.raised(&style)).or(outer));
                    }
                },
                Event::Empty(start) => push_mark(&start, text),
                Event::End(_) => {
                    if open.pop().is_none() {
                        return Some(());
                    }
                }
                event => {
                    let mut part = String::new();
                    xml::push_text(&event, &mut part);
                    match open.last().copied().flatten() {
                        Some(true) => raised::push_raised(text, &part),
                        Some(false) => raised::push_lowered(text, &part),
                        None => push_words(&part, text),
                    }
                }
            }
        }
    }

    /// Reads the footnote or endnote just begun.
    fn read_note(&mut self, text: &mut String, attached: &mut Vec<Piece>) -> Option<()> {
        let (mut mark, mut body) = (String::new(), Vec::new());
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "note-citation" => mark = xml::text(&mut self.reader)?,
                    "note-body" => self.apart(|walker| walker.read_inner(&mut body))?,
                    _ => depth += 1,
                },
                Event::End(_) if depth == 0 => break,
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
        self.notes += 1;
        let mark = mark.trim();
        let mark = if mark.is_empty() { self.notes.to_string() } else { mark.to_owned() };
        let body = flatten(&body);
        raised::push_mark(text, &mark);
        if !body.is_empty() {
            let mut note = String::new();
            raised::push_mark(&mut note, &mark);
            attached.push(Piece::Note(format!("{} {body}", note.trim())));
        }
        Some(())
    }

    /// Reads the comment just begun, as it is shown.
    /// `None` if the part ends within it; a comment without words gives nothing.
    pub(super) fn read_comment(&mut self) -> Option<Vec<Piece>> {
        // The paragraphs of a comment may hold comments in their turn.
        if !self.may_enter() {
            return xml::skip(&mut self.reader).map(|()| Vec::new());
        }
        self.depth += 1;
        let comment = self.read_comment_text();
        self.depth -= 1;
        comment
    }

    fn read_comment_text(&mut self) -> Option<Vec<Piece>> {
        let (mut author, mut words) = (String::new(), Vec::new());
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "creator" => author = xml::text(&mut self.reader)?,
                    "date" | "creator-initials" | "date-string" | "sender-initials" => {
                        xml::skip(&mut self.reader)?;
                    }
                    "p" => {
                        let (mut text, mut attached) = (String::new(), Vec::new());
                        self.apart(|walker| walker.read_inline(&mut text, &mut attached))?;
                        words.push(text);
                    }
                    _ => depth += 1,
                },
                Event::End(_) if depth == 0 => break,
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
        let words = words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        if words.is_empty() {
            return Some(Vec::new());
        }
        let author = author.trim();
        let by = if author.is_empty() { String::new() } else { format!(" by {author}") };
        Some(vec![Piece::Note(format!("Comment{by}: {words}"))])
    }
}

/// Writes words; blanks in a row, and ends of lines in the XML, are one blank.
fn push_words(part: &str, text: &mut String) {
    for letter in part.chars() {
        if matches!(letter, ' ' | '\n' | '\t' | '\r') {
            if !text.is_empty() && !text.ends_with([' ', '\n', '\t']) {
                text.push(' ');
            }
        } else {
            text.push(letter);
        }
    }
}

/// Writes what an element says that stands for text.
fn push_mark(start: &BytesStart<'_>, text: &mut String) {
    match start.local_name().as_ref() {
        "s" => {
            let count = xml::attribute(start, "c").and_then(|count| count.parse().ok());
            let count = count.unwrap_or(1_usize).min(MOST_BLANKS);
            text.extend(std::iter::repeat_n(' ', count));
        }
        "tab" => text.push('\t'),
        "line-break" => text.push('\n'),
        _ => {}
    }
}

/// Joins pieces to one line of text.
pub(super) fn flatten(pieces: &[Piece]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Heading(_, text)
            | Piece::Paragraph(text)
            | Piece::Listed(text)
            | Piece::Note(text) => parts.push(text.clone()),
            Piece::Table(table) => parts.extend(table.lines().1),
        }
    }
    parts.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}
