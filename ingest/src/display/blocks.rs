//! Formats that are shown by their blocks: headings, program text, tables, and running text.

use std::ops::Range;

use quire_domain::display::{Align, Node, Part};
use quire_domain::{Block, BlockKind};

use super::Page;

/// What stands between the cells of a row.
const BETWEEN_CELLS: &str = " | ";

/// Shows blocks and the text between them; `write` shows what is neither heading, code nor table.
pub(super) fn nodes(
    page: &Page<'_>,
    blocks: &[Block],
    write: fn(&Page<'_>, Range<usize>) -> Vec<Node>,
) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut at = 0;
    for block in blocks {
        let range = page.bytes(block.span);
        if range.start < at {
            continue;
        }
        nodes.extend(running_text(page, at..range.start));
        at = range.end;
        match &block.kind {
            BlockKind::Heading(level) => {
                nodes.push(Node::Part(Part::Heading(*level), vec![page.leaf(range)]));
            }
            BlockKind::Code => nodes.push(Node::Part(Part::Code(None), vec![page.leaf(range)])),
            BlockKind::Table { header } => nodes.push(table(page, range, header)),
            BlockKind::Paragraph | BlockKind::List | BlockKind::Note => {
                nodes.extend(write(page, range));
            }
        }
    }
    nodes.extend(running_text(page, at..page.text.len()));
    nodes
}

/// Shows a range as it is stored, unless it is blank.
pub(super) fn running_text(page: &Page<'_>, range: Range<usize>) -> Vec<Node> {
    let is_blank = page.slice(range.clone()).trim().is_empty();
    let paragraph = (!is_blank).then(|| Node::Part(Part::Paragraph, vec![page.leaf(range)]));
    paragraph.into_iter().collect()
}

/// Cuts a table into rows by lines and into cells by the bars between them.
fn table(page: &Page<'_>, range: Range<usize>, header: &str) -> Node {
    let text = page.slice(range.clone());
    let has_header = !header.is_empty() && text.starts_with(header);
    let mut rows = Vec::new();
    let mut at = range.start;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            let cell = if has_header && rows.is_empty() { Part::HeadCell } else { Part::Cell };
            rows.push(row(page, at, line, &cell(Align::Start)));
        }
        at += line.len();
    }
    Node::Part(Part::Table, rows)
}

fn row(page: &Page<'_>, start: usize, line: &str, cell: &Part) -> Node {
    let content = line.trim_end();
    // An empty last cell has lost the blank behind its bar.
    let (content, is_last_empty) = match content.strip_suffix(BETWEEN_CELLS.trim_end()) {
        Some(content) => (content, true),
        None => (content, false),
    };
    let mut at = start;
    let mut cells = Vec::new();
    for text in content.split(BETWEEN_CELLS) {
        let leaf = (!text.is_empty()).then(|| page.leaf(at..at + text.len()));
        cells.push(Node::Part(cell.clone(), leaf.into_iter().collect()));
        at += text.len() + BETWEEN_CELLS.len();
    }
    cells.extend(is_last_empty.then(|| Node::Part(cell.clone(), Vec::new())));
    Node::Part(Part::Row, cells)
}
