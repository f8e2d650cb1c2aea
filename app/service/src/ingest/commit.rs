//! The commit of a group of documents to the store and then to the ledger.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use quire_catalog::{CommittedDocument, TextKey, WorkItem};
use quire_domain::{
    Collection, CollectionName, DocumentStatus, IndexSwitch, IngestTask, Language, ModelId,
};
use quire_vectorstore::{DocumentChunks, IndexId, IndexSpec, StoredChunk};

use super::fault::{Fault, words_of};
use super::{Ingest, lock};
use crate::ServiceError;
use crate::indexes::new_index;

/// Chunks after which an index is maintained even while more come: words of chunks outside it are
/// searched one by one, which takes about 8 ms a thousand.
const MAINTAIN_CHUNKS: u64 = 2000;
/// An index is maintained when it has grown by this part, so that its upkeep costs the same for
/// each chunk, however many there are.
const MAINTAIN_PART: u64 = 8;

/// A document whose chunks have their vectors.
#[derive(Clone)]
pub(super) struct Ready {
    pub item: WorkItem,
    pub text_key: TextKey,
    pub language: Language,
    /// The model that made its vectors.
    pub embedding_model: ModelId,
    pub dimensions: usize,
    pub chunks: Vec<StoredChunk>,
}

impl Ingest {
    /// Commits documents, one commit a collection; gives back those that could not be committed.
    pub(super) async fn commit(&self, documents: Vec<Ready>) -> Vec<(WorkItem, Fault)> {
        let mut by_collection: BTreeMap<CollectionName, Vec<Ready>> = BTreeMap::new();
        for document in documents {
            let collection = document.item.document.collection.clone();
            by_collection.entry(collection).or_default().push(document);
        }
        let mut faults = Vec::new();
        for group in by_collection.into_values() {
            let Some(first) = group.first() else { continue };
            let item = first.item.clone();
            match self.settle_language(&group).await {
                Ok(()) | Err(Fault::Gone) => faults.extend(self.commit_by_halves(group).await),
                Err(fault) => faults.push((item, fault)),
            }
        }
        faults
    }

    /// Commits a group. If that fails and nobody knows through which of them, halves are tried: those
    /// that fail alone while others do not are to blame; if all fail, it is the machine.
    async fn commit_by_halves(&self, group: Vec<Ready>) -> Vec<(WorkItem, Fault)> {
        let mut faults = Vec::new();
        let mut one_went_in = false;
        let mut parts = vec![group];
        while let Some(part) = parts.pop() {
            let Some(first) = part.first() else { continue };
            let item = first.item.clone();
            match self.commit_group(&part).await {
                Ok(()) => one_went_in = true,
                Err(Fault::Unknown(_) | Fault::Document(_)) if part.len() > 1 => {
                    let mut front = part;
                    let back = front.split_off(front.len() / 2);
                    parts.extend([back, front]);
                }
                Err(Fault::Refused(failed)) => {
                    let all = part.into_iter();
                    faults.extend(all.map(|one| (one.item, Fault::Refused(failed.clone()))));
                }
                Err(fault) => faults.push((item, fault)),
            }
        }
        if one_went_in {
            faults.into_iter().map(|(item, fault)| (item, fault.of_one())).collect()
        } else {
            faults
        }
    }

