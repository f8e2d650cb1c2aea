//! How the stored text of a page is shown: as a tree whose leaves are pieces of that text.
//!
//! Notes are read as the Markdown that their stored text still is; other formats are shown by their
//! blocks. Nothing is lost: text that belongs to no part is shown as running text. HTML in a note
//! stays text.

mod blocks;
mod note;
mod properties;

mod links;

use std::ops::Range;

use quire_domain::display::{Leaf, Node};
use quire_domain::{Block, BlockKind, Format, ResolvedLink, Span};

use crate::positions::Positions;
use links::Links;

/// A page that is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct PageToShow<'a> {
    /// The format of its document.
    pub format: Format,
    /// Its stored text.
    pub text: &'a str,
    /// The blocks of that text.
    pub blocks: &'a [Block],
    /// Where the links of the document lead; those that lead nowhere are shown as text.
    pub links: &'a [ResolvedLink],
}

/// Makes the tree of a page.
///
/// Leaves stand in the order of the text and do not overlap. Parts are nested at most 25 deep;
/// what is nested deeper is shown in the innermost of them.
pub fn display(page: &PageToShow<'_>) -> Vec<Node> {
    let PageToShow { format, text, blocks, links } = *page;
    let page = Page { text, positions: Positions::new(text), links: Links::find(text, links) };
    match format {
        Format::Markdown => {
            let front = front_matter_end(&page, blocks);
            let mut nodes = properties::nodes(&page, 0..front);
            nodes.extend(note::nodes(&page, front..text.len()));
            nodes
        }
        // The cards of a canvas are notes.
        Format::Canvas => blocks::nodes(&page, blocks, note::nodes),
        _ => blocks::nodes(&page, blocks, blocks::running_text),
    }
}

/// Finds where the front matter of a note ends, in bytes: 0 if there is none.
fn front_matter_end(page: &Page<'_>, blocks: &[Block]) -> usize {
    let is_front_matter = |block: &&Block| {
        block.kind == BlockKind::Note && block.span.start == 0 && page.text.starts_with("---")
    };
    blocks.first().filter(is_front_matter).map_or(0, |block| page.bytes(block.span).end)
}

/// A page's text, with what is needed to make leaves of it. Ranges are in bytes.
struct Page<'a> {
    text: &'a str,
    positions: Positions<'a>,
    links: Links<'a>,
}

impl<'a> Page<'a> {
    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        self.positions.byte(span.start)..self.positions.byte(span.end)
    }

    /// Makes a leaf of a range as it is stored.
    fn leaf(&self, range: Range<usize>) -> Node {
        self.leaf_as(self.slice(range.clone()), range)
    }

    /// Makes a leaf that shows other text for a range.
    fn leaf_as(&self, text: &str, range: Range<usize>) -> Node {
        let start = self.positions.code_point(self.text.floor_char_boundary(range.start));
        let end = self.positions.code_point(self.text.floor_char_boundary(range.end));
        let span = Span::new(start, end.max(start));
        Node::Text(Leaf { text: text.to_owned(), span })
    }
}

#[cfg(test)]
mod tests;
