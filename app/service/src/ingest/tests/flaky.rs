//! Parts that fail once, at a chosen call: with an error, with an error after the work was done, or
//! with a panic.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use quire_catalog::*;
use quire_domain::*;
use quire_engines::{
    Embedder, EmbedderInfo, Embeddings, EngineError, EntailmentJudge, Generator, LoadedModel,
    ModelRuntime, Reranker, Residents, TextRole,
};
use quire_vectorstore::*;

use super::super::cut::{Piece, Uncut};
use super::super::parsing::Parsed;
use super::super::{Originals, Parser};
use crate::ServiceError;

/// How a call fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Error,
    /// The work is done, and nobody hears of it.
    ErrorAfterwards,
    Panic,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Error, Self::ErrorAfterwards, Self::Panic];
}

/// Counts calls and has one of them fail.
pub struct Faults {
    calls: AtomicUsize,
    at: usize,
    kind: Kind,
}

impl Faults {
    pub fn none() -> Arc<Self> {
        Self::at(usize::MAX, Kind::Error)
    }

    /// Has call number `at` fail, counted from 0.
    pub fn at(at: usize, kind: Kind) -> Arc<Self> {
        Arc::new(Self { calls: AtomicUsize::new(0), at, kind })
    }

    /// Returns whether the call that was to fail came.
    pub fn came(&self) -> bool {
        self.calls.load(Ordering::SeqCst) > self.at
    }

    /// Counts a call; `Some` if it is the one to fail.
    fn count(&self) -> Option<Kind> {
        let is_it = self.calls.fetch_add(1, Ordering::SeqCst) == self.at;
        if is_it && self.kind == Kind::Panic {
            panic_quietly();
        }
        is_it.then_some(self.kind)
    }
}

/// Panics without a word: what the hook prints for hundreds of them takes minutes.
fn panic_quietly() -> ! {
    std::panic::resume_unwind(Box::new("it was told to panic"))
}

/// A part whose calls may fail.
pub struct Flaky<T> {
    pub inner: T,
    pub faults: Arc<Faults>,
}

