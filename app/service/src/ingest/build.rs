//! Building: fills the next index of a collection with what the active one holds.
//!
//! What is still to be done follows from the catalog's account of both indexes, so a kill at any
//! moment costs one batch, and documents that arrive, change or go meanwhile are taken along.

use std::sync::Arc;

use quire_catalog::{CommittedDocument, IndexRecord, IndexRole, UnbuiltDocument};
use quire_domain::{CollectionName, ErrorKind, IndexSwitch};
use quire_engines::Embedder;
use quire_vectorstore::{DocumentChunks, IndexId, IndexSpec};

use crate::{ServiceError, Services};

/// Documents taken at a time.
const BATCH_DOCUMENTS: usize = 64;
/// Chunks after which a batch is committed early: so many are embedded in some ten seconds, which
/// is how long new documents wait and progress stands still.
const BATCH_CHUNKS: usize = 256;

/// What one step came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Built {
    /// No index lacks anything that could be built now.
    Nothing,
    /// So many chunks were written; there may be more to do.
    Chunks(usize),
}

/// A document with what the next index is to hold of it.
struct Prepared {
    committed: CommittedDocument,
    chunks: DocumentChunks,
}

impl Services {
    /// Takes every index that is being built one batch further, and switches to those that are
    /// complete and wanted at once.
    pub(super) async fn build_indexes(&self) -> Result<Built, ServiceError> {
        let indexes = self.inner.catalog.list_indexes().await?;
        let waiting = |one: &IndexRecord| one.role == IndexRole::Next && one.failure.is_none();
        let mut built = Built::Nothing;
        for record in indexes.into_iter().filter(waiting) {
            if let Built::Chunks(more) = self.build_batch(&record).await? {
                let before = if let Built::Chunks(before) = built { before } else { 0 };
                built = Built::Chunks(before + more);
            }
        }
        Ok(built)
    }

    /// Builds the next index of a collection to its end; gives up when the service stops.
    pub(super) async fn build_whole(&self, name: &CollectionName) -> Result<(), ServiceError> {
        while !self.is_stopping() {
            let indexes = self.inner.catalog.list_indexes().await?;
            let next = indexes.into_iter().find(|one| {
                one.collection == *name && one.role == IndexRole::Next && one.failure.is_none()
            });
            let Some(next) = next else { return Ok(()) };
            // A document whose text must be read again waits for the worker's next round.
            if matches!(self.build_batch(&next).await?, Built::Nothing | Built::Chunks(0)) {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn build_batch(&self, record: &IndexRecord) -> Result<Built, ServiceError> {
        let id = &record.index.id;
        let unbuilt = self.inner.catalog.list_unbuilt(id, BATCH_DOCUMENTS).await?;
        if unbuilt.is_empty() {
            if record.switch == IndexSwitch::WhenReady {
                self.switch_if_ready(id).await?;
            }
            return Ok(Built::Nothing);
        }
        let embedder = match self.inner.models.get_embedder(&record.index.embedding_model).await {
            Ok(embedder) => embedder,
            Err(error) => return self.fail_index(record, error.into()).await,
        };
        let mut prepared: Vec<Prepared> = Vec::new();
        let mut chunks = 0;
        for document in unbuilt {
            match self.prepare_again(document, &embedder).await {
                Ok(Some(one)) => {
                    chunks += one.chunks.chunks.len();
                    prepared.push(one);
                }
                Ok(None) => {}
                Err(error) => return self.fail_index(record, error).await,
            }
            if self.is_stopping() || chunks >= BATCH_CHUNKS {
                break;
            }
        }
        self.commit_built(record, embedder.info().dimensions, prepared).await?;
        self.finish_removals().await?;
        self.announce_index(&record.collection).await;
        Ok(Built::Chunks(chunks))
    }

    /// Chunks and embeds a document from its stored text.
    async fn prepare_again(
        &self,
        unbuilt: UnbuiltDocument,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Option<Prepared>, ServiceError> {
        let UnbuiltDocument { document, text_key } = unbuilt;
        let Some(parsed) = self.inner.catalog.find_text(&text_key).await? else {
            // The text is made anew from the original, and the document indexed with it; one that
            // was replaced meanwhile is on its way already.
            if document.status.is_final() {
                self.retry_document(&document.id).await?;
            }
            return Ok(None);
        };
        let subject = super::embed::Subject { document: &document, text_key: &text_key };
        let cut = self.cut(&subject, parsed, embedder).await?;
        let Some(chunks) = self.embed(cut, embedder.as_ref(), |_, _| {}).await? else {
            return Ok(None);
        };
        let committed = CommittedDocument {
            id: document.id.clone(),
            sha256: document.sha256,
            text_key,
            chunk_count: chunks.len() as u32,
        };
        Ok(Some(Prepared {
            committed,
            chunks: DocumentChunks { document_id: document.id, chunks },
        }))
    }

    async fn commit_built(
        &self,
        record: &IndexRecord,
        dimensions: usize,
        prepared: Vec<Prepared>,
    ) -> Result<(), ServiceError> {
        let _writing = self.inner.store_writes.lock().await;
        let catalog = &self.inner.catalog;
        let id = &record.index.id;
        let indexes = catalog.list_indexes().await?;
        let is_next = |one: &IndexRecord| one.index.id == *id && one.role == IndexRole::Next;
        if prepared.is_empty() || !indexes.iter().any(is_next) {
            return Ok(());
        }
        let mut committed = Vec::new();
        let mut documents = Vec::new();
        for one in prepared {
            // A document that was replaced or deleted meanwhile comes again, or not at all.
            let held = catalog.find_indexed(&one.committed.id).await?;
            if held.is_some_and(|held| held.text_key == one.committed.text_key) {
                committed.push(one.committed);
                documents.push(one.chunks);
            }
        }
        let index: IndexId = id.parse()?;
        let spec = IndexSpec { dimensions, language: record.index.language };
        self.inner.store.create_index(&index, spec).await?;
        self.inner.store.replace_documents(&index, documents).await?;
        Ok(catalog.set_built(id, committed).await?)
    }

    /// Records that an index cannot be built, unless the fault may pass by itself.
    async fn fail_index(
        &self,
        record: &IndexRecord,
        error: ServiceError,
    ) -> Result<Built, ServiceError> {
        let passes = error.kind() == ErrorKind::Busy;
        let ServiceError::Engine(engine) = &error else { return Err(error) };
        if passes {
            return Err(error);
        }
        let name = &record.collection;
        tracing::warn!(collection = %name, "the next index of `{name}` cannot be built: {engine}");
        self.inner.catalog.set_index_failed(&record.index.id, &engine.to_string()).await?;
        self.announce_index(name).await;
        Ok(Built::Nothing)
    }
}
