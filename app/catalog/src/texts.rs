//! The stored text of parsed files, kept by content: two copies of a file share one.

use async_trait::async_trait;
use quire_domain::{ContentHash, DocumentPath, LeftOut, PageText, ParsedDocument, TEXT_VERSION};

use crate::CatalogError;

/// Names a stored text: content, the file ending it was read by, and the version of what parsing
/// yields.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct TextKey(String);

impl TextKey {
    /// Makes the key of some content read as the file at `path`.
    pub fn new(sha256: &ContentHash, path: &DocumentPath) -> Self {
        Self(format!("{sha256}.{}@{TEXT_VERSION}", path.extension()))
    }

    /// Reads a key back from the catalog.
    pub(crate) fn from_stored(value: String) -> Self {
        Self(value)
    }

    /// Gives the version of what parsing yields that the text was made by; 0 if the key states none.
    pub fn text_version(&self) -> u32 {
        self.0.rsplit_once('@').and_then(|(_, version)| version.parse().ok()).unwrap_or(0)
    }

    /// Shows the key as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Keeps parsed documents.
#[async_trait]
pub trait TextRecords: Send + Sync {
    /// Stores a parsed document in place of an earlier one.
    async fn put_text(&self, key: &TextKey, parsed: ParsedDocument) -> Result<(), CatalogError>;

    /// Reads a parsed document whole.
    async fn find_text(&self, key: &TextKey) -> Result<Option<ParsedDocument>, CatalogError>;

    /// Reads one page; `page_index` counts from 0.
    async fn find_page(
        &self,
        key: &TextKey,
        page_index: usize,
    ) -> Result<Option<PageText>, CatalogError>;

    /// Reads what was left out of a stored text; nothing if there is no such text.
    async fn find_left_out(&self, key: &TextKey) -> Result<Vec<LeftOut>, CatalogError>;

    /// Removes the stored texts of some content.
    async fn delete_texts(&self, sha256: &ContentHash) -> Result<(), CatalogError>;
}
