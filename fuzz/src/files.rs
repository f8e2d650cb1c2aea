//! The promises of parsing, cutting and showing.

use quire_domain::display::Node;
use quire_domain::{DocumentPath, ParsedDocument, Span};
use quire_ingest::{
    ChunkOptions, PageToShow, ParseError, ParseLimits, chunk, count_pages, display, parse,
};

/// Tight, so that no time goes into bytes that are only many.
const LIMITS: ParseLimits = ParseLimits {
    max_expanded_bytes: 1 << 20,
    max_expansion_ratio: 200,
    max_text_bytes: 1 << 20,
    max_columns: 200,
};

/// The most tokens of a chunk: few, so that much is cut.
const MAX_TOKENS: usize = 12;

/// Reads bytes as a file of this name, and checks what came of it.
pub(crate) fn check_file(name: &str, bytes: &[u8]) {
    count_pages(bytes);
    if let Ok(document) = read(name, bytes) {
        check_blocks(&document);
        check_chunks(&document);
        check_shown(&document);
    }
}

/// Reads bytes as a file of this name.
fn read(name: &str, bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    let path: DocumentPath = name.parse().expect("the name is one of ours");
    parse(&path, bytes, &LIMITS)
}

/// Blocks lie in reading order inside their page's text, and do not overlap; boxes have lines.
fn check_blocks(document: &ParsedDocument) {
    let mut before = (0, 0);
    for block in &document.blocks {
        let page = document.pages.get(block.page_index).expect("a block has its page");
        assert!(slice(block.span, &page.text).is_some(), "{:?} is not in its page", block.span);
        assert!((block.page_index, block.span.start) >= before, "blocks overlap at {before:?}");
        before = (block.page_index, block.span.end);
    }
    for page in &document.pages {
        for line in &page.lines {
            assert!(slice(line.span, &page.text).is_some(), "{:?} is not in its page", line.span);
        }
    }
}

/// A chunk is the stored text at its place, after the header of its table.
fn check_chunks(document: &ParsedDocument) {
    let count = |text: &str| text.split_whitespace().count();
    let chunks = chunk(document, &count, &ChunkOptions { max_tokens: MAX_TOKENS });
    for (number, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk.ordinal as usize, number);
        let mut pages = document.pages.iter();
        let page = pages.find(|page| page.number == chunk.locator.page).expect("it has its page");
        let stored = slice(chunk.locator.span, &page.text).expect("it lies in its page");
        let header = chunk.text.strip_suffix(stored).expect("its text ends with what is stored");
        assert!(header.is_empty() || header.ends_with('\n'), "{header:?}");
        assert!(!stored.trim().is_empty(), "chunk {number} is blank");
        assert!(count(&chunk.text) <= MAX_TOKENS, "chunk {number} is too long");
    }
}

/// Leaves stand in the order of the text and do not overlap.
fn check_shown(document: &ParsedDocument) {
    for (index, page) in document.pages.iter().enumerate() {
        let blocks: Vec<_> =
            document.blocks.iter().filter(|block| block.page_index == index).cloned().collect();
        let nodes = display(&PageToShow {
            format: document.format,
            text: &page.text,
            blocks: &blocks,
            links: &[],
        });
        let length = page.text.chars().count();
        let mut end = 0;
        check_leaves(&nodes, length, &mut end);
    }
}

fn check_leaves(nodes: &[Node], length: usize, end: &mut usize) {
    for node in nodes {
        match node {
            Node::Text(leaf) => {
                let Span { start, end: next } = leaf.span;
                assert!(start >= *end && next >= start, "{:?} follows {end}", leaf.span);
                assert!(next <= length, "{:?} is beyond the text", leaf.span);
                *end = next;
            }
            Node::Part(_, inner) => check_leaves(inner, length, end),
        }
    }
}

fn slice(span: Span, text: &str) -> Option<&str> {
    (span.start <= span.end).then(|| span.slice(text))?
}
