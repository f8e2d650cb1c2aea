//! The in-memory store: exact, complete and gone with the process.

mod bm25;

use std::collections::{BTreeMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use quire_domain::{Chunk, ChunkId, DocumentId};

use crate::ranking::{best_first, cosine};
use crate::store::check_dimensions;
use crate::{
    ChunkFilter, ChunkStore, DocumentChunks, IndexId, IndexSpec, IndexStats, ScoredChunk,
    StoreError, StoredChunk,
};
use quire_language::Analyzer;

use bm25::TermCounts;

/// Keeps all chunks in memory and compares a query with every one of them.
///
/// For tests and small tools: it takes time linear in the number of chunks.
#[derive(Default)]
pub struct MemoryStore {
    indexes: RwLock<BTreeMap<IndexId, MemoryIndex>>,
}

struct MemoryIndex {
    spec: IndexSpec,
    analyzer: Analyzer,
    documents: BTreeMap<DocumentId, Vec<Entry>>,
}

struct Entry {
    stored: StoredChunk,
    terms: TermCounts,
}

type Indexes = BTreeMap<IndexId, MemoryIndex>;

impl MemoryStore {
    // A panic cannot leave an index half changed: every change is one insertion or removal.
    fn read(&self) -> RwLockReadGuard<'_, Indexes> {
        self.indexes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Indexes> {
        self.indexes.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<'a>(indexes: &'a Indexes, index: &IndexId) -> Result<&'a MemoryIndex, StoreError> {
    indexes.get(index).ok_or_else(|| StoreError::NoSuchIndex { index: index.clone() })
}

fn find_mut<'a>(
    indexes: &'a mut Indexes,
    index: &IndexId,
) -> Result<&'a mut MemoryIndex, StoreError> {
    indexes.get_mut(index).ok_or_else(|| StoreError::NoSuchIndex { index: index.clone() })
}

impl MemoryIndex {
    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.documents.values().flatten()
    }

    fn entries_in<'a>(&'a self, filter: &ChunkFilter) -> impl Iterator<Item = &'a Entry> {
        let wanted: Option<HashSet<&DocumentId>> =
            filter.documents.as_ref().map(|documents| documents.iter().collect());
        let wanted: Vec<&Vec<Entry>> = self
            .documents
            .iter()
            .filter(|(id, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(id)))
            .map(|(_, entries)| entries)
            .collect();
        wanted.into_iter().flatten()
    }

    fn entries_by_id<'a>(&'a self, ids: &[ChunkId]) -> impl Iterator<Item = &'a Entry> {
        let wanted: HashSet<&ChunkId> = ids.iter().collect();
        let found: Vec<&Entry> =
            self.entries().filter(|entry| wanted.contains(&entry.stored.chunk.id)).collect();
        found.into_iter()
    }

    fn entry(&self, stored: StoredChunk) -> Entry {
        let terms = TermCounts::of(self.analyzer.index_terms(&stored.chunk.text));
        Entry { stored, terms }
    }
}

#[async_trait]
impl ChunkStore for MemoryStore {
    async fn create_index(&self, index: &IndexId, spec: IndexSpec) -> Result<(), StoreError> {
        let mut indexes = self.write();
        let made = indexes.entry(index.clone()).or_insert_with(|| MemoryIndex {
            spec,
            analyzer: Analyzer::new(spec.language),
            documents: BTreeMap::new(),
        });
        if made.spec != spec {
            return Err(StoreError::SpecMismatch { index: index.clone() });
        }
        Ok(())
    }

    async fn drop_index(&self, index: &IndexId) -> Result<(), StoreError> {
        self.write().remove(index);
        Ok(())
    }

    async fn list_indexes(&self) -> Result<Vec<IndexId>, StoreError> {
        Ok(self.read().keys().cloned().collect())
    }

    async fn replace_documents(
        &self,
        index: &IndexId,
        documents: Vec<DocumentChunks>,
    ) -> Result<(), StoreError> {
        let mut indexes = self.write();
        let target = find_mut(&mut indexes, index)?;
        for stored in documents.iter().flat_map(|document| &document.chunks) {
            check_dimensions(index, target.spec, &stored.vector)?;
        }
        for DocumentChunks { document_id, mut chunks } in documents {
            chunks.sort_by_key(|stored| stored.chunk.ordinal);
            let entries: Vec<Entry> =
                chunks.into_iter().map(|stored| target.entry(stored)).collect();
            if entries.is_empty() {
                target.documents.remove(&document_id);
            } else {
                target.documents.insert(document_id, entries);
            }
        }
        Ok(())
    }

