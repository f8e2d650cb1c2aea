//! Markdown, with Obsidian's front matter and block ids.
//!
//! The stored text is the file's own text, so that spans and lines are those of the source and a
//! quote can be found in the editor. Links and emphasis keep their marks.

mod front_matter;

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use quire_domain::{Block, BlockKind, Format, Language, PageText, ParsedDocument, Span};

use crate::{encoding, positions::Positions};

/// A list of more lines than this becomes a block an item.
const SHORT_LIST_LINES: usize = 12;

/// Reads Markdown.
pub(super) fn parse(bytes: &[u8]) -> ParsedDocument {
    let (text, decoding) = encoding::decode(bytes);
    let mut warnings: Vec<_> = decoding.warning().into_iter().collect();
    let front = front_matter::read(&text);
    let mut pieces = Vec::new();
    if !front.range.is_empty() {
        pieces.push(Piece { kind: BlockKind::Note, range: front.range.clone(), title: None });
    }
    collect(&text, front.range.end, &mut pieces);
    let pieces = cover(&text, pieces);
    warnings.extend(front.warning);
    let first_heading = pieces
        .iter()
        .find(|piece| piece.kind == BlockKind::Heading(1))
        .and_then(|piece| piece.title.clone());
    let blocks = place(&text, pieces);
    ParsedDocument {
        format: Format::Markdown,
        title: front.title.or(first_heading),
        language: Language::Unknown,
        pages: vec![PageText { text, ..PageText::default() }],
        blocks,
        warnings,
    }
}

/// A block whose place is still in bytes.
struct Piece {
    kind: BlockKind,
    range: Range<usize>,
    /// A heading's text without its marks.
    title: Option<String>,
}

fn collect(text: &str, from: usize, pieces: &mut Vec<Piece>) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS;
    let mut depth = 0usize;
    let mut title: Option<String> = None;
    let mut list: Option<Range<usize>> = None;
    for (event, range) in Parser::new_ext(&text[from..], options).into_offset_iter() {
        let range = from + range.start..from + range.end;
        match event {
            Event::Start(tag) => {
                depth += 1;
                match (&tag, depth) {
                    (Tag::Heading { .. }, _) if title.is_none() => title = Some(String::new()),
                    (Tag::List(_), 1) if text[range.clone()].lines().count() > SHORT_LIST_LINES => {
                        list = Some(range.clone());
                    }
                    (Tag::Item, 2) if list.is_some() => {
                        pieces.push(Piece {
                            kind: BlockKind::List,
                            range: range.clone(),
                            title: None,
                        });
                    }
                    _ => {}
                }
                if depth == 1 && list.is_none() {
                    let kind = kind(&tag, &text[range.clone()]);
                    pieces.push(Piece { kind, range, title: None });
                }
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                if matches!(end, TagEnd::Heading(_))
                    && depth == 0
                    && let Some(piece) = pieces.last_mut()
                {
                    piece.title = title.take();
                }
                if depth == 0 {
                    list = None;
                }
            }
            Event::Text(part) | Event::Code(part) => {
                if let Some(title) = &mut title {
                    title.push_str(&part);
                }
            }
            _ => {}
        }
    }
}

fn kind(tag: &Tag<'_>, source: &str) -> BlockKind {
    match tag {
        Tag::Heading { level, .. } => BlockKind::Heading(level_number(*level)),
        Tag::List(_) | Tag::Item => BlockKind::List,
        Tag::CodeBlock(_) => BlockKind::Code,
        Tag::FootnoteDefinition(_) => BlockKind::Note,
        Tag::Table(_) => {
            let header: Vec<&str> = source.lines().take(2).collect();
            BlockKind::Table { header: header.join("\n") }
        }
        _ => BlockKind::Paragraph,
    }
}

fn level_number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// Makes paragraphs of the text that no block covers, such as link definitions, and keeps blocks
/// from overlapping.
fn cover(text: &str, pieces: Vec<Piece>) -> Vec<Piece> {
    let mut covered = Vec::with_capacity(pieces.len());
    let mut end = 0;
    for mut piece in pieces {
        if piece.range.start > end {
            fill(text, end..piece.range.start, &mut covered);
        }
        piece.range.start = piece.range.start.max(end);
        if piece.range.start >= piece.range.end {
            continue;
        }
        end = piece.range.end;
        covered.push(piece);
    }
    fill(text, end..text.len(), &mut covered);
    covered
}

fn fill(text: &str, gap: Range<usize>, covered: &mut Vec<Piece>) {
    let words = |c: char| c.is_alphanumeric();
    if text[gap.clone()].contains(words) {
        covered.push(Piece { kind: BlockKind::Paragraph, range: gap, title: None });
    } else if let Some(last) = covered.last_mut()
        && !text[gap.clone()].trim().is_empty()
        && !matches!(last.kind, BlockKind::Heading(_))
    {
        // A rule says nothing by itself; it stays with the text above it.
        last.range.end = gap.end;
    }
}

fn place(text: &str, pieces: Vec<Piece>) -> Vec<Block> {
    let positions = Positions::new(text);
    let mut blocks: Vec<Block> = Vec::new();
    let mut headings: Vec<(u8, String)> = Vec::new();
    let mut lines = LineCounter::default();
    for piece in pieces {
        let source = &text[piece.range.clone()];
        let start = piece.range.start + (source.len() - source.trim_start().len());
        let end = piece.range.start + source.trim_end().len();
        if start >= end {
            continue;
        }
        let id = block_id(&text[start..end]);
        if let (Some((id, "")), Some(last)) = (&id, blocks.last_mut()) {
            // An id on a line of its own names the block above it.
            last.block_id = Some(id.clone());
        }
        if let BlockKind::Heading(level) = piece.kind {
            headings.retain(|(open, _)| *open < level);
        }
        let heading = headings.iter().map(|(_, title)| title.clone()).collect();
        if let BlockKind::Heading(level) = piece.kind {
            let title = piece.title.unwrap_or_default();
            headings.push((level, title.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        let first = lines.line_at(text, start);
        let last = lines.line_at(text, end);
        let rows = matches!(piece.kind, BlockKind::Table { .. })
            .then(|| (1, (last - first).saturating_sub(1)))
            .filter(|rows| rows.1 > 0);
        blocks.push(Block {
            kind: piece.kind,
            page_index: 0,
            span: Span::new(positions.code_point(start), positions.code_point(end)),
            heading,
            lines: Some((first, last)),
            rows,
            block_id: id.map(|(id, _)| id),
        });
    }
    blocks
}

/// Finds an Obsidian block id at a block's end, and the text before it.
fn block_id(source: &str) -> Option<(String, &str)> {
    let (before, id) = source.rsplit_once('^')?;
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let stands_apart = before.is_empty() || before.ends_with(char::is_whitespace);
    (stands_apart && !id.is_empty() && id.chars().all(valid))
        .then(|| (id.to_owned(), before.trim()))
}

/// Counts line breaks up to places that only move forward.
#[derive(Default)]
struct LineCounter {
    byte: usize,
    breaks: u32,
}

impl LineCounter {
    fn line_at(&mut self, text: &str, byte: usize) -> u32 {
        let part = text.get(self.byte..byte).unwrap_or_default();
        self.breaks += part.bytes().filter(|byte| *byte == b'\n').count() as u32;
        self.byte = self.byte.max(byte);
        self.breaks + 1
    }
}

#[cfg(test)]
mod tests;
