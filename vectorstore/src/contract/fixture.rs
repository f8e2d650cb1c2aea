//! Stores, documents and questions for the suite.

use std::ops::Deref;
use std::sync::Arc;

use quire_domain::{Chunk, DocumentId, Language, Locator, Span};

use crate::{
    ChunkFilter, ChunkStore, DocumentChunks, IndexId, IndexSpec, MemoryStore, ScoredChunk,
    StoredChunk,
};

/// A store with whatever must live as long.
pub(super) struct Opened {
    store: Arc<dyn ChunkStore>,
    _folder: Option<tempfile::TempDir>,
}

impl Opened {
    pub(super) fn memory() -> Self {
        Self { store: Arc::new(MemoryStore::default()), _folder: None }
    }

    #[cfg(feature = "lance")]
    pub(super) async fn lance() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = crate::LanceStore::open(folder.path()).await.expect("the store opens");
        Self { store: Arc::new(store), _folder: Some(folder) }
    }

    pub(super) fn share(&self) -> Arc<dyn ChunkStore> {
        self.store.clone()
    }
}

impl Deref for Opened {
    type Target = dyn ChunkStore;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

pub(super) fn index(name: &str) -> IndexId {
    name.parse().expect("a valid index name")
}

pub(super) fn spec(language: Language) -> IndexSpec {
    IndexSpec { dimensions: 4, language }
}

/// Makes an index named `main` in `language`.
pub(super) async fn make_index(store: &dyn ChunkStore, language: Language) -> IndexId {
    let index = index("main");
    store.create_index(&index, spec(language)).await.expect("the index is made");
    index
}

pub(super) fn document_id(name: &str) -> DocumentId {
    name.parse().expect("a valid document id")
}

/// Makes a document with one chunk for each text; chunk `n` of document `d` is `d-n`.
pub(super) fn document(name: &str, texts: &[&str]) -> DocumentChunks {
    let chunk = |(ordinal, text): (usize, &&str)| chunk(name, ordinal, text);
    DocumentChunks {
        document_id: document_id(name),
        chunks: texts.iter().enumerate().map(chunk).collect(),
    }
}

fn chunk(document: &str, ordinal: usize, text: &str) -> StoredChunk {
    let chunk = Chunk {
        id: format!("{document}-{ordinal}").parse().expect("a valid chunk id"),
        document_id: document_id(document),
        ordinal: ordinal as u32,
        text: text.to_owned(),
        token_count: text.split(' ').count() as u32,
        locator: Locator { span: Span::new(0, text.chars().count()), ..Locator::default() },
    };
    StoredChunk { vector: vector_of(text), chunk }
}

/// Points a vector into a direction that depends on the text.
pub(super) fn vector_of(text: &str) -> Vec<f32> {
    let mut vector = vec![0.1, 0.1, 0.1, 0.1];
    for (place, byte) in text.bytes().enumerate() {
        vector[(place + usize::from(byte)) % 4] += f32::from(byte) / 100.0;
    }
    unit(vector)
}

pub(super) fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    for x in &mut vector {
        *x /= length;
    }
    vector
}

pub(super) async fn put(store: &dyn ChunkStore, index: &IndexId, documents: Vec<DocumentChunks>) {
    store.replace_documents(index, documents).await.expect("the documents are stored");
}

/// Finds by words; gives chunk ids, best first.
pub(super) async fn by_words(store: &dyn ChunkStore, index: &IndexId, query: &str) -> Vec<String> {
    let hits = store.search_keyword(index, query, 10, &ChunkFilter::default()).await;
    ids(&hits.expect("the search works"))
}

/// Finds by meaning; gives chunk ids, best first.
pub(super) async fn by_vector(store: &dyn ChunkStore, index: &IndexId, text: &str) -> Vec<String> {
    let hits = store.search_dense(index, &vector_of(text), 10, &ChunkFilter::default()).await;
    ids(&hits.expect("the search works"))
}

pub(super) fn ids(hits: &[ScoredChunk]) -> Vec<String> {
    hits.iter().map(|hit| hit.chunk.id.to_string()).collect()
}

pub(super) fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}
