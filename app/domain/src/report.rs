//! The account of how a file was read: of one that is only looked at, and of a stored document.

use serde::{Deserialize, Serialize};

use crate::{
    Block, BlockKind, ContentHash, DocumentPath, Format, Language, LeftOut, Locator, PageKind,
    ParsedDocument, Recognition, TEXT_VERSION, Warning,
};

/// What reading made of a file.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParseReport {
    /// The path that its format was told by.
    pub path: DocumentPath,
    /// The hash of its bytes.
    pub sha256: ContentHash,
    /// What it was read as.
    pub format: Format,
    /// The encoding of its text, for formats that are text; mail has one for each of its parts.
    #[serde(default)]
    pub encoding: Option<String>,
    /// The language found in its text.
    pub language: Language,
    /// Its own title, if it states one.
    pub title: Option<String>,
    /// How many pages it has, for formats that have pages.
    pub pages: Option<u32>,
    /// What its pages are: sheets, slides or chapters in formats that have such; absent for pages of paper.
    #[serde(default, skip_serializing_if = "PageKind::is_page")]
    pub page_kind: PageKind,
    /// Pages without any text, from 1.
    #[serde(default)]
    pub unread_pages: Vec<u32>,
    /// Pages of which text was recognised (OCR) on their pictures.
    #[serde(default)]
    pub recognised_pages: Vec<RecognisedPage>,
    /// How many tables were found.
    #[serde(default)]
    pub tables: u32,
    /// The version of what parsing yields that read it.
    #[serde(default)]
    pub text_version: u32,
    /// Its structure, in reading order.
    pub blocks: Vec<ParsedBlock>,
    /// What was not read.
    pub warnings: Vec<Warning>,
    /// What was read and is no part of the stored text.
    pub left_out: Vec<LeftOut>,
    /// How long reading it took, the start of the worker included; `None` for a text that is stored.
    pub took_ms: Option<u64>,
    /// The most memory that the worker took; `None` if the system does not tell, and for a text that is stored.
    pub peak_memory_bytes: Option<u64>,
}

/// A page of which text was recognised on its picture.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecognisedPage {
    /// The page, from 1.
    pub page: u32,
    /// By which model, and how surely.
    #[serde(flatten)]
    pub recognition: Recognition,
}

/// A block with its text.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParsedBlock {
    /// What it is.
    pub kind: BlockKind,
    /// Its text.
    pub text: String,
    /// Where it lies.
    #[serde(flatten)]
    pub locator: Locator,
}

impl ParseReport {
    /// Gives the account of a text that this program has read.
    pub fn new(path: DocumentPath, sha256: ContentHash, document: ParsedDocument) -> Self {
        let blocks = blocks(&document);
        let tables =
            blocks.iter().filter(|block| matches!(block.kind, BlockKind::Table { .. })).count();
        let numbered = document.pages.iter().filter_map(|page| page.number.map(|at| (at, page)));
        let unread = numbered.clone().filter(|(_, page)| page.text.trim().is_empty());
        let recognised_pages = numbered.clone().filter_map(|(page, text)| {
            text.recognised.clone().map(|recognition| RecognisedPage { page, recognition })
        });
        let recognised_pages = recognised_pages.collect();
        let pages = u32::try_from(numbered.clone().count()).ok().filter(|pages| *pages > 0);
        let unread_pages = unread.map(|(number, _)| number).collect();
        let ParsedDocument { format, title, language, warnings, left_out, .. } = document;
        Self {
            path,
            sha256,
            format,
            encoding: None,
            language,
            title,
            pages,
            page_kind: format.page_kind(),
            unread_pages,
            recognised_pages,
            tables: u32::try_from(tables).unwrap_or(u32::MAX),
            text_version: TEXT_VERSION,
            blocks,
            warnings,
            left_out,
            took_ms: None,
            peak_memory_bytes: None,
        }
    }
}

/// Gives each block its text. One without a page is none.
fn blocks(document: &ParsedDocument) -> Vec<ParsedBlock> {
    let with_text = |block: &Block| {
        let page = document.pages.get(block.page_index)?;
        let text = block.span.slice(&page.text)?.to_owned();
        let locator = Locator {
            page: page.number,
            heading: block.heading.clone(),
            lines: block.lines,
            rows: block.rows,
            block_id: block.block_id.clone(),
            span: block.span,
        };
        Some(ParsedBlock { kind: block.kind.clone(), text, locator })
    };
    document.blocks.iter().filter_map(with_text).collect()
}
