//! The stored text of a page as pieces to show: by its blocks, cut where a quote begins and ends.

use quire_domain::text::byte_offset;
use quire_domain::{Block, BlockKind, Span};

/// One piece of a page, in reading order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Piece {
    /// A heading of this level, from 1.
    Heading(u8, Vec<Run>),
    /// Running text, a list or a note.
    Text(Vec<Run>),
    /// Program text.
    Code(Vec<Run>),
    /// Rows of cells; the first row heads the columns where the flag says so.
    Table(bool, Vec<Vec<Vec<Run>>>),
}

/// Text that is wholly inside the quote, or wholly outside.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Run {
    /// The text.
    pub(crate) text: String,
    /// Whether it is quoted.
    pub(crate) quoted: bool,
}

/// Lays a page out; text that lies in no block is shown as running text, so that nothing is lost.
pub(crate) fn lay_out(text: &str, blocks: &[Block], quote: Option<Span>) -> Vec<Piece> {
    let bytes = |span: Span| Some((byte_offset(text, span.start)?, byte_offset(text, span.end)?));
    let page = Page { text, quote: quote.and_then(bytes).unwrap_or((0, 0)) };
    let mut pieces = Vec::new();
    let mut at = 0;
    for block in blocks {
        let Some((start, end)) = bytes(block.span).filter(|(start, _)| *start >= at) else {
            continue;
        };
        page.push_text(&mut pieces, (at, start));
        match &block.kind {
            BlockKind::Heading(level) => {
                let start = start + page.heading_mark((start, end));
                pieces.push(Piece::Heading(*level, page.runs((start, end))));
            }
            BlockKind::Code => pieces.push(Piece::Code(page.runs((start, end)))),
            BlockKind::Table { header } => pieces.push(page.table((start, end), header)),
            BlockKind::Paragraph | BlockKind::List | BlockKind::Note => {
                page.push_text(&mut pieces, (start, end));
            }
        }
        at = end;
    }
    page.push_text(&mut pieces, (at, text.len()));
    pieces
}

/// A page's text and the bytes of the quote in it.
struct Page<'a> {
    text: &'a str,
    quote: (usize, usize),
}

impl Page<'_> {
    fn push_text(&self, pieces: &mut Vec<Piece>, (start, end): (usize, usize)) {
        if self.text.get(start..end).is_some_and(|text| !text.trim().is_empty()) {
            pieces.push(Piece::Text(self.runs((start, end))));
        }
    }

    /// Measures Markdown's mark before a heading, which the size of the heading says already; where
    /// it is quoted it is shown.
    fn heading_mark(&self, (start, end): (usize, usize)) -> usize {
        let text = self.text.get(start..end).unwrap_or_default();
        let title = text.trim_start_matches('#').trim_start();
        let mark = if text.starts_with('#') { text.len() - title.len() } else { 0 };
        let is_quoted = self.quote.0 < start + mark && self.quote.1 > start;
        if is_quoted { 0 } else { mark }
    }

    /// Cuts a range at the edges of the quote; empty runs are left out.
    fn runs(&self, (start, end): (usize, usize)) -> Vec<Run> {
        let quote_start = self.quote.0.clamp(start, end);
        let quote_end = self.quote.1.clamp(start, end);
        let parts =
            [(start, quote_start, false), (quote_start, quote_end, true), (quote_end, end, false)];
        let run = |(from, to, quoted): (usize, usize, bool)| {
            let text = self.text.get(from..to).filter(|text| !text.is_empty())?;
            Some(Run { text: text.to_owned(), quoted })
        };
        parts.into_iter().filter_map(run).collect()
    }

    /// Cuts a table into rows by lines and into cells by the bars between them.
    fn table(&self, (start, end): (usize, usize), header: &str) -> Piece {
        let text = self.text.get(start..end).unwrap_or_default();
        let has_header = !header.is_empty() && text.starts_with(header);
        let mut rows = Vec::new();
        let mut at = start;
        for line in text.split_inclusive('\n') {
            let content = line.trim();
            let is_rule = content.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
            if !content.is_empty() && !is_rule {
                rows.push(self.cells(at, line));
            }
            at += line.len();
        }
        Piece::Table(has_header, rows)
    }

    fn cells(&self, line_start: usize, line: &str) -> Vec<Vec<Run>> {
        let trimmed = line.trim();
        let outer = trimmed.len() > 1 && trimmed.starts_with('|') && trimmed.ends_with('|');
        let inner = if outer { trimmed[1..trimmed.len() - 1].trim() } else { trimmed };
        let mut at = line_start + (inner.as_ptr() as usize - line.as_ptr() as usize);
        let separator = " | ";
        let mut cells = Vec::new();
        for cell in inner.split(separator) {
            cells.push(self.runs((at, at + cell.len())));
            at += cell.len() + separator.len();
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(kind: BlockKind, start: usize, end: usize) -> Block {
        let span = Span::new(start, end);
        let heading = Vec::new();
        Block { kind, page_index: 0, span, heading, lines: None, rows: None, block_id: None }
    }

    fn run(text: &str, quoted: bool) -> Run {
        Run { text: text.to_owned(), quoted }
    }

    #[test]
    fn the_quote_is_cut_out_by_code_points() {
        let pieces = lay_out(
            "Köln ist schön.",
            &[block(BlockKind::Paragraph, 0, 15)],
            Some(Span::new(5, 8)),
        );
        let runs = vec![run("Köln ", false), run("ist", true), run(" schön.", false)];
        assert_eq!(pieces, [Piece::Text(runs)]);
    }

    #[test]
    fn a_headings_mark_is_shown_only_where_it_is_quoted() {
        let heading = [block(BlockKind::Heading(2), 0, 6)];
        let shown = |quote| lay_out("## Abc", &heading, quote);
        assert_eq!(shown(None), [Piece::Heading(2, vec![run("Abc", false)])]);
        let within = shown(Some(Span::new(3, 6)));
        assert_eq!(within, [Piece::Heading(2, vec![run("Abc", true)])]);
        let whole = shown(Some(Span::new(0, 6)));
        assert_eq!(whole, [Piece::Heading(2, vec![run("## Abc", true)])]);
    }

    #[test]
    fn text_outside_blocks_is_shown_too() {
        let pieces = lay_out("A\n\nbetween\n\nB", &[block(BlockKind::Heading(2), 0, 1)], None);
        assert_eq!(
            pieces,
            [
                Piece::Heading(2, vec![run("A", false)]),
                Piece::Text(vec![run("\n\nbetween\n\nB", false)])
            ]
        );
    }

    #[test]
    fn a_quote_may_run_over_cells_and_blocks() {
        let text = "k | v\na | 1\nend";
        let header = "k | v".to_owned();
        let pieces =
            lay_out(text, &[block(BlockKind::Table { header }, 0, 11)], Some(Span::new(6, 15)));
        let Some(Piece::Table(true, rows)) = pieces.first() else { panic!("{pieces:?}") };
        assert_eq!(rows[1], [vec![run("a", true)], vec![run("1", true)]]);
        assert_eq!(pieces[1], Piece::Text(vec![run("\nend", true)]));
    }

    #[test]
    fn a_quote_outside_the_page_marks_nothing() {
        let pieces = lay_out("abc", &[], Some(Span::new(7, 9)));
        assert_eq!(pieces, [Piece::Text(vec![run("abc", false)])]);
    }
}
