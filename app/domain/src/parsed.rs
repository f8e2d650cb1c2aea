//! What parsing a file yields: its stored text by page, and the blocks that lie in that text.

use serde::{Deserialize, Serialize};

use crate::{Language, Metadata, ModelId, Span, Warning};

/// The version of what parsing yields. Raising it has every stored text made anew, from the
/// original and in the background: needed when texts, blocks or metadata come out otherwise.
pub const TEXT_VERSION: u32 = 9;

/// The format a file was read as.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Portable Document Format.
    Pdf,
    /// Office Open XML word-processing document.
    Docx,
    /// Plain text.
    Text,
    /// Comma-, semicolon- or tab-separated values.
    Csv,
    /// Markdown, with Obsidian's syntax.
    Markdown,
    /// Hypertext.
    Html,
    /// A JSON Canvas, as Obsidian draws it.
    Canvas,
    /// An Obsidian base: views on the properties of notes.
    Base,
    /// A mail message, or a web page that is saved as one (MHTML).
    Mail,
    /// Office Open XML workbook.
    Xlsx,
    /// Office Open XML presentation.
    Pptx,
    /// A book in EPUB.
    Epub,
    /// OpenDocument text.
    Odt,
    /// OpenDocument spreadsheet.
    Ods,
    /// OpenDocument presentation.
    Odp,
}

impl Format {
    /// Says whether files of the format are text that programs read as it is.
    pub fn is_text(self) -> bool {
        match self {
            Self::Text
            | Self::Csv
            | Self::Markdown
            | Self::Html
            | Self::Canvas
            | Self::Base
            | Self::Mail => true,
            Self::Pdf
            | Self::Docx
            | Self::Xlsx
            | Self::Pptx
            | Self::Epub
            | Self::Odt
            | Self::Ods
            | Self::Odp => false,
        }
    }

    /// Says what a page of a document of the format is.
    pub fn page_kind(self) -> PageKind {
        match self {
            Self::Xlsx | Self::Ods => PageKind::Sheet,
            Self::Pptx | Self::Odp => PageKind::Slide,
            Self::Epub => PageKind::Chapter,
            _ => PageKind::Page,
        }
    }
}

/// What a page of a document is. All are numbered from 1; the name of a sheet, the title of a slide or a chapter is the
/// outermost heading of what stands there.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PageKind {
    /// A page of paper.
    #[default]
    Page,
    /// A sheet of a workbook.
    Sheet,
    /// A slide of a presentation.
    Slide,
    /// A file of a book, which is a chapter in most.
    Chapter,
}

impl PageKind {
    /// Shows the word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Sheet => "sheet",
            Self::Slide => "slide",
            Self::Chapter => "chapter",
        }
    }

    /// Shows the word with a capital letter.
    pub fn capital(self) -> &'static str {
        match self {
            Self::Page => "Page",
            Self::Sheet => "Sheet",
            Self::Slide => "Slide",
            Self::Chapter => "Chapter",
        }
    }

    /// Says whether it is a page of paper, which goes without saying.
    pub fn is_page(&self) -> bool {
        *self == Self::Page
    }
}

/// A parsed document.
///
/// `pages` is the stored text: the one source of every quote. A format without pages has exactly
/// one entry whose `number` is `None`. Blocks lie in reading order and do not overlap.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParsedDocument {
    /// What it was read as.
    pub format: Format,
    /// Its own title, if it states one.
    pub title: Option<String>,
    /// The language found in its text.
    pub language: Language,
    /// The stored text.
    pub pages: Vec<PageText>,
    /// The structure in that text.
    pub blocks: Vec<Block>,
    /// What was not read.
    pub warnings: Vec<Warning>,
    /// What was read and is no part of the stored text.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// What it says about itself.
    #[serde(default)]
    pub metadata: Metadata,
}

/// The stored text of one page, or of a whole document without pages.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageText {
    /// The page's number from 1, for formats with pages.
    pub number: Option<u32>,
    /// The text.
    pub text: String,
    /// Width and height in points, for formats with pages.
    #[serde(default)]
    pub size: Option<(f32, f32)>,
    /// Where each line of the text lies on the page.
    #[serde(default)]
    pub lines: Vec<LineBox>,
    /// Set if text of the page was recognised (OCR) on its picture, and may be wrong in letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recognised: Option<Recognition>,
}

/// How text was recognised on the picture of a page.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recognition {
    /// The model that read it.
    pub model: ModelId,
    /// How sure the model was on average over the characters, from 0 to 1, if it says so.
    pub confidence: Option<f32>,
}

/// Where one line of a page's text lies: points from the page's top left corner.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineBox {
    /// The line in the page's text.
    pub span: Span,
    /// Left edge.
    pub x0: f32,
    /// Upper edge.
    pub y0: f32,
    /// Right edge.
    pub x1: f32,
    /// Lower edge.
    pub y1: f32,
}

/// A line that is repeated at the edge of pages and left out of the stored text: listed once.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeftOut {
    /// What it says on the first of its pages; cells are divided by two blanks.
    pub text: String,
    /// The pages it was left out of, from 1, in their order.
    pub pages: Vec<u32>,
    /// Why.
    pub reason: LeftOutReason,
}

impl LeftOut {
    /// Shows the pages for people: `1–20, 22`.
    pub fn page_ranges(&self) -> String {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for page in &self.pages {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(*page) => *last = *page,
                _ => ranges.push((*page, *page)),
            }
        }
        let show = |(first, last): &(u32, u32)| {
            if first == last { first.to_string() } else { format!("{first}–{last}") }
        };
        ranges.iter().map(show).collect::<Vec<_>>().join(", ")
    }
}

/// Why a line is no part of the stored text.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// It says the same on several pages.
    RepeatedLine,
    /// It differs in a number only, which counts along with the pages.
    PageNumber,
}

/// A piece of structure with its place in the document.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Which entry of `ParsedDocument::pages` it lies in.
    pub page_index: usize,
    /// Its place in that entry's text.
    pub span: Span,
    /// The headings above it, outermost first; a heading is not in its own path.
    pub heading: Vec<String>,
    /// First and last line in the file, from 1, for text formats.
    #[serde(default)]
    pub lines: Option<(u32, u32)>,
    /// First and last data row, from 1, for tables.
    #[serde(default)]
    pub rows: Option<(u32, u32)>,
    /// An anchor in the source, such as Obsidian's `^id` (without the caret).
    #[serde(default)]
    pub block_id: Option<String>,
}

/// What a block is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading of this level, from 1.
    Heading(u8),
    /// Running text.
    Paragraph,
    /// One item of a list or a whole short list.
    List,
    /// One or more rows of a table, a row a line; `header` is repeated before each chunk of them.
    Table {
        /// The header line, as it is put before rows; empty when the table has none.
        header: String,
    },
    /// Program text or a formula, kept as it is.
    Code,
    /// A footnote, endnote, comment or text box.
    Note,
}
