//! Chunks: the unit that is embedded and searched.

use serde::{Deserialize, Serialize};

use crate::{ChunkId, DocumentId, Span};

/// Where a chunk lies in its document.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Locator {
    /// The page from 1, for formats with pages.
    pub page: Option<u32>,
    /// The headings above, outermost first.
    pub heading: Vec<String>,
    /// First and last line in the file, from 1.
    pub lines: Option<(u32, u32)>,
    /// First and last data row, from 1.
    pub rows: Option<(u32, u32)>,
    /// An anchor in the source.
    pub block_id: Option<String>,
    /// Its place in the stored text of its page.
    pub span: Span,
}

/// A chunk of a document.
///
/// `text` is the stored text at `locator.span`, with a table's header before it if the table
/// was cut: so only `locator.span` says what may be quoted.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Chunk {
    /// Its identifier.
    pub id: ChunkId,
    /// The document it is a part of.
    pub document_id: DocumentId,
    /// Its number in the document, from 0, in reading order.
    pub ordinal: u32,
    /// The text to read and to search.
    pub text: String,
    /// Its size in tokens of the collection's embedding model.
    pub token_count: u32,
    /// Where it lies.
    pub locator: Locator,
}