macro_rules! flaky {
    ($trait:ident for $inner:ty, $error:expr;
        $(fn $name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl $trait for Flaky<$inner> {
            $(async fn $name(&self, $($arg: $kind),*) -> $out {
                let fault = self.faults.count();
                if fault == Some(Kind::Error) {
                    return Err($error);
                }
                let value = self.inner.$name($($arg),*).await?;
                if fault.is_some() { Err($error) } else { Ok(value) }
            })*
        }
    };
}

type Catalogued<T> = Result<T, CatalogError>;
type Stored<T> = Result<T, StoreError>;

flaky! { CollectionRecords for Arc<SqliteCatalog>, CatalogError::DiskFull;
    fn list_collections() -> Catalogued<Vec<Collection>>;
    fn get_collection(name: &CollectionName) -> Catalogued<Collection>;
    fn create_collection(new: NewCollectionRecord) -> Catalogued<Collection>;
    fn rename_collection(name: &CollectionName, new_name: &CollectionName) -> Catalogued<Collection>;
    fn delete_collection(name: &CollectionName) -> Catalogued<()>;
}

flaky! { IndexRecords for Arc<SqliteCatalog>, CatalogError::DiskFull;
    fn list_indexes() -> Catalogued<Vec<IndexRecord>>;
    fn begin_next_index(name: &CollectionName, index: NewIndexRecord, switch: IndexSwitch) -> Catalogued<()>;
    fn restore_previous_index(name: &CollectionName) -> Catalogued<()>;
    fn resume_next_index(name: &CollectionName, switch: IndexSwitch) -> Catalogued<()>;
    fn set_index_failed(index_id: &str, failure: &str) -> Catalogued<()>;
    fn drop_next_index(name: &CollectionName) -> Catalogued<()>;
    fn drop_previous_index(name: &CollectionName) -> Catalogued<()>;
    fn list_unbuilt(index_id: &str, after: Option<&DocumentId>, limit: usize) -> Catalogued<Vec<UnbuiltDocument>>;
    fn set_built(index_id: &str, documents: Vec<CommittedDocument>) -> Catalogued<()>;
    fn switch_index(index_id: &str, outgoing: Outgoing) -> Catalogued<Option<Collection>>;
    fn count_languages(name: &CollectionName) -> Catalogued<Vec<(Language, u64)>>;
    fn list_indexed(index_id: &str) -> Catalogued<Vec<(DocumentId, u32)>>;
}

flaky! { DocumentLedger for Arc<SqliteCatalog>, CatalogError::DiskFull;
    fn accept(version: NewVersion) -> Catalogued<Accepted>;
    fn get_document(id: &DocumentId) -> Catalogued<Document>;
    fn find_document(name: &CollectionName, path: &DocumentPath) -> Catalogued<Option<Document>>;
    fn list_documents(name: &CollectionName, filter: DocumentFilter) -> Catalogued<Vec<Document>>;
    fn get_indexed(index_id: &str, ids: &[DocumentId]) -> Catalogued<Vec<IndexedDocument>>;
    fn list_indexed_after(index_id: &str, after: Option<&DocumentPath>, limit: usize) -> Catalogued<Vec<IndexedDocument>>;
    fn find_indexed(id: &DocumentId) -> Catalogued<Option<IndexedDocument>>;
    fn list_work(limit: usize) -> Catalogued<Vec<WorkItem>>;
    fn note_attempt(document: &Document) -> Catalogued<Option<u32>>;
    fn set_parsed(document: &Document, title: &str, chunk_count: u32) -> Catalogued<bool>;
    fn set_embedded(document: &Document) -> Catalogued<bool>;
    fn set_indexed(index_id: &str, documents: Vec<CommittedDocument>) -> Catalogued<()>;
    fn set_failed(document: &Document, status: DocumentStatus, failure: Failure) -> Catalogued<bool>;
    fn set_accepted(id: &DocumentId) -> Catalogued<Document>;
    fn read_again(id: &DocumentId) -> Catalogued<Document>;
    fn delete_document(id: &DocumentId) -> Catalogued<Document>;
    fn list_removals(limit: usize) -> Catalogued<Vec<PendingRemoval>>;
    fn finish_removals(removals: Vec<PendingRemoval>) -> Catalogued<()>;
    fn count_documents(name: &CollectionName) -> Catalogued<CollectionCounts>;
    fn is_content_used(sha256: &ContentHash) -> Catalogued<bool>;
}

flaky! { TextRecords for Arc<SqliteCatalog>, CatalogError::DiskFull;
    fn put_text(key: &TextKey, parsed: ParsedDocument) -> Catalogued<()>;
    fn find_text(key: &TextKey) -> Catalogued<Option<ParsedDocument>>;
    fn find_page(key: &TextKey, page_index: usize) -> Catalogued<Option<PageText>>;
    fn find_left_out(key: &TextKey) -> Catalogued<Vec<LeftOut>>;
    fn delete_texts(sha256: &ContentHash) -> Catalogued<()>;
}

flaky! { VectorCache for SqliteVectors, CatalogError::DiskFull;
    fn find_vectors(keys: Vec<VectorKey>) -> Catalogued<Vec<Option<Vec<f32>>>>;
    fn put_vectors(vectors: Vec<(VectorKey, Vec<f32>)>) -> Catalogued<()>;
    fn find_notes(keys: Vec<NoteKey>) -> Catalogued<Vec<Option<String>>>;
    fn put_note(key: NoteKey, text: String) -> Catalogued<()>;
    fn shrink_vectors(keep: usize) -> Catalogued<()>;
}

flaky! { ChunkStore for Arc<MemoryStore>,
    StoreError::Backend { action: "do as told", source: "it was told to fail".into() };
    fn create_index(index: &IndexId, spec: IndexSpec) -> Stored<()>;
    fn drop_index(index: &IndexId) -> Stored<()>;
    fn list_indexes() -> Stored<Vec<IndexId>>;
    fn replace_documents(index: &IndexId, documents: Vec<DocumentChunks>) -> Stored<()>;
    fn delete_documents(index: &IndexId, documents: &[DocumentId]) -> Stored<()>;
    fn search_dense(index: &IndexId, vector: &[f32], limit: usize, filter: &ChunkFilter) -> Stored<Vec<ScoredChunk>>;
    fn search_keyword(index: &IndexId, query: &str, limit: usize, filter: &ChunkFilter) -> Stored<Vec<ScoredChunk>>;
    fn count_having(index: &IndexId, words: &str, documents: &[DocumentId]) -> Stored<BTreeMap<DocumentId, u64>>;
    fn get_chunks(index: &IndexId, ids: &[ChunkId]) -> Stored<Vec<Chunk>>;
    fn list_document_chunks(index: &IndexId, document: &DocumentId) -> Stored<Vec<Chunk>>;
    fn get_vectors(index: &IndexId, ids: &[ChunkId]) -> Stored<Vec<(ChunkId, Vec<f32>)>>;
    fn stats(index: &IndexId) -> Stored<IndexStats>;
    fn maintain(index: &IndexId) -> Stored<()>;
}

flaky! { Originals for Arc<dyn Originals>, ServiceError::DiskFull { path: "disk".into() };
    fn find(sha256: &ContentHash) -> Result<Option<PathBuf>, ServiceError>;
    fn remove(sha256: &ContentHash) -> Result<(), ServiceError>;
    fn list() -> Result<Vec<ContentHash>, ServiceError>;
}

flaky! { Parser for Arc<dyn Parser>, ServiceError::io("parse-worker", std::io::Error::other("no process"));
    fn parse(path: &DocumentPath, file: &Path) -> Result<Parsed, ServiceError>;
    fn cut(uncut: Uncut, embedder: &Arc<dyn Embedder>) -> Result<Result<Vec<Piece>, Failure>, ServiceError>;
}

/// An engine whose embedders fail, at loading or at work.
pub struct FlakyModels {
    pub inner: Arc<dyn ModelRuntime>,
    pub faults: Arc<Faults>,
    /// Texts with this word fail always, each time as told.
    pub poison: Option<Poison>,
}

/// What a word does to whoever reads it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Poison {
    /// The embedder fails.
    Fails,
    /// The embedder's thread is gone.
    Kills,
    /// The embedder panics in its caller.
    Panics,
    /// The tokenizer panics, and with it chunking.
    Chunking,
}

