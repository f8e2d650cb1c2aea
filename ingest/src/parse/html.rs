//! Hypertext: headings, paragraphs, lists, tables and preformatted text of the page's body.
//!
//! Scripts, styles, navigation and buttons are left out; what is filled into a form is read.

mod depth;
mod math;
mod xhtml;

use std::borrow::Cow;

use ego_tree::NodeId;
use ego_tree::NodeRef;
use ego_tree::iter::Edge;
use encoding_rs::Encoding;
use quire_domain::{BlockKind, Format, ParsedDocument};
use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

use super::stored::StoredText;
use super::{embedded, raised};
use crate::encoding;

/// Elements nested deeper than this are read as running text, without their structure: threads of mail that
/// nobody closes go that deep.
const MAX_DEPTH: usize = 200;
/// How far into the page its encoding is looked for; the standard says 1,024 bytes.
const META_BYTES: usize = 4096;

/// Reads a page.
pub(super) fn parse(bytes: &[u8]) -> ParsedDocument {
    let (text, decoding) = match stated_encoding(bytes) {
        Some(encoding) => encoding::decode_as(encoding, bytes),
        None => encoding::decode(bytes),
    };
    let mut stored = StoredText::default();
    stored.warnings.extend(decoding.warnings());
    let is_xml = text.trim_start().starts_with("<?xml");
    let stored = if is_xml { read_xhtml(&text, stored) } else { read(&text, stored) };
    stored.finish(Format::Html)
}

/// Reads the source of a page that is written as XML behind what is stored already.
pub(super) fn read_xhtml(source: &str, stored: StoredText) -> StoredText {
    read(&xhtml::as_html(source), stored)
}

/// Reads the source of a page behind what is stored already.
pub(super) fn read(source: &str, mut stored: StoredText) -> StoredText {
    let (source, embedded) = embedded::strip(source, 0);
    stored.warnings.extend(embedded::warning(&embedded));
    let bounded = depth::bound(&source);
    let is_flat = matches!(bounded, Cow::Owned(_));
    let page = Html::parse_document(&bounded);
    drop(bounded);
    let mut reader = Reader { stored, is_flat, ..Reader::default() };
    reader.read(page.root_element(), 0);
    reader.flush();
    if reader.is_flat {
        let message = format!(
            "Elements nested deeper than {MAX_DEPTH} were read as running text, without lists and tables."
        );
        reader.stored.warnings.push(quire_domain::Warning::new("nested_too_deep", message));
    }
    reader.stored
}

pub(super) fn stated_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    if Encoding::for_bom(bytes).is_some() {
        return None;
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(META_BYTES)]).to_lowercase();
    let after = head.split_once("charset=").or_else(|| head.split_once("encoding="))?.1;
    let label: String = after
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))
        .collect();
    let encoding = Encoding::for_label(label.as_bytes())?;
    // A page that says UTF-8 and is not is better guessed.
    let is_false = encoding == encoding_rs::UTF_8 && std::str::from_utf8(bytes).is_err();
    (!is_false).then_some(encoding)
}

/// Walks the page and writes blocks.
#[derive(Default)]
struct Reader {
    stored: StoredText,
    /// Running text that is not yet a block.
    line: String,
    kind: Option<BlockKind>,
    is_flat: bool,
}

