//! Markdown, as Obsidian means it.
//!
//! The stored text is the file's own text, line by line, so that a quote can be found in the
//! editor; emphasis, lists and ordinary links keep their marks. Only what Obsidian does not show
//! is taken out or put as it is shown: comments, block ids, the brackets of `[[links]]`, and the
//! marks of callouts.

mod comments;
mod excalidraw;
mod front_matter;
mod inline;
pub(crate) mod links;
mod rewrite;
mod syntax;

use quire_domain::{
    Block, BlockKind, Format, Language, Metadata, PageText, ParsedDocument, Span, Warning,
};

use super::embedded;
use crate::{encoding, positions::Positions};
use front_matter::FrontMatter;
use syntax::Piece;

/// Reads Markdown.
pub(super) fn parse(bytes: &[u8]) -> ParsedDocument {
    let (text, decoding) = encoding::decode(bytes);
    let mut warnings: Vec<Warning> = decoding.warnings();
    let note = read(&text);
    warnings.extend(note.warnings);
    ParsedDocument {
        format: Format::Markdown,
        title: note.title,
        language: Language::Unknown,
        pages: vec![PageText { text: note.text, ..PageText::default() }],
        blocks: note.blocks,
        warnings,
        left_out: Vec::new(),
        metadata: note.metadata,
    }
}

/// A note that was read.
pub(super) struct Note {
    /// Its text as it is shown.
    pub(super) text: String,
    /// The blocks of that text.
    pub(super) blocks: Vec<Block>,
    pub(super) metadata: Metadata,
    title: Option<String>,
    /// What was not read.
    pub(super) warnings: Vec<Warning>,
}

/// Reads the text of a note.
pub(super) fn read(text: &str) -> Note {
    let FrontMatter { mut range, title, warning, metadata } = front_matter::read(text);
    let is_drawing = metadata.properties.iter().any(|one| one.name == "excalidraw-plugin");
    let body = if is_drawing {
        range = 0..0;
        excalidraw::text_elements(text)
    } else {
        comments::strip(text, range.end)
    };
    let (body, embedded) = embedded::strip(&body, range.end);
    let found = syntax::read(&body, range.clone(), metadata);
    let first_heading = found
        .pieces
        .iter()
        .find(|piece| piece.kind == BlockKind::Heading(1))
        .and_then(|piece| piece.title.clone())
        .filter(|_| !is_drawing);
    let (text, pieces) = found.edits.apply(&body, found.pieces);
    let blocks = place(&text, pieces);
    let warning = warning.filter(|_| !is_drawing);
    let warnings = warning.into_iter().chain(embedded::warning(&embedded)).collect();
    Note { text, blocks, metadata: found.metadata, title: title.or(first_heading), warnings }
}

fn place(text: &str, pieces: Vec<Piece>) -> Vec<Block> {
    let positions = Positions::new(text);
    let mut blocks: Vec<Block> = Vec::new();
    let mut headings: Vec<(u8, String)> = Vec::new();
    let mut lines = LineCounter::default();
    for piece in pieces {
        let source = text.get(piece.range.clone()).unwrap_or_default();
        let start = piece.range.start + (source.len() - source.trim_start().len());
        let end = piece.range.start + source.trim_end().len();
        if start >= end {
            // An id on a line of its own names the block above it.
            if let (Some(id), Some(last)) = (piece.block_id, blocks.last_mut()) {
                last.block_id.get_or_insert(id);
            }
            continue;
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
        let mut kind = piece.kind;
        let mut rows = None;
        if let BlockKind::Table { header } = &mut kind {
            *header = source.trim_start().lines().take(2).collect::<Vec<_>>().join("\n");
            rows = Some((1, (last - first).saturating_sub(1))).filter(|rows| rows.1 > 0);
        }
        blocks.push(Block {
            kind,
            page_index: 0,
            span: Span::new(positions.code_point(start), positions.code_point(end)),
            heading,
            lines: Some((first, last)),
            rows,
            block_id: piece.block_id,
        });
    }
    blocks
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
