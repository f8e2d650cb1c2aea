//! The loop of indexes: fills the next index of a collection with what the active one holds.
//!
//! What is still to be done follows from the catalog's account of both indexes, so a kill at any
//! moment costs one batch, and documents that arrive, change or go meanwhile are taken along.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use quire_catalog::{CommittedDocument, IndexRecord, IndexRole, UnbuiltDocument};
use quire_domain::{Collection, CollectionName, DocumentId, IndexSwitch, IngestEvent, IngestTask};
use quire_engines::Embedder;
use quire_vectorstore::{DocumentChunks, IndexId, IndexSpec};

use super::Ingest;
use super::cut::Cut;
use super::embed::join;
use super::fault::{ATTEMPTS, Fault};
use super::loops::{Step, Work, drive};
use crate::ServiceError;
use crate::indexes::outgoing;

/// Documents taken at a time.
const BATCH_DOCUMENTS: usize = 64;
/// Chunks after which a batch is committed early: so many are embedded in some ten seconds, which
/// is how long progress stands still.
const BATCH_CHUNKS: usize = 256;

/// Works until the service shuts down.
pub(super) async fn run(ingest: Arc<Ingest>) {
    drive(ingest, Indexes::default()).await;
}

/// Where the loop is.
#[derive(Default)]
pub(super) struct Indexes {
    builds: HashMap<String, Build>,
}

/// How far an index is, as far as this process has seen. Losing it costs a look from the beginning.
#[derive(Default)]
struct Build {
    /// Documents up to this one were looked at.
    after: Option<DocumentId>,
    /// Batches that failed in a row through a fault of a document.
    faults: u32,
}

/// What one batch came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Built {
    /// The index lacks nothing that could be built now.
    Nothing,
    /// Some documents were taken; there may be more to do.
    Some,
}

/// A document with what the next index is to hold of it.
struct Prepared {
    committed: CommittedDocument,
    cut: Cut,
}

#[async_trait]
impl Work for Indexes {
    fn task(&self) -> IngestTask {
        IngestTask::Indexes
    }

    async fn step(&mut self, ingest: &Arc<Ingest>) -> Result<Step, ServiceError> {
        let indexes = ingest.parts.catalog.list_indexes().await?;
        let waiting = |one: &IndexRecord| one.role == IndexRole::Next && one.failure.is_none();
        let next: Vec<IndexRecord> = indexes.into_iter().filter(waiting).collect();
        self.builds.retain(|id, _| next.iter().any(|one| one.index.id == *id));
        let mut step = Step::Idle;
        for record in next {
            let build = self.builds.entry(record.index.id.clone()).or_default();
            if ingest.build_or_fail(&record, build).await? == Built::Some {
                step = Step::Worked;
            }
        }
        Ok(step)
    }
}