struct FlakyEmbedder {
    inner: Arc<dyn Embedder>,
    faults: Arc<Faults>,
    poison: Option<Poison>,
}

/// The word.
pub const POISON: &str = "poison";

#[async_trait]
impl ModelRuntime for FlakyModels {
    async fn list_models(&self) -> Result<Vec<InstalledModel>, EngineError> {
        self.inner.list_models().await
    }

    async fn find_model(&self, model: &ModelId) -> Result<InstalledModel, EngineError> {
        self.inner.find_model(model).await
    }

    fn residents(&self) -> &Residents {
        self.inner.residents()
    }

    fn find_languages(&self, model: &ModelId) -> Option<Vec<Language>> {
        self.inner.find_languages(model)
    }

    async fn get_embedder(&self, model: &ModelId) -> Result<Arc<dyn Embedder>, EngineError> {
        if self.faults.count().is_some() {
            let reason = "it was told to fail".to_owned();
            return Err(EngineError::Load { model: model.clone(), reason });
        }
        let inner = self.inner.get_embedder(model).await?;
        let (faults, poison) = (Arc::clone(&self.faults), self.poison);
        Ok(Arc::new(FlakyEmbedder { inner, faults, poison }))
    }

    async fn get_reranker(&self, model: &ModelId) -> Result<Arc<dyn Reranker>, EngineError> {
        self.inner.get_reranker(model).await
    }

    async fn get_judge(&self, model: &ModelId) -> Result<Arc<dyn EntailmentJudge>, EngineError> {
        self.inner.get_judge(model).await
    }

    async fn get_generator(&self, model: &ModelId) -> Result<Arc<dyn Generator>, EngineError> {
        self.inner.get_generator(model).await
    }
}

impl LoadedModel for FlakyEmbedder {
    fn is_alive(&self) -> bool {
        self.inner.is_alive()
    }
}

#[async_trait]
impl Embedder for FlakyEmbedder {
    fn info(&self) -> &EmbedderInfo {
        self.inner.info()
    }

    fn count_tokens(&self, text: &str) -> usize {
        if self.poison == Some(Poison::Chunking) && text.contains(POISON) {
            panic_quietly();
        }
        self.inner.count_tokens(text)
    }

    async fn embed(&self, texts: Vec<String>, role: TextRole) -> Result<Embeddings, EngineError> {
        let model = self.inner.info().model.clone();
        match self.faults.count() {
            Some(Kind::Error) => return Err(EngineError::EngineDied { model }),
            Some(_) => {
                return Err(EngineError::Inference { model, reason: "it was told so".to_owned() });
            }
            None => {}
        }
        let poison = self.poison.filter(|_| texts.iter().any(|text| text.contains(POISON)));
        match poison {
            Some(Poison::Fails) => {
                Err(EngineError::Inference { model, reason: "it cannot read that".to_owned() })
            }
            Some(Poison::Kills) => Err(EngineError::EngineDied { model }),
            Some(Poison::Panics) => panic_quietly(),
            Some(Poison::Chunking) | None => self.inner.embed(texts, role).await,
        }
    }
}