    async fn commit_group(&self, group: &[Ready]) -> Result<(), Fault> {
        let writing = self.store_writes.lock().await;
        let catalog = &self.parts.catalog;
        let mut current: Vec<&Ready> = Vec::new();
        let mut collection: Option<Collection> = None;
        for one in group {
            // Whoever deleted or replaced a document meanwhile has written so to the catalog.
            let now = match catalog.get_document(&one.item.document.id).await.map_err(Fault::from) {
                Ok(now) => now,
                Err(Fault::Gone) => continue,
                Err(fault) => return Err(fault),
            };
            let is_current =
                now.sha256 == one.item.document.sha256 && now.status == DocumentStatus::Embedded;
            if is_current {
                if collection.is_none() {
                    // It may have been renamed meanwhile; its document knows.
                    collection = Some(catalog.get_collection(&now.collection).await?);
                }
                current.push(one);
            }
        }
        let Some(collection) = collection else { return Ok(()) };
        // Vectors of a model that the collection has left meanwhile are of no use; their documents
        // stay in the ledger and come again.
        current.retain(|one| one.embedding_model == collection.embedding_model);
        let Some(first) = current.first() else { return Ok(()) };
        let index: IndexId = collection.index_id.parse().map_err(ServiceError::from)?;
        let spec = IndexSpec { dimensions: first.dimensions, language: collection.language };
        let chunks = |one: &&Ready| DocumentChunks {
            document_id: one.item.document.id.clone(),
            chunks: one.chunks.clone(),
        };
        self.write_chunks(&index, spec, current.iter().map(chunks).collect()).await?;
        let committed: Vec<CommittedDocument> = current.iter().map(|one| one.committed()).collect();
        catalog.set_indexed(index.as_str(), committed).await?;
        drop(writing);
        for one in &current {
            // It may be deleted by now, and then there is nothing to tell.
            if let Ok(document) = catalog.get_document(&one.item.document.id).await {
                self.announce(&document).await?;
            }
        }
        if collection.next_index.is_some() {
            self.wake(IngestTask::Indexes);
        }
        let count = current.len();
        tracing::info!(document.count = count, "indexed {count} documents");
        let added = current.iter().map(|one| one.chunks.len() as u64).sum();
        self.note_growth(index.as_str(), added, collection.counts.chunks);
        Ok(())
    }

    /// Puts chunks in place of those that documents had in an index; whoever calls holds
    /// `store_writes`. A panic of the store is a fault like others.
    pub(super) async fn write_chunks(
        &self,
        index: &IndexId,
        spec: IndexSpec,
        documents: Vec<DocumentChunks>,
    ) -> Result<(), Fault> {
        let store = &self.parts.store;
        let write = async {
            store.create_index(index, spec).await?;
            store.replace_documents(index, documents).await
        };
        match AssertUnwindSafe(write).catch_unwind().await {
            Ok(written) => Ok(written?),
            Err(panic) => {
                tracing::error!("writing to the store panicked: {}", words_of(panic.as_ref()));
                Err(Fault::panicked("writing to the store"))
            }
        }
    }

    /// Notes that an index has grown, and has it maintained once it has grown much.
    pub(super) fn note_growth(&self, index: &str, added: u64, chunks: u64) {
        let mut grown = lock(&self.grown);
        let growth = grown.entry(index.to_owned()).or_default();
        growth.chunks += added;
        if growth.chunks >= MAINTAIN_CHUNKS.max(chunks / MAINTAIN_PART) {
            growth.is_due = true;
            self.wake(IngestTask::Upkeep);
        }
    }

    /// Has every index that has grown maintained: nothing else waits.
    pub(super) fn maintain_all(&self) {
        let mut grown = lock(&self.grown);
        grown.values_mut().for_each(|growth| growth.is_due = true);
        if !grown.is_empty() {
            self.wake(IngestTask::Upkeep);
        }
    }

    /// Gives a collection the language that most of its first documents have.
    ///
    /// If documents without a known language came first, their index is built anew before the
    /// others are added, so that an ingest ends with all of them in one index. Texts and vectors
    /// are kept, so that takes little.
    async fn settle_language(&self, documents: &[Ready]) -> Result<(), Fault> {
        let Some(first) = documents.first() else { return Ok(()) };
        let catalog = &self.parts.catalog;
        let document = catalog.get_document(&first.item.document.id).await?;
        let collection = catalog.get_collection(&document.collection).await?;
        if collection.language != Language::Unknown || collection.next_index.is_some() {
            return Ok(());
        }
        let mut votes: HashMap<Language, usize> = HashMap::new();
        for document in documents.iter().filter(|one| one.language != Language::Unknown) {
            *votes.entry(document.language).or_default() += document.chunks.len().max(1);
        }
        let most = votes.into_iter().max_by_key(|(language, votes)| (*votes, language.code()));
        let Some((language, _)) = most else { return Ok(()) };
        let index = new_index(collection.embedding_model, language);
        catalog.begin_next_index(&collection.name, index, IndexSwitch::WhenReady).await?;
        Ok(self.build_whole(&collection.name).await?)
    }
}

impl Ready {
    fn committed(&self) -> CommittedDocument {
        CommittedDocument {
            id: self.item.document.id.clone(),
            sha256: self.item.document.sha256.clone(),
            text_key: self.text_key.clone(),
            chunk_count: u32::try_from(self.chunks.len()).unwrap_or(u32::MAX),
        }
    }
}
