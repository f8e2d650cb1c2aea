//! The commit of a group of documents to the store and then to the ledger.

use std::collections::{BTreeMap, HashMap};

use quire_catalog::{CommittedDocument, TextKey, WorkItem};
use quire_domain::{CollectionName, DocumentStatus, IndexSwitch, Language, ModelId};
use quire_vectorstore::{DocumentChunks, IndexId, IndexSpec, StoredChunk};

use crate::indexes::new_index;
use crate::{ServiceError, Services};

/// A document whose chunks have their vectors.
pub(super) struct Ready {
    pub item: WorkItem,
    pub text_key: TextKey,
    pub language: Language,
    /// The model that made its vectors.
    pub embedding_model: ModelId,
    pub dimensions: usize,
    pub chunks: Vec<StoredChunk>,
}

impl Services {
    /// Commits documents, one commit a collection.
    pub(super) async fn commit(&self, documents: Vec<Ready>) -> Result<(), ServiceError> {
        let mut by_collection: BTreeMap<CollectionName, Vec<Ready>> = BTreeMap::new();
        for document in documents {
            let collection = document.item.document.collection.clone();
            by_collection.entry(collection).or_default().push(document);
        }
        for (_, group) in by_collection {
            self.settle_language(&group).await?;
            self.commit_group(group).await?;
        }
        self.finish_removals().await
    }

    async fn commit_group(&self, group: Vec<Ready>) -> Result<(), ServiceError> {
        let _writing = self.inner.store_writes.lock().await;
        let mut current: Vec<Ready> = Vec::new();
        for document in group {
            // Whoever deleted or replaced a document meanwhile has written so to the catalog.
            let found = self.inner.catalog.get_document(&document.item.document.id).await;
            if found.is_ok_and(|now| {
                now.sha256 == document.item.document.sha256
                    && now.status == DocumentStatus::Embedded
            }) {
                current.push(document);
            }
        }
        let Some(first) = current.first() else { return Ok(()) };
        // The collection may have been renamed meanwhile; its document knows.
        let document = self.inner.catalog.get_document(&first.item.document.id).await?;
        let collection = self.inner.catalog.get_collection(&document.collection).await?;
        // Vectors of a model that the collection has left meanwhile are of no use; their documents
        // stay in the ledger and come again.
        current.retain(|document| document.embedding_model == collection.embedding_model);
        let Some(first) = current.first() else { return Ok(()) };
        let dimensions = first.dimensions;
        let index: IndexId = collection.index_id.parse()?;
        let spec = IndexSpec { dimensions, language: collection.language };
        self.inner.store.create_index(&index, spec).await?;
        let mut committed = Vec::new();
        let mut documents = Vec::new();
        for Ready { item, text_key, chunks, .. } in current {
            committed.push(CommittedDocument {
                id: item.document.id.clone(),
                sha256: item.document.sha256,
                text_key,
                chunk_count: chunks.len() as u32,
            });
            documents.push(DocumentChunks { document_id: item.document.id, chunks });
        }
        self.inner.store.replace_documents(&index, documents).await?;
        self.inner.catalog.set_indexed(index.as_str(), committed.clone()).await?;
        for CommittedDocument { id, .. } in &committed {
            // It may be deleted by now, and then there is nothing to tell.
            if let Ok(document) = self.inner.catalog.get_document(id).await {
                self.announce(&document).await?;
            }
        }
        let count = committed.len();
        tracing::info!(document.count = count, "indexed {count} documents");
        Ok(())
    }

    /// Gives a collection the language that most of its first documents have.
    ///
    /// Where documents without a known language came first, their index is built anew before the
    /// others are added, so that an ingest ends with all of them in one index. Texts and vectors
    /// are kept, so that takes little.
    async fn settle_language(&self, documents: &[Ready]) -> Result<(), ServiceError> {
        let Some(first) = documents.first() else { return Ok(()) };
        let catalog = &self.inner.catalog;
        let Ok(document) = catalog.get_document(&first.item.document.id).await else {
            return Ok(());
        };
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
        self.build_whole(&collection.name).await
    }
}
