//! Reading: a document's text, from the catalog or parsed now, cut into chunks.
//!
//! Each document is read in a task of its own, so that a slow or hostile one holds up no other.

use std::sync::Arc;

use quire_catalog::{CatalogError, TextKey, WorkItem};
use quire_domain::{Document, DocumentStatus, Failure, Language, ModelId, ParsedDocument};
use quire_engines::Embedder;

use super::Ingest;
use super::cut::{Cut, Uncut, title};
use super::fault::{Failed, Fault};
use super::jobs::Outcome;

/// A document that waits for its vectors.
pub(super) struct Read {
    pub item: WorkItem,
    pub text_key: TextKey,
    pub language: Language,
    /// The model that is to make its vectors.
    pub embedding_model: ModelId,
    pub cut: Cut,
}

impl Ingest {
    /// Reads and cuts a document, and records that.
    pub(super) async fn read(&self, item: WorkItem) -> Result<Read, Fault> {
        let document = &item.document;
        let catalog = &self.parts.catalog;
        let collection = catalog.get_collection(&document.collection).await?;
        let embedding_model = collection.embedding_model;
        let embedder = self.parts.models.get_embedder(&embedding_model).await?;
        let text_key = item.text_key.clone();
        let parsed = self.read_text(document, &text_key).await?;
        let (title, language) = (title(&parsed, document), parsed.language);
        let cut = self.cut(parsed, document, &text_key, &embedder).await?;
        let chunk_count = u32::try_from(cut.chunks.len()).unwrap_or(u32::MAX);
        if catalog.set_parsed(document, &title, chunk_count).await? {
            self.announce(&catalog.get_document(&document.id).await?).await?;
        }
        Ok(Read { item, text_key, language, embedding_model, cut })
    }

    /// Gives a document's parsed text: stored already, or parsed now and stored.
    async fn read_text(&self, document: &Document, key: &TextKey) -> Result<ParsedDocument, Fault> {
        match self.parts.catalog.find_text(key).await {
            Ok(Some(parsed)) => return Ok(parsed),
            // What is damaged is made anew.
            Ok(None) | Err(CatalogError::Corrupt { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let Some(file) = self.parts.originals.find(&document.sha256).await? else {
            let failure = Failure {
                code: "unreadable".to_owned(),
                message: "the stored original is missing".to_owned(),
                hint: Some("upload the document again".to_owned()),
            };
            return Err(Fault::Refused(Failed { status: DocumentStatus::Failed, failure }));
        };
        let refused = |status, failure| Err(Fault::Refused(Failed { status, failure }));
        match self.parts.parser.parse(&document.path, &file).await?.outcome {
            Outcome::Parsed(parsed) => {
                self.parts.catalog.put_text(key, (*parsed).clone()).await?;
                Ok(*parsed)
            }
            // A crash may have been the machine's, such as one for want of memory.
            Outcome::Failed(failure) if failure.code == "parser_crashed" => {
                Err(Fault::Document(failure))
            }
            Outcome::Failed(failure) => refused(DocumentStatus::Failed, failure),
            Outcome::Unsupported(failure) => refused(DocumentStatus::Unsupported, failure),
        }
    }

    /// Cuts a document's text where it was parsed: apart from this process, within its limits.
    pub(super) async fn cut(
        &self,
        parsed: ParsedDocument,
        document: &Document,
        text_key: &TextKey,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Cut, Fault> {
        let uncut = Uncut::new(parsed, document, embedder.info());
        match self.parts.parser.cut(uncut, embedder).await? {
            Ok(pieces) => Ok(Cut::new(pieces, document, text_key)),
            Err(failure) => Err(Fault::Document(failure)),
        }
    }
}
