//! Reading everything: the first event comes before everything has been looked at.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::StreamExt;
use quire_domain::{AnswerEvent, AnswerMode, Chunk, ChunkId, DocumentId};
use quire_vectorstore::{
    ChunkFilter, ChunkStore, DocumentChunks, IndexId, IndexSpec, IndexStats, ScoredChunk,
    StoreError,
};
use tokio::sync::Semaphore;

use super::*;

/// Documents of the collection: many more than are looked at before the first event.
const DOCUMENTS: usize = 150;
/// Documents whose chunks may be read before the gate opens.
const BEFORE: usize = 64;

/// A store that reads a document's chunks only with a permit, and counts how often it did.
struct GatedStore {
    inner: MemoryStore,
    gate: Semaphore,
    opened: AtomicUsize,
}

macro_rules! pass_on {
    ($(fn $name:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl ChunkStore for GatedStore {
            $(async fn $name(&self, $($arg: $kind),*) -> Result<$out, StoreError> {
                self.inner.$name($($arg),*).await
            })*

            async fn list_document_chunks(
                &self,
                index: &IndexId,
                document: &DocumentId,
            ) -> Result<Vec<Chunk>, StoreError> {
                self.gate.acquire().await.expect("it stays open").forget();
                self.opened.fetch_add(1, Ordering::SeqCst);
                self.inner.list_document_chunks(index, document).await
            }
        }
    };
}

pass_on! {
    fn create_index(index: &IndexId, spec: IndexSpec) -> ();
    fn drop_index(index: &IndexId) -> ();
    fn list_indexes() -> Vec<IndexId>;
    fn replace_documents(index: &IndexId, documents: Vec<DocumentChunks>) -> ();
    fn delete_documents(index: &IndexId, documents: &[DocumentId]) -> ();
    fn search_dense(index: &IndexId, vector: &[f32], limit: usize, filter: &ChunkFilter) -> Vec<ScoredChunk>;
    fn search_keyword(index: &IndexId, query: &str, limit: usize, filter: &ChunkFilter) -> Vec<ScoredChunk>;
    fn count_having(index: &IndexId, words: &str, documents: &[DocumentId]) -> BTreeMap<DocumentId, u64>;
    fn get_chunks(index: &IndexId, ids: &[ChunkId]) -> Vec<Chunk>;
    fn get_vectors(index: &IndexId, ids: &[ChunkId]) -> Vec<(ChunkId, Vec<f32>)>;
    fn stats(index: &IndexId) -> IndexStats;
    fn maintain(index: &IndexId) -> ();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_event_comes_before_everything_has_been_read_and_nothing_is_read_ahead() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Arc::new(GatedStore {
        inner: MemoryStore::default(),
        gate: Semaphore::new(BEFORE),
        opened: AtomicUsize::new(0),
    });
    let engines = Arc::new(ScriptedRuntime::new(std::iter::repeat_n("NOTHING".to_owned(), 400)));
    let config = ServiceConfig::scripted(folder.path().join("data"));
    let parts = Parts { store: Arc::clone(&store) as _, models: Arc::clone(&engines) as _ };
    let services = Services::open(config, parts).await.expect("opens");
    services.start_ingest();
    let collection: CollectionName = "notes".parse().expect("a valid name");
    let new = NewCollection { name: collection.clone(), embedding_model: None, language: None };
    services.collections.create(new).await.expect("is made");
    for number in 0..DOCUMENTS {
        let path = format!("{number:03}.md");
        let mut upload = services.uploads.begin(&path).await.expect("begins");
        let text = format!("The house number {number} has a red roof.");
        upload.write(text.as_bytes()).await.expect("is written");
        let upload = upload.finish().await.expect("ends");
        let path = path.parse().expect("a valid path");
        services.documents.add(&collection, path, upload).await.expect("is added");
    }
    services.wait_until_idle(&collection).await.expect("settles");
    let request = AskRequest {
        question: "Which documents speak of a red roof?".to_owned(),
        mode: Some(AnswerMode::Coverage),
        ..AskRequest::default()
    };
    // The gate is shut behind the first documents: whoever wanted all of them would wait for ever.
    let mut events = services.ask(&collection, request).await.expect("begins");
    let evidence = events.next().await.expect("an event");
    assert!(matches!(evidence, AnswerEvent::Evidence { .. }), "{evidence:?}");
    let first = events.next().await.expect("an event");
    let AnswerEvent::Reading { coverage } = first else { panic!("it reads first: {first:?}") };
    assert_eq!((coverage.documents_read, coverage.documents), (0, DOCUMENTS as u32));
    assert_eq!(coverage.passages, DOCUMENTS as u32, "estimated from the first");
    assert_eq!(store.opened.load(Ordering::SeqCst), BEFORE);
    let mut last = coverage;
    while last.passages_read < BEFORE as u32 {
        match events.next().await.expect("an event") {
            AnswerEvent::Reading { coverage } => last = coverage,
            other => panic!("it still reads: {other:?}"),
        }
    }
    assert_eq!(store.opened.load(Ordering::SeqCst), BEFORE, "each is opened when its turn comes");
    store.gate.add_permits(DOCUMENTS);
    let mut answer = None;
    while let Some(event) = events.next().await {
        if let AnswerEvent::Done { answer: done } = event {
            answer = Some(done);
        }
    }
    let coverage = answer.expect("an answer").coverage.expect("it was read");
    assert_eq!((coverage.documents_read, coverage.documents), (DOCUMENTS as u32, DOCUMENTS as u32));
    assert_eq!(coverage.passages_read, DOCUMENTS as u32);
    assert_eq!(store.opened.load(Ordering::SeqCst), DOCUMENTS);
}
