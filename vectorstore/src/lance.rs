//! The store on disk: one Lance table per index, under one folder.
//!
//! A process that has the folder open must be the only one that writes to it.

mod tables;

mod columns;
mod rows;

mod commit;
mod maintenance;
mod search;

use std::collections::BTreeMap;
use std::path::Path;

use async_trait::async_trait;
use quire_domain::{Chunk, ChunkId, DocumentId};
use tokio::task::JoinSet;

use crate::store::check_dimensions;
use crate::{
    ChunkFilter, ChunkStore, DocumentChunks, IndexId, IndexSpec, IndexStats, ScoredChunk,
    StoreError,
};

use tables::Tables;

#[cfg(test)]
pub(crate) use columns::schema as schema_of;

/// Keeps chunks in Lance tables on disk.
///
/// Dense search compares with every vector up to about ten thousand chunks; from then on
/// [`ChunkStore::maintain`] keeps an approximate index, whose finds are rescored exactly. Chunks
/// that came since are compared one by one, so `maintain` is what keeps search fast.
pub struct LanceStore {
    tables: Tables,
}

impl LanceStore {
    /// Opens the store in folder `path`, which is made if it is missing.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { tables: Tables::open(path).await? })
    }
}

/// Makes an error of the store on disk out of its cause.
fn failed<E>(action: &'static str) -> impl FnOnce(E) -> StoreError
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    move |source| StoreError::Backend { action, source: source.into() }
}

/// Runs a search as a task of its own, so that a dense and a keyword search that one caller awaits
/// together take one core each. Ends the task when the caller goes away.
async fn on_its_own<T: Send + 'static>(
    search: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let mut task = JoinSet::new();
    task.spawn(search);
    let result = task.join_next().await.expect("a task was just spawned");
    result.map_err(failed("run a search"))?
}

#[async_trait]
impl ChunkStore for LanceStore {
    async fn create_index(&self, index: &IndexId, spec: IndexSpec) -> Result<(), StoreError> {
        self.tables.create(index, spec).await
    }

    async fn drop_index(&self, index: &IndexId) -> Result<(), StoreError> {
        self.tables.remove(index).await
    }

    async fn list_indexes(&self) -> Result<Vec<IndexId>, StoreError> {
        self.tables.list().await
    }

    async fn replace_documents(
        &self,
        index: &IndexId,
        documents: Vec<DocumentChunks>,
    ) -> Result<(), StoreError> {
        let table = self.tables.get(index).await?;
        for stored in documents.iter().flat_map(|document| &document.chunks) {
            check_dimensions(index, table.spec, &stored.vector)?;
        }
        commit::replace(&table, documents).await
    }

    async fn delete_documents(
        &self,
        index: &IndexId,
        documents: &[DocumentId],
    ) -> Result<(), StoreError> {
        let table = self.tables.get(index).await?;
        let without_chunks = |document_id: &DocumentId| DocumentChunks {
            document_id: document_id.clone(),
            chunks: Vec::new(),
        };
        commit::replace(&table, documents.iter().map(without_chunks).collect()).await
    }

    async fn search_dense(
        &self,
        index: &IndexId,
        vector: &[f32],
        limit: usize,
        filter: &ChunkFilter,
    ) -> Result<Vec<ScoredChunk>, StoreError> {
        let table = self.tables.get(index).await?;
        check_dimensions(index, table.spec, vector)?;
        let (vector, filter) = (vector.to_vec(), filter.clone());
        on_its_own(async move { search::dense(&table, &vector, limit, &filter).await }).await
    }

    async fn search_keyword(
        &self,
        index: &IndexId,
        query: &str,
        limit: usize,
        filter: &ChunkFilter,
    ) -> Result<Vec<ScoredChunk>, StoreError> {
        let table = self.tables.get(index).await?;
        let (query, filter) = (query.to_owned(), filter.clone());
        on_its_own(async move { search::keyword(&table, &query, limit, &filter).await }).await
    }

    async fn count_having(
        &self,
        index: &IndexId,
        words: &str,
        documents: &[DocumentId],
    ) -> Result<BTreeMap<DocumentId, u64>, StoreError> {
        let table = self.tables.get(index).await?;
        let (words, documents) = (words.to_owned(), documents.to_vec());
        on_its_own(async move { search::count_having(&table, &words, &documents).await }).await
    }

    async fn get_chunks(&self, index: &IndexId, ids: &[ChunkId]) -> Result<Vec<Chunk>, StoreError> {
        let table = self.tables.get(index).await?;
        search::chunks_by_id(&table, ids).await
    }

    async fn list_document_chunks(
        &self,
        index: &IndexId,
        document: &DocumentId,
    ) -> Result<Vec<Chunk>, StoreError> {
        let table = self.tables.get(index).await?;
        search::chunks_of_document(&table, document).await
    }

    async fn get_vectors(
        &self,
        index: &IndexId,
        ids: &[ChunkId],
    ) -> Result<Vec<(ChunkId, Vec<f32>)>, StoreError> {
        let table = self.tables.get(index).await?;
        search::vectors_by_id(&table, ids).await
    }

    async fn stats(&self, index: &IndexId) -> Result<IndexStats, StoreError> {
        let table = self.tables.get(index).await?;
        let documents: BTreeMap<DocumentId, u64> = search::count_by_document(&table).await?;
        Ok(IndexStats { chunks: documents.values().sum(), documents })
    }

    async fn maintain(&self, index: &IndexId) -> Result<(), StoreError> {
        let table = self.tables.get(index).await?;
        maintenance::maintain(&table).await
    }
}
