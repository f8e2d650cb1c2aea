//! Plain text: paragraphs divided by blank lines, with the lines they stand on.

use quire_domain::{Block, BlockKind, Format, Language, Metadata, PageText, ParsedDocument, Span};

use super::embedded;
use crate::encoding;

/// Reads plain text; the stored text is the decoded file, without the bytes of pictures.
pub(super) fn parse(bytes: &[u8]) -> ParsedDocument {
    let (text, decoding) = encoding::decode(bytes);
    let (text, embedded) = embedded::strip(&text, 0);
    let text = text.into_owned();
    let blocks = paragraphs(&text);
    let warnings = decoding.warnings().into_iter().chain(embedded::warning(&embedded)).collect();
    ParsedDocument {
        format: Format::Text,
        title: None,
        language: Language::Unknown,
        pages: vec![PageText { text, ..PageText::default() }],
        blocks,
        warnings,
        left_out: Vec::new(),
        metadata: Metadata::default(),
    }
}

fn paragraphs(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut position = 0;
    let mut is_open = false;
    for (number, line) in (1u32..).zip(text.split_inclusive('\n')) {
        let length = line.chars().count();
        let content = line.trim_end().chars().count();
        if content == 0 {
            is_open = false;
        } else if let Some(block) = blocks.last_mut().filter(|_| is_open) {
            block.span.end = position + content;
            block.lines = block.lines.map(|(first, _)| (first, number));
        } else {
            blocks.push(Block {
                kind: BlockKind::Paragraph,
                page_index: 0,
                span: Span::new(position, position + content),
                heading: Vec::new(),
                lines: Some((number, number)),
                rows: None,
                block_id: None,
            });
            is_open = true;
        }
        position += length;
    }
    blocks
}
