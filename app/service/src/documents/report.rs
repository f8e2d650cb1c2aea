//! The account of how a stored document was read.

use quire_domain::{DocumentId, ParseReport};

use super::{Documents, no_text};
use crate::ServiceError;
use crate::ingest::parse_file::find_encoding;

impl Documents {
    /// Tells how a document was read, from the text that searches quote.
    pub async fn get_report(&self, id: &DocumentId) -> Result<ParseReport, ServiceError> {
        let (document, key) = self.stored_text_of(id).await?;
        let parsed = self.catalog.find_text(&key).await?;
        let parsed = parsed.ok_or_else(|| no_text(&document))?;
        let encoding = find_encoding(parsed.format, self.folder.original(&document.sha256)).await;
        let text_version = key.text_version();
        let report = ParseReport::new(document.path, document.sha256, parsed);
        Ok(ParseReport { encoding, text_version, ..report })
    }
}
