//! The stored text of parsed files, kept by content: two copies of a file share one.

use async_trait::async_trait;
use quire_domain::{ContentHash, DocumentPath, LeftOut, PageText, ParsedDocument, TEXT_VERSION};

use crate::CatalogError;

/// Names a stored text: content, the file ending it was read by, the version of what parsing yields, and
/// how often somebody has asked for it to be read again.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct TextKey(String);

impl TextKey {
    /// Makes the key of some content read as the file at `path`.
    pub fn new(sha256: &ContentHash, path: &DocumentPath) -> Self {
        Self(format!("{sha256}.{}@{TEXT_VERSION}", path.extension()))
    }

    /// Gives the key of the same content read once more: what comes out may differ, for a model that recognises
    /// text may have come, and a key never names two texts.
    #[must_use]
    pub(crate) fn read_again(&self) -> Self {
        let (text, readings) = self.split_readings();
        Self(format!("{text}.{}", readings.saturating_add(1)))
    }

    /// Says whether two keys name readings of the same content by the same parser.
    pub(crate) fn is_reading_of(&self, other: &Self) -> bool {
        self.split_readings().0 == other.split_readings().0
    }

    /// Divides the key into what was read, and how often it was read again.
    fn split_readings(&self) -> (&str, u32) {
        let version = self.0.rfind('@').unwrap_or(0);
        let readings = self.0[version..].find('.').map(|at| version + at);
        let Some(at) = readings else { return (&self.0, 0) };
        (&self.0[..at], self.0[at + 1..].parse().unwrap_or(0))
    }

    /// Reads a key back from the catalog.
    pub(crate) fn from_stored(value: String) -> Self {
        Self(value)
    }

    /// Gives the version of what parsing yields that the text was made by; 0 if the key states none.
    pub fn text_version(&self) -> u32 {
        let (text, _) = self.split_readings();
        text.rsplit_once('@').and_then(|(_, version)| version.parse().ok()).unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_read_again_has_another_key_of_the_same_version() {
        let sha256: ContentHash = "1".repeat(64).parse().expect("a hash");
        let first = TextKey::new(&sha256, &"a.b@c.pdf".parse().expect("a path"));
        let second = first.read_again();
        let third = second.read_again();
        assert_ne!(first, second);
        assert_ne!(second, third);
        for key in [&first, &second, &third] {
            assert_eq!(key.text_version(), TEXT_VERSION, "{}", key.as_str());
            assert!(key.is_reading_of(&first), "{}", key.as_str());
        }
        let other = TextKey::new(&sha256, &"a.docx".parse().expect("a path"));
        assert!(!other.is_reading_of(&first));
    }
}
