//! A document whose pages are sheets, slides or chapters: stored texts that stand one behind the other.

use quire_domain::{Block, Format, Language, Metadata, PageText, ParsedDocument, Warning};

use super::stored::StoredText;

/// A document in the making.
#[derive(Default)]
pub(super) struct Paged {
    pages: Vec<PageText>,
    blocks: Vec<Block>,
    /// What was not read.
    pub(super) warnings: Vec<Warning>,
    /// The document's own title.
    pub(super) title: Option<String>,
    /// What it says about itself.
    pub(super) metadata: Metadata,
}

impl Paged {
    /// Begins a document with what it states about itself.
    pub(super) fn new(title: Option<String>, metadata: Metadata) -> Self {
        Self { title, metadata, ..Self::default() }
    }

    /// Gives the number of the page that comes next, from 1.
    pub(super) fn next_number(&self) -> u32 {
        self.pages.len() as u32 + 1
    }

    /// Appends a page; one without text keeps its number.
    pub(super) fn push(&mut self, page: StoredText) {
        let number = self.next_number();
        let page_index = self.pages.len();
        let (text, blocks, warnings) = page.into_parts();
        self.blocks.extend(blocks.into_iter().map(|block| Block { page_index, ..block }));
        let warnings = warnings.into_iter();
        self.warnings.extend(warnings.map(|warning| Warning { page: Some(number), ..warning }));
        self.pages.push(PageText { number: Some(number), text, ..PageText::default() });
    }

    /// Ends the document.
    pub(super) fn finish(self, format: Format) -> ParsedDocument {
        ParsedDocument {
            format,
            title: self.title,
            language: Language::Unknown,
            pages: self.pages,
            blocks: self.blocks,
            warnings: self.warnings,
            left_out: Vec::new(),
            metadata: self.metadata,
        }
    }
}
