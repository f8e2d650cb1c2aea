//! Reading: a document's text, from the catalog or parsed now, cut into chunks.
//!
//! Each document is read in a task of its own, so that a slow or hostile one holds up no other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use quire_catalog::{CatalogError, TextKey, WorkItem};
use quire_domain::{Document, DocumentStatus, Failure, Language, ModelId, ParsedDocument};
use quire_engines::Embedder;

use super::Ingest;
use super::cut::{Cut, Sizes, cut, title};
use super::fault::{Failed, Fault};
use super::parse_worker::Outcome;
use crate::ServiceError;

/// How long chunking may take. It takes milliseconds a page; what takes longer is not waited for.
const CUT_TIMEOUT: Duration = Duration::from_mins(1);

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
        let text_key = TextKey::new(&document.sha256, &document.path);
        let parsed = self.read_text(document, &text_key).await?;
        let (title, language) = (title(&parsed, document), parsed.language);
        let cut = cut_apart(parsed, document, &text_key, &embedder).await?;
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
        match self.parts.parser.parse(&document.path, &file).await? {
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
}

/// Cuts a text on a thread of its own. A panic there, or a text that takes too long, is a fault of
/// the document.
pub(super) async fn cut_apart(
    parsed: ParsedDocument,
    document: &Document,
    text_key: &TextKey,
    embedder: &Arc<dyn Embedder>,
) -> Result<Cut, Fault> {
    let (document, text_key, embedder) = (document.clone(), text_key.clone(), Arc::clone(embedder));
    let work = move || {
        let counter = |text: &str| embedder.count_tokens(text);
        let sizes = Sizes { counter: &counter, max_tokens: embedder.info().max_tokens };
        catch_unwind(AssertUnwindSafe(|| cut(&parsed, &document, &text_key, &sizes)))
    };
    let failed = |code: &str, message: String| {
        let hint = Some("split the document, or save it anew with another program".to_owned());
        Fault::Document(Failure { code: code.to_owned(), message, hint })
    };
    match tokio::time::timeout(CUT_TIMEOUT, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(Ok(cut))) => Ok(cut),
        Ok(Ok(Err(_))) => {
            Err(failed("chunking_failed", "cutting it into chunks failed".to_owned()))
        }
        // The runtime gave the thread up: the program ends.
        Ok(Err(_)) => Err(ServiceError::TaskStopped { task: "chunking a document" }.into()),
        Err(_) => {
            let seconds = CUT_TIMEOUT.as_secs();
            let message = format!("cutting it into chunks took longer than {seconds} seconds");
            Err(failed("timed_out", message))
        }
    }
}
