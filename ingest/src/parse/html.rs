//! Hypertext: headings, paragraphs, lists, tables and preformatted text of the page's body.
//!
//! Scripts, styles, navigation and form controls are left out.

use encoding_rs::Encoding;
use quire_domain::{BlockKind, Format, ParsedDocument};
use scraper::{ElementRef, Html, Node};

use super::stored::StoredText;
use crate::encoding;

/// Elements nested deeper than this are left out, which no real page reaches.
const MAX_DEPTH: usize = 200;
/// How far into the page its encoding is looked for; the standard says 1,024 bytes.
const META_BYTES: usize = 4096;

/// Reads a page.
pub(super) fn parse(bytes: &[u8]) -> ParsedDocument {
    let (text, decoding) = match stated_encoding(bytes) {
        Some(encoding) => encoding::decode_as(encoding, bytes),
        None => encoding::decode(bytes),
    };
    let page = Html::parse_document(&text);
    let mut reader = Reader::default();
    reader.stored.warnings.extend(decoding.warning());
    reader.read(page.root_element(), 0);
    reader.flush();
    if reader.is_cut {
        let message = format!("Elements nested deeper than {MAX_DEPTH} were not read.");
        reader.stored.warnings.push(quire_domain::Warning::new("nested_too_deep", message));
    }
    reader.stored.finish(Format::Html)
}

fn stated_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
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
    is_cut: bool,
}

impl Reader {
    fn read(&mut self, element: ElementRef<'_>, depth: usize) {
        if depth > MAX_DEPTH {
            self.is_cut = true;
            return;
        }
        let name = element.value().name();
        match name {
            "script" | "style" | "nav" | "template" | "noscript" | "svg" | "math" | "iframe"
            | "select" | "button" | "object" => {}
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

fn visible_text(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    for node in element.descendants() {
        match node.value() {
            Node::Text(part) => {
                let is_hidden = node.ancestors().take_while(|a| a.id() != element.id()).any(|a| {
                    a.value().as_element().is_some_and(|e| matches!(e.name(), "script" | "style"))
                });
                if !is_hidden {
                    text.push_str(part);
                }
            }
            Node::Element(part) if part.name() == "br" || is_block(part.name()) => text.push(' '),
            _ => {}
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