impl Reader {
    fn read(&mut self, element: ElementRef<'_>, depth: usize) {
        if depth > MAX_DEPTH {
            self.is_flat = true;
            self.read_flat(element);
            return;
        }
        let name = element.value().name();
        match name {
            _ if is_hidden(element.value()) || is_shown_again(*element) => {}
            "math" => self.push_text(&math::linear(element)),
            "sup" | "sub" => {
                let part = squeeze(&visible_text(element));
                if name == "sup" {
                    raised::push_raised(&mut self.line, &part);
                } else {
                    raised::push_lowered(&mut self.line, &part);
                }
            }
            "input" | "select" | "textarea" => self.push_text(&chosen(element)),
            "title" => {
                let title = squeeze(&element.text().collect::<String>());
                if self.stored.title.is_none() && !title.is_empty() {
                    self.stored.title = Some(title);
                }
            }
            "br" => self.line.push('\n'),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush();
                let level = name.as_bytes()[1] - b'0';
                let text = squeeze(&visible_text(element));
                self.stored.push(BlockKind::Heading(level), &text);
            }
            "pre" => {
                self.flush();
                let text: String = element.text().collect();
                self.stored.push(BlockKind::Code, &text);
            }
            "table" if !is_layout(element) => {
                self.flush();
                self.read_table(element);
            }
            "ul" | "ol" => {
                self.flush();
                self.read_list(element, depth);
                self.flush();
            }
            _ if is_block(name) => {
                self.flush();
                self.read_children(element, depth);
                self.flush();
            }
            _ => self.read_children(element, depth),
        }
    }

    fn read_children(&mut self, element: ElementRef<'_>, depth: usize) {
        for child in element.children() {
            match child.value() {
                Node::Text(text) => self.push_text(text),
                Node::Element(_) => {
                    if let Some(child) = ElementRef::wrap(child) {
                        self.read(child, depth + 1);
                    }
                }
                _ => {}
            }
        }
    }

    fn push_text(&mut self, text: &str) {
        for (at, word) in text.split(|c: char| c.is_whitespace() && c != '\u{a0}').enumerate() {
            if at > 0 && !self.line.is_empty() && !self.line.ends_with([' ', '\n']) {
                self.line.push(' ');
            }
            self.line.push_str(word);
        }
    }

    /// Reads all that an element holds as running text, however deep it is nested.
    fn read_flat(&mut self, element: ElementRef<'_>) {
        let mut hidden = 0_usize;
        for edge in element.traverse() {
            let (node, is_open) = match edge {
                Edge::Open(node) => (node, true),
                Edge::Close(node) => (node, false),
            };
            match node.value() {
                Node::Text(text) if is_open && hidden == 0 => self.push_text(text),
                Node::Element(inner)
                    if is_hidden(inner) || is_annotation(inner) || is_shown_again(node) =>
                {
                    hidden = if is_open { hidden + 1 } else { hidden.saturating_sub(1) };
                }
                Node::Element(inner) if hidden == 0 => match inner.name() {
                    "td" | "th" if is_open && !self.line.is_empty() => self.line.push_str(" | "),
                    "td" | "th" => {}
                    "br" if is_open => self.line.push('\n'),
                    name if is_block(name) => self.flush(),
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn read_list(&mut self, list: ElementRef<'_>, depth: usize) {
        let is_ordered = list.value().name() == "ol";
        let start = list.attr("start").and_then(|start| start.trim().parse::<i64>().ok());
        let mut number = start.unwrap_or(1);
        for item in list.child_elements() {
            self.flush();
            self.kind = Some(BlockKind::List);
            self.line = if is_ordered { format!("{number}. ") } else { "- ".to_owned() };
            number = number.saturating_add(1);
            if matches!(item.value().name(), "ul" | "ol") {
                self.line.clear();
                self.read(item, depth + 1);
            } else {
                self.read_children(item, depth + 1);
            }
        }
    }

    fn read_table(&mut self, table: ElementRef<'_>) {
        let mut lines = Vec::new();
        let mut header = String::new();
        for element in table.descendent_elements() {
            match element.value().name() {
                "caption" => {
                    let text = squeeze(&visible_text(element));
                    self.stored.push(BlockKind::Paragraph, &text);
                }
                "tr" => {
                    let cells: Vec<ElementRef<'_>> = element
                        .child_elements()
                        .filter(|cell| matches!(cell.value().name(), "td" | "th"))
                        .collect();
                    let texts: Vec<String> =
                        cells.iter().map(|cell| squeeze(&visible_text(*cell))).collect();
                    if texts.iter().all(String::is_empty) {
                        continue;
                    }
                    let line = texts.join(" | ");
                    let names = cells.iter().all(|cell| cell.value().name() == "th");
                    if lines.is_empty() && names {
                        header.clone_from(&line);
                    }
                    lines.push(line);
                }
                _ => {}
            }
        }
        let rows = lines.len() as u32 - u32::from(!header.is_empty());
        let rows = (rows > 0).then_some((1, rows));
        self.stored.push_rows(BlockKind::Table { header }, &lines.join("\n"), rows);
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.line);
        let kind = self.kind.take().unwrap_or(BlockKind::Paragraph);
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let text = lines.join("\n");
        if text != "-" {
            self.stored.push(kind, &text);
        }
    }
}

/// A table with tables or headings inside lays out the page; its cells are read as running text.
fn is_layout(table: ElementRef<'_>) -> bool {
    table.descendent_elements().skip(1).any(|element| {
        matches!(element.value().name(), "table" | "h1" | "h2" | "h3" | "ul" | "ol" | "pre")
    })
}

/// Says whether a page does not show an element, or shows it as a picture or a button.
fn is_hidden(element: &Element) -> bool {
    matches!(
        element.name(),
        "script"
            | "style"
            | "nav"
            | "template"
            | "noscript"
            | "svg"
            | "iframe"
            | "button"
            | "object"
    )
}

/// Says whether an element is what a formula says in another language of formulas.
fn is_annotation(element: &Element) -> bool {
    matches!(element.name(), "annotation" | "annotation-xml")
}

/// Says whether an element draws for the eye what the formula beside it says.
fn is_shown_again(node: NodeRef<'_, Node>) -> bool {
    let Node::Element(element) = node.value() else { return false };
    let is_formula = |beside: NodeRef<'_, Node>| {
        beside.descendants().take(4).any(
            |inner| matches!(inner.value(), Node::Element(element) if element.name() == "math"),
        )
    };
    element.attr("aria-hidden") == Some("true")
        && (node.prev_siblings().take(2).any(is_formula)
            || node.next_siblings().take(2).any(is_formula))
}

/// Gives what is filled in or chosen in a field of a form.
fn chosen(field: ElementRef<'_>) -> String {
    match field.value().name() {
        "textarea" => field.text().collect(),
        "select" => {
            let options = field.descendent_elements().filter(|one| one.value().name() == "option");
            let selected = options.filter(|option| option.attr("selected").is_some());
            selected
                .map(|option| squeeze(&option.text().collect::<String>()))
                .collect::<Vec<_>>()
                .join(", ")
        }
        _ => {
            let is_checked = field.attr("checked").is_some();
            let value = || format!(" {} ", field.attr("value").unwrap_or_default());
            match field.attr("type").unwrap_or("text").to_lowercase().as_str() {
                "checkbox" | "radio" => if is_checked { "☒ " } else { "☐ " }.to_owned(),
                "text" | "number" | "date" | "email" | "tel" | "url" | "search" | "time"
                | "month" => value(),
                _ => String::new(),
            }
        }
    }
}

fn visible_text(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    let mut hidden = 0_usize;
    // Where raised or lowered text begins, and whether it is raised.
    let mut small: Option<(usize, NodeId)> = None;
    for edge in element.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(part) if hidden == 0 => text.push_str(part),
                Node::Element(inner) if is_hidden(inner) || is_shown_again(node) => hidden += 1,
                Node::Element(inner) if inner.name() == "math" => {
                    hidden += 1;
                    text.extend(ElementRef::wrap(node).map(math::linear));
                }
                Node::Element(inner) if matches!(inner.name(), "input" | "select" | "textarea") => {
                    hidden += 1;
                    text.extend(ElementRef::wrap(node).map(chosen));
                }
                Node::Element(inner)
                    if matches!(inner.name(), "sup" | "sub") && small.is_none() =>
                {
                    small = (node.id() != element.id()).then_some((text.len(), node.id()));
                }
                Node::Element(inner) if inner.name() == "br" || is_block(inner.name()) => {
                    text.push(' ');
                }
                _ => {}
            },
            Edge::Close(node) => match node.value() {
                Node::Element(inner)
                    if is_hidden(inner)
                        || is_shown_again(node)
                        || matches!(inner.name(), "math" | "input" | "select" | "textarea") =>
                {
                    hidden = hidden.saturating_sub(1);
                }
                Node::Element(inner) if small.is_some_and(|(_, id)| id == node.id()) => {
                    let start = small.take().map_or(0, |(start, _)| start);
                    let part = text.split_off(start);
                    if inner.name() == "sup" {
                        raised::push_raised(&mut text, &part);
                    } else {
                        raised::push_lowered(&mut text, &part);
                    }
                }
                Node::Element(inner) if is_block(inner.name()) => text.push(' '),
                _ => {}
            },
        }
    }
    text
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "head"
            | "li"
            | "main"
            | "p"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
            | "ol"
    )
}

#[cfg(test)]
mod tests;
