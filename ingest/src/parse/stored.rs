//! The stored text of a document without pages, grown together with the blocks that lie in it.

use quire_domain::{
    Block, BlockKind, Format, Language, Metadata, PageText, ParsedDocument, Span, Warning,
};

/// A stored text in the making, with the headings that are open at its end.
#[derive(Default)]
pub(crate) struct StoredText {
    text: String,
    length: usize,
    headings: Vec<(u8, String)>,
    blocks: Vec<Block>,
    /// What was not read.
    pub(crate) warnings: Vec<Warning>,
    /// The document's own title.
    pub(crate) title: Option<String>,
    /// What it says about itself.
    pub(crate) metadata: Metadata,
}

impl StoredText {
    /// Appends one block; blank text appends nothing.
    pub(crate) fn push(&mut self, kind: BlockKind, text: &str) {
        self.push_rows(kind, text, None);
    }

    /// Appends one block of a table with the numbers of its first and last row.
    pub(crate) fn push_rows(&mut self, kind: BlockKind, text: &str, rows: Option<(u32, u32)>) {
        let text = text.trim_matches('\n').trim_end();
        if text.trim().is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.append("\n\n");
        }
        if let BlockKind::Heading(level) = kind {
            self.headings.retain(|(open, _)| *open < level);
        }
        let start = self.length;
        self.append(text);
        let heading = self.headings.iter().map(|(_, title)| title.clone()).collect();
        if let BlockKind::Heading(level) = kind {
            self.headings.push((level, text.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        let span = Span::new(start, self.length);
        self.blocks.push(Block {
            kind,
            page_index: 0,
            span,
            heading,
            lines: None,
            rows,
            block_id: None,
        });
    }

    /// Appends one block with an anchor in the source.
    pub(crate) fn push_anchored(&mut self, kind: BlockKind, text: &str, id: &str) {
        let count = self.blocks.len();
        self.push(kind, text);
        if let Some(block) = self.blocks.get_mut(count) {
            block.block_id = Some(id.to_owned());
        }
    }

    /// Puts a heading above all that there is, which must have none.
    pub(crate) fn put_under(&mut self, heading: &str) {
        let mut above = Self::default();
        above.push(BlockKind::Heading(1), heading);
        let Some(title) = above.headings.first().map(|(_, title)| title.clone()) else { return };
        above.append("\n\n");
        let shift = above.length;
        let below = std::mem::take(&mut self.blocks).into_iter().map(|mut block| {
            block.span = Span::new(block.span.start + shift, block.span.end + shift);
            block.heading.insert(0, title.clone());
            block
        });
        above.blocks.extend(below);
        above.append(&self.text);
        self.headings.splice(0..0, above.headings);
        (self.text, self.length, self.blocks) = (above.text, above.length, above.blocks);
    }

    /// Closes all open headings, so that what follows stands under none.
    pub(crate) fn leave_headings(&mut self) {
        self.headings.clear();
    }

    /// Says how many bytes of text there are so far.
    pub(crate) fn size(&self) -> usize {
        self.text.len()
    }

    /// Says whether there is a heading.
    pub(crate) fn has_heading(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block.kind, BlockKind::Heading(_)))
    }

    /// Ends a page of a document: its text, its blocks, and what was not read of it.
    pub(crate) fn into_parts(self) -> (String, Vec<Block>, Vec<Warning>) {
        (self.text, self.blocks, self.warnings)
    }

    /// Ends the document.
    pub(crate) fn finish(self, format: Format) -> ParsedDocument {
        ParsedDocument {
            format,
            title: self.title,
            language: Language::Unknown,
            pages: vec![PageText { text: self.text, ..PageText::default() }],
            blocks: self.blocks,
            warnings: self.warnings,
            left_out: Vec::new(),
            metadata: self.metadata,
        }
    }

    fn append(&mut self, text: &str) {
        self.text.push_str(text);
        self.length += text.chars().count();
    }
}
