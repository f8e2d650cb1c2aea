//! Cutting a long table between its rows, with the header before every part.

use std::ops::Range;

use quire_domain::Block;

use super::{Place, Writer, part_lines, split};

/// The rows to cut.
pub(super) struct Rows<'a> {
    /// The table's header, as it stands at the beginning of the table, if it does.
    pub(super) header: &'a str,
    /// Where the headings before the table begin.
    pub(super) start: usize,
    /// The table.
    pub(super) range: Range<usize>,
}

/// Writes a table as chunks of whole rows; a row that is too long is split like running text.
pub(super) fn write_rows(writer: &mut Writer<'_>, block: &Block, rows: &Rows<'_>) {
    let text = &writer.page.text[rows.range.clone()];
    let starts_with_header = !rows.header.is_empty() && text.starts_with(rows.header);
    let header_lines = if starts_with_header { rows.header.lines().count() } else { 0 };
    let header_tokens = writer.count(rows.header);
    // A header that would fill half of every chunk is said once only.
    let repeats = !rows.header.is_empty() && header_tokens * 2 <= writer.max_tokens;

    let mut part = Part { start: rows.start, lines: 0..0, tokens: 0 };
    part.tokens = writer.count(&writer.page.text[rows.start..rows.range.start]);
    let mut line_start = rows.range.start;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let tokens = writer.count(line);
        let has_header = part.lines.start < header_lines || !repeats;
        let budget = writer.max_tokens.saturating_sub(if has_header { 0 } else { header_tokens });
        if part.tokens + tokens > budget && part.lines.end > part.lines.start.max(header_lines) {
            write_part(writer, block, (rows, &part, line_start));
            part = Part { start: line_start, lines: number..number, tokens: 0 };
        }
        part.lines.end = number + 1;
        part.tokens += tokens;
        line_start += line.len();
    }
    write_part(writer, block, (rows, &part, line_start));
}

/// Some lines of the table.
struct Part {
    start: usize,
    lines: Range<usize>,
    tokens: usize,
}

fn write_part(
    writer: &mut Writer<'_>,
    block: &Block,
    (rows, part, end): (&Rows<'_>, &Part, usize),
) {
    let page = writer.page;
    let Some(range) = super::trim(page.text, part.start..end) else { return };
    let table = &page.text[rows.range.clone()];
    let starts_with_header = !rows.header.is_empty() && table.starts_with(rows.header);
    let header_lines = if starts_with_header { rows.header.lines().count() } else { 0 };
    let place = Place {
        heading: block.heading.clone(),
        lines: block.lines.map(|lines| {
            let from = part.start.max(rows.range.start) - rows.range.start;
            part_lines(lines, table, &(from..range.end.max(rows.range.start) - rows.range.start))
        }),
        rows: block.rows.map(|(first, last)| {
            let row = |line: usize| first + line.saturating_sub(header_lines) as u32;
            (
                row(part.lines.start).min(last),
                row(part.lines.end).saturating_sub(1).clamp(first, last),
            )
        }),
        block_id: block.block_id.clone(),
    };
    let slice = &page.text[range.clone()];
    let header = if part.lines.start < header_lines { "" } else { rows.header };
    let with_header = [header, slice].join("\n");
    let tokens = writer.count(&with_header);
    if !header.is_empty() && tokens <= writer.max_tokens {
        writer.push(range, header, (tokens, place));
        return;
    }
    let tokens = writer.count(slice);
    if tokens <= writer.max_tokens {
        writer.push(range, "", (tokens, place));
        return;
    }
    for (piece, tokens) in split::split(slice, writer.counter, writer.max_tokens) {
        let piece = range.start + piece.start..range.start + piece.end;
        writer.push(piece, "", (tokens, place.clone()));
    }
}
