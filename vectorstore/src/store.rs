//! The contract of a chunk store.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use quire_domain::{Chunk, ChunkId, DocumentId, Language};

use crate::StoreError;

/// Names one index: 1 to 64 lower-case letters, digits and `_`. One collection has one or more.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct IndexId(String);

impl IndexId {
    /// Shows the name as a string slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IndexId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for IndexId {
    type Err = StoreError;

    fn from_str(value: &str) -> Result<Self, StoreError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if value.is_empty() || value.len() > 64 || !value.chars().all(fits) {
            return Err(StoreError::InvalidIndexId { value: value.chars().take(80).collect() });
        }
        Ok(Self(value.to_owned()))
    }
}

/// How an index is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IndexSpec {
    /// The length of its vectors.
    pub dimensions: usize,
    /// Whose stems and stop words the keyword index uses.
    pub language: Language,
}

/// A chunk with its vector.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredChunk {
    /// The chunk.
    pub chunk: Chunk,
    /// Its vector, of length 1 (L2).
    pub vector: Vec<f32>,
}

/// All chunks of one document.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentChunks {
    /// The document.
    pub document_id: DocumentId,
    /// Its chunks, by ordinal. None at all removes the document.
    pub chunks: Vec<StoredChunk>,
}

/// A chunk and how well it matches.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredChunk {
    /// The chunk.
    pub chunk: Chunk,
    /// Cosine similarity for a dense search, BM25 for a keyword search; more is better.
    pub score: f32,
}

/// Which chunks a search may return.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ChunkFilter {
    /// Only chunks of these documents; `None` means of all.
    pub documents: Option<Vec<DocumentId>>,
}

/// What is in an index.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IndexStats {
    /// All chunks.
    pub chunks: u64,
    /// The chunks of each document.
    pub documents: BTreeMap<DocumentId, u64>,
}

/// Keeps chunks with their vectors and finds them by meaning or by words.
///
/// Contract, for every implementation:
/// - `create_index` with the same spec twice is fine; with another one it is an error.
/// - `replace_documents` is one commit: a search sees all of it or nothing; it is durable when it
///   returns. A document's old chunks go in the same commit.
/// - What was deleted is found by no search that starts afterwards.
/// - Searches return at most `limit` chunks, best first, ties by chunk id; an empty index gives none.
/// - `maintain` compacts and refreshes search structures; results before and after are the same
///   but for approximation, and other calls go on meanwhile.
/// - A missing index is [`StoreError::NoSuchIndex`], but dropping one that is missing is fine.
#[async_trait]
pub trait ChunkStore: Send + Sync {
    /// Makes an index if there is none.
    async fn create_index(&self, index: &IndexId, spec: IndexSpec) -> Result<(), StoreError>;

    /// Removes an index and all in it.
    async fn drop_index(&self, index: &IndexId) -> Result<(), StoreError>;

    /// Lists all indexes.
    async fn list_indexes(&self) -> Result<Vec<IndexId>, StoreError>;

    /// Puts each document's chunks in place of those it had, in one commit.
    async fn replace_documents(
        &self,
        index: &IndexId,
        documents: Vec<DocumentChunks>,
    ) -> Result<(), StoreError>;

    /// Removes all chunks of these documents.
    async fn delete_documents(
        &self,
        index: &IndexId,
        documents: &[DocumentId],
    ) -> Result<(), StoreError>;

    /// Finds the chunks whose vectors are nearest to `vector` (of length 1).
    async fn search_dense(
        &self,
        index: &IndexId,
        vector: &[f32],
        limit: usize,
        filter: &ChunkFilter,
    ) -> Result<Vec<ScoredChunk>, StoreError>;

    /// Finds the chunks that share words with `query`, by BM25. The query is plain text: no
    /// character in it has a special meaning.
    async fn search_keyword(
        &self,
        index: &IndexId,
        query: &str,
        limit: usize,
        filter: &ChunkFilter,
    ) -> Result<Vec<ScoredChunk>, StoreError>;

    /// Counts the chunks that have all terms of `words`, in each of `documents`; those without one
    /// are left out.
    async fn count_having(
        &self,
        index: &IndexId,
        words: &str,
        documents: &[DocumentId],
    ) -> Result<BTreeMap<DocumentId, u64>, StoreError>;

    /// Reads chunks by id, in no order; unknown ids are left out.
    async fn get_chunks(&self, index: &IndexId, ids: &[ChunkId]) -> Result<Vec<Chunk>, StoreError>;

    /// Reads all chunks of a document, by ordinal.
    async fn list_document_chunks(
        &self,
        index: &IndexId,
        document: &DocumentId,
    ) -> Result<Vec<Chunk>, StoreError>;

    /// Reads the vectors of these chunks; unknown ids are left out.
    async fn get_vectors(
        &self,
        index: &IndexId,
        ids: &[ChunkId],
    ) -> Result<Vec<(ChunkId, Vec<f32>)>, StoreError>;

    /// Counts what is in an index.
    async fn stats(&self, index: &IndexId) -> Result<IndexStats, StoreError>;

    /// Compacts and refreshes search structures; meant to be called when ingest is idle.
    async fn maintain(&self, index: &IndexId) -> Result<(), StoreError>;
}

/// Checks that `vector` is as long as the vectors of `index`.
pub(crate) fn check_dimensions(
    index: &IndexId,
    spec: IndexSpec,
    vector: &[f32],
) -> Result<(), StoreError> {
    let (expected, actual) = (spec.dimensions, vector.len());
    if actual == expected {
        return Ok(());
    }
    Err(StoreError::WrongDimensions { index: index.clone(), expected, actual })
}