    async fn delete_documents(
        &self,
        index: &IndexId,
        documents: &[DocumentId],
    ) -> Result<(), StoreError> {
        let mut indexes = self.write();
        let target = find_mut(&mut indexes, index)?;
        for document in documents {
            target.documents.remove(document);
        }
        Ok(())
    }

    async fn search_dense(
        &self,
        index: &IndexId,
        vector: &[f32],
        limit: usize,
        filter: &ChunkFilter,
    ) -> Result<Vec<ScoredChunk>, StoreError> {
        let indexes = self.read();
        let target = find(&indexes, index)?;
        check_dimensions(index, target.spec, vector)?;
        let hits = target
            .entries_in(filter)
            .map(|Entry { stored, .. }| ScoredChunk {
                score: cosine(&stored.vector, vector),
                chunk: stored.chunk.clone(),
            })
            .collect();
        Ok(best_first(hits, limit))
    }

    async fn search_keyword(
        &self,
        index: &IndexId,
        query: &str,
        limit: usize,
        filter: &ChunkFilter,
    ) -> Result<Vec<ScoredChunk>, StoreError> {
        let indexes = self.read();
        let target = find(&indexes, index)?;
        let terms = target.analyzer.query_terms(query);
        let all: Vec<&TermCounts> = target.entries().map(|entry| &entry.terms).collect();
        let weights = bm25::weigh(&terms, &all);
        let hits = target
            .entries_in(filter)
            .map(|entry| (bm25::score(&weights, &entry.terms), entry))
            .filter(|(score, _)| *score > 0.0)
            .map(|(score, entry)| ScoredChunk { score, chunk: entry.stored.chunk.clone() })
            .collect();
        Ok(best_first(hits, limit))
    }

    async fn count_having(
        &self,
        index: &IndexId,
        words: &str,
        documents: &[DocumentId],
    ) -> Result<BTreeMap<DocumentId, u64>, StoreError> {
        let indexes = self.read();
        let target = find(&indexes, index)?;
        let terms = target.analyzer.query_terms(words);
        let has_all = |entry: &&Entry| terms.iter().all(|term| entry.terms.contains(term));
        let entries_of = |id: &DocumentId| target.documents.get(id).into_iter().flatten();
        let count = |id: &DocumentId| entries_of(id).filter(has_all).count() as u64;
        let counts = documents.iter().map(|id| (id.clone(), count(id)));
        Ok(counts.filter(|(_, count)| *count > 0 && !terms.is_empty()).collect())
    }

    async fn get_chunks(&self, index: &IndexId, ids: &[ChunkId]) -> Result<Vec<Chunk>, StoreError> {
        let indexes = self.read();
        let found = find(&indexes, index)?.entries_by_id(ids);
        Ok(found.map(|entry| entry.stored.chunk.clone()).collect())
    }

    async fn list_document_chunks(
        &self,
        index: &IndexId,
        document: &DocumentId,
    ) -> Result<Vec<Chunk>, StoreError> {
        let indexes = self.read();
        let entries = find(&indexes, index)?.documents.get(document);
        Ok(entries.into_iter().flatten().map(|entry| entry.stored.chunk.clone()).collect())
    }

    async fn get_vectors(
        &self,
        index: &IndexId,
        ids: &[ChunkId],
    ) -> Result<Vec<(ChunkId, Vec<f32>)>, StoreError> {
        let indexes = self.read();
        let found = find(&indexes, index)?.entries_by_id(ids);
        Ok(found
            .map(|Entry { stored, .. }| (stored.chunk.id.clone(), stored.vector.clone()))
            .collect())
    }

    async fn stats(&self, index: &IndexId) -> Result<IndexStats, StoreError> {
        let indexes = self.read();
        let documents: BTreeMap<DocumentId, u64> = find(&indexes, index)?
            .documents
            .iter()
            .map(|(id, entries)| (id.clone(), entries.len() as u64))
            .collect();
        Ok(IndexStats { chunks: documents.values().sum(), documents })
    }

    async fn maintain(&self, index: &IndexId) -> Result<(), StoreError> {
        find(&self.read(), index).map(|_| ())
    }
}
