//! Chunks: whole blocks gathered, or long blocks split, to a size in tokens.
//!
//! A chunk never spans pages and never mixes text of different headings. Its text is the stored
//! text at its locator, or a table's header, a line break, and that text. Headings stand at the
//! beginning of the chunk that follows them.

mod gather;
mod split;
mod table;

use std::ops::Range;

use quire_domain::{Block, BlockKind, Locator, ParsedDocument, Span};
use serde::{Deserialize, Serialize};

use crate::positions::Positions;

/// Counts tokens as the model that will embed the chunks does.
///
/// Chunking calls it a few times on every piece of text, so it should take time linear in the
/// text. Tokens that are added around every text may be counted or not.
pub trait TokenCounter {
    /// Counts the tokens of a text.
    fn count(&self, text: &str) -> usize;
}

impl<F: Fn(&str) -> usize> TokenCounter for F {
    fn count(&self, text: &str) -> usize {
        self(text)
    }
}

/// How chunks are sized.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ChunkOptions {
    /// The most tokens a chunk may have. 256 by default.
    pub max_tokens: usize,
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self { max_tokens: 256 }
    }
}

/// A chunk that is not part of a collection yet.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ChunkDraft {
    /// Its number in the document, from 0, in reading order.
    pub ordinal: u32,
    /// The text to read and to search.
    pub text: String,
    /// Its size as the counter counts.
    pub token_count: u32,
    /// Where it lies.
    pub locator: Locator,
}

/// Cuts a document into chunks, in reading order.
///
/// Every character of a block that is not blank lies in a chunk; only a heading whose text follows
/// on a later page is left to the heading path of the chunks there.
pub fn chunk(
    document: &ParsedDocument,
    counter: &dyn TokenCounter,
    options: &ChunkOptions,
) -> Vec<ChunkDraft> {
    let mut chunks = Vec::new();
    let mut rest = document.blocks.as_slice();
    while let Some(first) = rest.first() {
        let same_page = |block: &Block| block.page_index == first.page_index;
        let count = rest.iter().take_while(|block| same_page(block)).count();
        let (blocks, later) = rest.split_at(count);
        rest = later;
        let Some(page) = document.pages.get(first.page_index) else { continue };
        let positions = Positions::new(&page.text);
        let mut writer = Writer {
            page: PageContext { number: page.number, text: &page.text, positions: &positions },
            counter,
            max_tokens: options.max_tokens.max(1),
            chunks: &mut chunks,
        };
        gather::gather(&mut writer, blocks, later.first());
    }
    chunks
}

/// The page that is being cut.
#[derive(Clone, Copy)]
struct PageContext<'a> {
    number: Option<u32>,
    text: &'a str,
    positions: &'a Positions<'a>,
}

impl PageContext<'_> {
    fn bytes(&self, span: Span) -> Range<usize> {
        self.positions.byte(span.start)..self.positions.byte(span.end)
    }
}

/// Where finished chunks go, with all that is needed to finish one.
struct Writer<'a> {
    page: PageContext<'a>,
    counter: &'a dyn TokenCounter,
    max_tokens: usize,
    chunks: &'a mut Vec<ChunkDraft>,
}

/// What a chunk knows besides its text.
#[derive(Clone, Debug, Default)]
struct Place {
    heading: Vec<String>,
    lines: Option<(u32, u32)>,
    rows: Option<(u32, u32)>,
    block_id: Option<String>,
}

impl Writer<'_> {
    fn count(&self, text: &str) -> usize {
        self.counter.count(text)
    }

    /// Writes one chunk, or several when it turns out to be too long.
    fn write(&mut self, range: Range<usize>, place: &Place) {
        let Some(range) = trim(self.page.text, range) else { return };
        let text = &self.page.text[range.clone()];
        let tokens = self.count(text);
        if tokens <= self.max_tokens {
            self.push(range, "", (tokens, place.clone()));
            return;
        }
        for (part, tokens) in split::split(text, self.counter, self.max_tokens) {
            let lines = place.lines.map(|lines| part_lines(lines, text, &part));
            let place = Place { lines, ..place.clone() };
            self.push(range.start + part.start..range.start + part.end, "", (tokens, place));
        }
    }

    fn push(&mut self, range: Range<usize>, header: &str, (tokens, place): (usize, Place)) {
        let positions = self.page.positions;
        let slice = &self.page.text[range.clone()];
        let text = if header.is_empty() { slice.to_owned() } else { format!("{header}\n{slice}") };
        self.chunks.push(ChunkDraft {
            ordinal: self.chunks.len() as u32,
            text,
            token_count: tokens as u32,
            locator: Locator {
                page: self.page.number,
                heading: place.heading,
                lines: place.lines,
                rows: place.rows,
                block_id: place.block_id,
                span: Span::new(positions.code_point(range.start), positions.code_point(range.end)),
            },
        });
    }
}

/// Finds the lines of a part of a text, when each line of the text is a line of the file.
fn part_lines(lines: (u32, u32), text: &str, part: &Range<usize>) -> (u32, u32) {
    let breaks = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count() as u32;
    if lines.1.saturating_sub(lines.0) != breaks(text) {
        return lines;
    }
    let first = lines.0 + breaks(&text[..part.start]);
    (first, first + breaks(&text[part.clone()]))
}

/// Leaves out blank text at both ends, or the whole range when it is blank.
fn trim(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let slice = &text[range.clone()];
    let start = range.start + (slice.len() - slice.trim_start().len());
    let end = range.end - (slice.len() - slice.trim_end().len());
    (start < end).then_some(start..end)
}

/// Says whether a block is a heading.
fn is_heading(block: &Block) -> bool {
    matches!(block.kind, BlockKind::Heading(_))
}

#[cfg(test)]
mod tests;
