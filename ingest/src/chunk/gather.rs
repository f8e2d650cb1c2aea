//! Gathering neighbouring blocks under one heading until a chunk is full.

use std::ops::Range;

use quire_domain::{Block, BlockKind};

use super::{Place, Writer, is_heading, table};

/// Blocks that will be one chunk.
struct Group<'a> {
    range: Range<usize>,
    tokens: usize,
    first: &'a Block,
    last: &'a Block,
    /// The first block that is not a heading.
    content: Option<&'a Block>,
    block_id: Option<String>,
}

/// Cuts the blocks of one page; `next` is the block after them, on a later page.
pub(super) fn gather(writer: &mut Writer<'_>, blocks: &[Block], next: Option<&Block>) {
    let mut open: Option<Group<'_>> = None;
    for block in blocks {
        let range = writer.page.bytes(block.span);
        let tokens = writer.count(&writer.page.text[range.clone()]);
        if let Some(group) = open.take() {
            if belongs(&group, block) && group.tokens + tokens <= writer.max_tokens {
                open = Some(grow(group, block, (range, tokens)));
                continue;
            }
            let leads = group.content.is_none() && !is_heading(block);
            // Code and formulas that fit a chunk are kept whole, and their headings name them.
            let keeps = block.kind == BlockKind::Code && tokens <= writer.max_tokens;
            if leads && !keeps && group.tokens * 2 <= writer.max_tokens {
                write_long(writer, block, (group.range.start, range));
                continue;
            }
            flush(writer, group, Some(block));
        }
        if tokens > writer.max_tokens && !is_heading(block) {
            write_long(writer, block, (range.start, range));
        } else {
            open = Some(start(block, (range, tokens)));
        }
    }
    if let Some(group) = open {
        flush(writer, group, next);
    }
}

fn start(block: &Block, (range, tokens): (Range<usize>, usize)) -> Group<'_> {
    Group {
        range,
        tokens,
        first: block,
        last: block,
        content: (!is_heading(block)).then_some(block),
        block_id: block.block_id.clone(),
    }
}

fn grow<'a>(
    group: Group<'a>,
    block: &'a Block,
    (range, tokens): (Range<usize>, usize),
) -> Group<'a> {
    Group {
        range: group.range.start..range.end,
        tokens: group.tokens + tokens,
        first: group.first,
        last: block,
        content: group.content.or((!is_heading(block)).then_some(block)),
        block_id: group.block_id.or_else(|| block.block_id.clone()),
    }
}

/// Headings join the text below them, and text joins text under the same heading.
fn belongs(group: &Group<'_>, block: &Block) -> bool {
    match group.content {
        None => true,
        Some(content) => !is_heading(block) && content.heading == block.heading,
    }
}

fn flush(writer: &mut Writer<'_>, group: Group<'_>, next: Option<&Block>) {
    let named = |title: &str| {
        let same = |part: &String| part.split_whitespace().eq(title.split_whitespace());
        next.is_some_and(|block| block.heading.iter().any(same))
    };
    if group.content.is_none() && named(&writer.page.text[group.range.clone()]) {
        return;
    }
    let place = Place {
        heading: group.content.unwrap_or(group.last).heading.clone(),
        lines: group.first.lines.zip(group.last.lines).map(|(first, last)| (first.0, last.1)),
        rows: group.content.and_then(|block| block.rows),
        block_id: group.block_id,
    };
    writer.write(group.range, &place);
}

/// Writes a block that is too long for one chunk; `start` is where the headings before it begin.
fn write_long(writer: &mut Writer<'_>, block: &Block, (start, range): (usize, Range<usize>)) {
    if let BlockKind::Table { header } = &block.kind {
        table::write_rows(writer, block, &table::Rows { header, start, range });
        return;
    }
    let place = Place {
        heading: block.heading.clone(),
        lines: block.lines.map(|lines| with_headings(writer, lines, (start, range.start))),
        rows: block.rows,
        block_id: block.block_id.clone(),
    };
    writer.write(start..range.end, &place);
}

/// Moves the first line up by the headings that stand before the block.
fn with_headings(
    writer: &Writer<'_>,
    lines: (u32, u32),
    (start, end): (usize, usize),
) -> (u32, u32) {
    let above = writer.page.text[start..end].bytes().filter(|byte| *byte == b'\n').count() as u32;
    (lines.0.saturating_sub(above).max(1), lines.1)
}