impl Ingest {
    /// Builds the next index of a collection to its end; gives up when the service stops.
    pub(super) async fn build_whole(&self, name: &CollectionName) -> Result<(), ServiceError> {
        let mut build = Build::default();
        while !self.is_stopping() {
            let indexes = self.parts.catalog.list_indexes().await?;
            let next = indexes.into_iter().find(|one| {
                one.collection == *name && one.role == IndexRole::Next && one.failure.is_none()
            });
            let Some(next) = next else { return Ok(()) };
            if self.build_or_fail(&next, &mut build).await? == Built::Nothing {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes an index one batch further, or records why it cannot be built.
    async fn build_or_fail(
        &self,
        record: &IndexRecord,
        build: &mut Build,
    ) -> Result<Built, ServiceError> {
        let reason = match self.build_batch(record, build).await {
            Ok(outcome) => {
                build.faults = 0;
                return Ok(outcome);
            }
            // The collection or the index went meanwhile.
            Err(Fault::Gone) => return Ok(Built::Nothing),
            Err(Fault::Machine(error) | Fault::Unknown(error)) => return Err(error),
            Err(Fault::Refused(failed)) => failed.failure.message,
            Err(Fault::Document(failure)) => {
                build.faults += 1;
                if build.faults < ATTEMPTS {
                    return Ok(Built::Some);
                }
                failure.message
            }
        };
        let name = &record.collection;
        tracing::warn!(collection = %name, "the next index of `{name}` cannot be built: {reason}");
        self.parts.catalog.set_index_failed(&record.index.id, &reason).await?;
        self.announce_index(name).await;
        Ok(Built::Nothing)
    }

    async fn build_batch(&self, record: &IndexRecord, build: &mut Build) -> Result<Built, Fault> {
        let id = &record.index.id;
        let after = build.after.clone();
        let catalog = &self.parts.catalog;
        let unbuilt = catalog.list_unbuilt(id, after.as_ref(), BATCH_DOCUMENTS).await?;
        if unbuilt.is_empty() {
            if build.after.take().is_some() {
                // Documents that were looked at may have changed meanwhile.
                return Ok(Built::Some);
            }
            if record.switch == IndexSwitch::WhenReady {
                self.switch_if_ready(id).await?;
            }
            return Ok(Built::Nothing);
        }
        let model = &record.index.embedding_model;
        let embedder = self.parts.models.get_embedder(model).await?;
        let mut prepared: Vec<Prepared> = Vec::new();
        let mut chunks = 0;
        let mut last = None;
        for document in unbuilt {
            last = Some(document.document.id.clone());
            if let Some(one) = self.prepare_again(document, &embedder).await? {
                chunks += one.cut.chunks.len();
                prepared.push(one);
            }
            if self.is_stopping() || chunks >= BATCH_CHUNKS {
                break;
            }
        }
        let waits_for_texts = prepared.is_empty();
        let cuts: Vec<&Cut> = prepared.iter().map(|one| &one.cut).collect();
        let (dimensions, vectors) = self.embed(model, &cuts, |_, _, _| {}).await?;
        let mut documents = Vec::new();
        for (Prepared { committed, cut }, vectors) in prepared.into_iter().zip(vectors) {
            if let Some(chunks) = join(cut, vectors?) {
                let document_id = committed.id.clone();
                documents.push((committed, DocumentChunks { document_id, chunks }));
            }
        }
        self.commit_built(record, dimensions, documents).await?;
        build.after = last;
        self.announce_index(&record.collection).await;
        // Documents whose texts must be made anew wake this loop when they are indexed.
        Ok(if waits_for_texts && after.is_none() { Built::Nothing } else { Built::Some })
    }

    /// Chunks a document from its stored text.
    async fn prepare_again(
        &self,
        unbuilt: UnbuiltDocument,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Option<Prepared>, Fault> {
        let UnbuiltDocument { document, text_key } = unbuilt;
        let catalog = &self.parts.catalog;
        let Some(parsed) = catalog.find_text(&text_key).await? else {
            // The text is made anew from the original, and the document indexed with it; one that
            // was replaced meanwhile is on its way already.
            if document.status.is_final() {
                let document = catalog.set_accepted(&document.id).await?;
                self.announce(&document).await?;
                self.wake(IngestTask::Documents);
            }
            return Ok(None);
        };
        let cut = self.cut(parsed, &document, &text_key, embedder).await?;
        let chunk_count = u32::try_from(cut.chunks.len()).unwrap_or(u32::MAX);
        let (id, sha256) = (document.id, document.sha256);
        let committed = CommittedDocument { id, sha256, text_key, chunk_count };
        Ok(Some(Prepared { committed, cut }))
    }

    async fn commit_built(
        &self,
        record: &IndexRecord,
        dimensions: usize,
        prepared: Vec<(CommittedDocument, DocumentChunks)>,
    ) -> Result<(), Fault> {
        let _writing = self.store_writes.lock().await;
        let catalog = &self.parts.catalog;
        let id = &record.index.id;
        let indexes = catalog.list_indexes().await?;
        let is_next = |one: &IndexRecord| one.index.id == *id && one.role == IndexRole::Next;
        if prepared.is_empty() || !indexes.iter().any(is_next) {
            return Ok(());
        }
        let (mut committed, mut documents) = (Vec::new(), Vec::new());
        let mut added = 0;
        for (one, chunks) in prepared {
            // A document that was replaced or deleted meanwhile comes again, or not at all.
            let held = catalog.find_indexed(&one.id).await?;
            if held.is_some_and(|held| held.text_key == one.text_key) {
                added += u64::from(one.chunk_count);
                committed.push(one);
                documents.push(chunks);
            }
        }
        let index: IndexId = id.parse().map_err(ServiceError::from)?;
        let spec = IndexSpec { dimensions, language: record.index.language };
        self.write_chunks(&index, spec, documents).await?;
        catalog.set_built(id, committed).await?;
        self.note_growth(id, added, record.chunks);
        Ok(())
    }

    /// Makes a next index the active one if it lacks nothing, and returns whether it did.
    pub(crate) async fn switch_if_ready(&self, index_id: &str) -> Result<bool, ServiceError> {
        let switched = {
            let _writing = self.store_writes.lock().await;
            let indexes = self.parts.catalog.list_indexes().await?;
            let outgoing = outgoing(&indexes, index_id);
            self.parts.catalog.switch_index(index_id, outgoing).await?
        };
        let Some(collection) = switched else { return Ok(false) };
        self.remove_or_leave_to_upkeep().await;
        let Collection { name, embedding_model, language, .. } = &collection;
        let language = language.code();
        tracing::info!(
            collection = %name,
            "collection `{name}` now answers from its index in `{language}` by `{embedding_model}`"
        );
        self.announce_index(name).await;
        Ok(true)
    }

    /// Tells how the next index of a collection stands.
    pub(crate) async fn announce_index(&self, name: &CollectionName) {
        // A collection that was renamed or deleted meanwhile is told of by others.
        if let Ok(collection) = self.parts.catalog.get_collection(name).await {
            let (collection, next) = (collection.name, collection.next_index);
            self.send(IngestEvent::Index { collection, next });
        }
    }
}
