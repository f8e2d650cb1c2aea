//! Ingest stepped by hand, with parts that fail: whatever fails once, at whichever step, the end is
//! as if it had not.

mod flaky;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use quire_catalog::{NewCollectionRecord, NewVersion, SqliteCatalog, SqliteVectors};
use quire_domain::{DocumentPath, DocumentStatus, Failure};
use quire_engines::Embedder;
use quire_engines::scripted::ScriptedRuntime;
use quire_vectorstore::MemoryStore;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::build::Indexes;
use super::cut::{Piece, Uncut};
use super::loops::{Step, Work, step};
use super::parsing::Parsed;
use super::upkeep::Upkeep;
use super::worker::Documents;
use super::*;
use crate::IngestLimits;
use crate::data_folder::DataFolder;
use crate::indexes::new_index;
use flaky::{Faults, Flaky, FlakyModels, Kind, POISON, Poison};
use quire_domain::hex::hex;

/// Rounds of steps after which it is clear that something never ends.
const ROUNDS: usize = 60;

/// Which part fails, and how.
struct Trouble {
    catalog: Arc<Faults>,
    vectors: Arc<Faults>,
    store: Arc<Faults>,
    disk: Arc<Faults>,
    parser: Arc<Faults>,
    engine: Arc<Faults>,
    poison: Option<Poison>,
    gate: Option<Arc<Semaphore>>,
}

impl Trouble {
    fn none() -> Self {
        let [catalog, vectors, store, disk, parser, engine] =
            std::array::from_fn(|_| Faults::none());
        Self { catalog, vectors, store, disk, parser, engine, poison: None, gate: None }
    }
}

struct Fixture {
    ingest: Arc<Ingest>,
    catalog: Arc<SqliteCatalog>,
    store: Arc<MemoryStore>,
    folder: Arc<DataFolder>,
    collection: CollectionName,
    work: [Box<dyn Work>; 3],
    _stop: watch::Sender<bool>,
    _root: tempfile::TempDir,
}

/// Lets a file named `slow...` wait for a permit.
struct GatedParser {
    inner: Arc<dyn Parser>,
    gate: Arc<Semaphore>,
}

#[async_trait]
impl Parser for GatedParser {
    async fn parse(&self, path: &DocumentPath, file: &Path) -> Result<Parsed, ServiceError> {
        if path.as_str().starts_with("slow") {
            self.gate.acquire().await.expect("it stays open").forget();
        }
        self.inner.parse(path, file).await
    }

    async fn cut(
        &self,
        uncut: Uncut,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Result<Vec<Piece>, Failure>, ServiceError> {
        self.inner.cut(uncut, embedder).await
    }
}

async fn fixture(trouble: &Trouble) -> Fixture {
    let root = tempfile::tempdir().expect("a folder");
    let folder = Arc::new(DataFolder::lock(root.path()).await.expect("locks"));
    let catalog = Arc::new(SqliteCatalog::open(&folder.catalog_file()).await.expect("opens"));
    let vectors = SqliteVectors::open(&folder.vectors_file()).await.expect("opens");
    let store = Arc::new(MemoryStore::default());
    let mut in_process = parser(&IngestLimits::default());
    if let Some(gate) = trouble.gate.clone() {
        in_process = Arc::new(GatedParser { inner: in_process, gate });
    }
    let stop = watch::Sender::new(false);
    let disk: Arc<dyn Originals> = Arc::clone(&folder) as _;
    let ingest = Arc::new(Ingest::new(IngestParts {
        catalog: Arc::new(Flaky {
            inner: Arc::clone(&catalog),
            faults: Arc::clone(&trouble.catalog),
        }),
        vectors: Arc::new(Flaky { inner: vectors, faults: Arc::clone(&trouble.vectors) }),
        store: Arc::new(Flaky { inner: Arc::clone(&store), faults: Arc::clone(&trouble.store) }),
        models: Arc::new(FlakyModels {
            inner: Arc::new(ScriptedRuntime::new([])),
            faults: Arc::clone(&trouble.engine),
            poison: trouble.poison,
        }),
        originals: Arc::new(Flaky { inner: disk, faults: Arc::clone(&trouble.disk) }),
        parser: Arc::new(Flaky { inner: in_process, faults: Arc::clone(&trouble.parser) }),
        events: broadcast::Sender::new(64),
        stopping: stop.subscribe(),
    }));
    let collection: CollectionName = "notes".parse().expect("a valid name");
    let model = "scripted/embedder".parse().expect("a valid name");
    let index = new_index(model, quire_domain::Language::Unknown);
    let new = NewCollectionRecord { name: collection.clone(), index };
    catalog.create_collection(new).await.expect("is made");
    let work: [Box<dyn Work>; 3] =
        [Box::new(Documents::default()), Box::new(Indexes::default()), Box::new(Upkeep::default())];
    Fixture { ingest, catalog, store, folder, collection, work, _stop: stop, _root: root }
}

/// What is to be the same with a fault and without: each document's state and chunks, in the ledger
/// and in the store; and the originals.
type End = (BTreeMap<String, (DocumentStatus, u32, u64)>, BTreeSet<String>, usize);

impl Fixture {
    /// Puts bytes among the originals and has them accepted; no part of ingest is involved.
    async fn add(&self, path: &str, text: &str) -> Document {
        let sha256: ContentHash = hex(&Sha256::digest(text)).parse().expect("a hash");
        std::fs::write(self.folder.original(&sha256), text).expect("is written");
        let version = NewVersion {
            collection: self.collection.clone(),
            path: path.parse().expect("a valid path"),
            sha256,
            size_bytes: text.len() as u64,
        };
        let accepted = self.catalog.accept(version).await.expect("is accepted");
        self.ingest.supersede(accepted.replaced);
        accepted.document
    }

    /// Steps every loop in turn, and again after a fault, until nothing is left to do.
    async fn settle(&mut self) {
        for _ in 0..ROUNDS {
            let mut is_done = true;
            for work in &mut self.work {
                let result = step(&self.ingest, work.as_mut()).await;
                is_done &= matches!(result, Ok(Step::Idle));
            }
            if is_done {
                return;
            }
        }
        panic!("ingest does not come to rest");
    }

    async fn document(&self, path: &str) -> Document {
        let path = path.parse().expect("a valid path");
        let found = self.catalog.find_document(&self.collection, &path).await;
        found.expect("reads").expect("is there")
    }

    async fn end(&self) -> End {
        let filter = quire_catalog::DocumentFilter { limit: 100, ..Default::default() };
        let documents = self.catalog.list_documents(&self.collection, filter).await.expect("lists");
        let active = self.catalog.get_collection(&self.collection).await.expect("is there");
        let index = active.index_id.parse().expect("an index");
        let counts = self.store.stats(&index).await.expect("counts");
        let held: u64 = counts.documents.values().sum();
        let states = documents.iter().map(|one| {
            let stored = counts.documents.get(&one.id).copied().unwrap_or(0);
            (one.path.to_string(), (one.status, one.chunk_count, stored))
        });
        let states: BTreeMap<_, _> = states.collect();
        let known: u64 = states.values().map(|(_, _, stored)| stored).sum();
        assert_eq!(held, known, "no chunk is without its document");
        assert_eq!(active.counts.chunks, held, "the ledger and the store agree");
        assert_eq!(self.store.list_indexes().await.expect("lists").len(), 1);
        assert!(self.catalog.list_removals(10).await.expect("lists").is_empty());
        let originals = self.folder.list().await.expect("lists");
        let originals = originals.iter().map(ToString::to_string).collect();
        (states, originals, usize::from(active.next_index.is_some()))
    }
}

/// A life of a small collection: documents come, one is replaced, one goes, one cannot be read, and
/// the language is found only with the second group, so that an index is built anew.
async fn live(trouble: &Trouble) -> End {
    let mut fixture = fixture(trouble).await;
    fixture.add("numbers.txt", "12 34 56").await;
    fixture.add("old.md", "The cellar is damp and cold.").await;
    fixture.settle().await;
    let long = "The apple tree was planted in the garden behind the house. ".repeat(90);
    fixture.add("long.md", &long).await;
    fixture.add("old.md", "The attic of the house is dry and warm.").await;
    fixture.add("empty.txt", "").await;
    let gone = fixture.add("gone.md", "This text does not stay for long.").await;
    fixture.settle().await;
    let gone = fixture.catalog.delete_document(&gone.id).await.expect("goes");
    fixture.ingest.supersede([gone.sha256]);
    fixture.settle().await;
    fixture.end().await
}

/// Gives the faults of one part.
type Part = fn(&mut Trouble) -> &mut Arc<Faults>;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_fails_once_at_any_step_the_end_is_the_same() {
    let expected = live(&Trouble::none()).await;
    let of = |path: &str| expected.0[path];
    assert_eq!(of("old.md"), (DocumentStatus::Indexed, 1, 1));
    assert!(of("long.md").1 > 2 && of("empty.txt").0 == DocumentStatus::Failed);
    let parts: [(&str, Part); 6] = [
        ("catalog", |trouble| &mut trouble.catalog),
        ("vectors", |trouble| &mut trouble.vectors),
        ("store", |trouble| &mut trouble.store),
        ("disk", |trouble| &mut trouble.disk),
        ("parser", |trouble| &mut trouble.parser),
        ("engine", |trouble| &mut trouble.engine),
    ];
    for (name, part) in parts {
        for kind in Kind::ALL {
            let mut steps = 0;
            loop {
                let mut trouble = Trouble::none();
                *part(&mut trouble) = Faults::at(steps, kind);
                let end = live(&trouble).await;
                if !part(&mut trouble).came() {
                    break;
                }
                assert_eq!(end, expected, "{name} failed at call {steps}: {kind:?}");
                steps += 1;
            }
            assert!(steps > 0, "{name} is called");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_breaks_the_embedder_or_chunking_fails_after_three_attempts_alone() {
    for poison in [Poison::Fails, Poison::Kills, Poison::Panics, Poison::Chunking] {
        let trouble = Trouble { poison: Some(poison), ..Trouble::none() };
        let mut fixture = fixture(&trouble).await;
        for number in 0..5 {
            fixture.add(&format!("{number}.md"), &format!("The house number {number}.")).await;
        }
        fixture.add("bad.md", &format!("This text is {POISON} for engines.")).await;
        fixture.settle().await;
        for number in 0..5 {
            let status = fixture.document(&format!("{number}.md")).await.status;
            assert_eq!(status, DocumentStatus::Indexed, "{poison:?}");
        }
        let bad = fixture.document("bad.md").await;
        assert_eq!(bad.status, DocumentStatus::Failed, "{poison:?}");
        let message = bad.error.expect("a reason").message;
        assert!(message.ends_with("(3 attempts)"), "{poison:?}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_document_holds_up_no_other() {
    let gate = Arc::new(Semaphore::new(0));
    let trouble = Trouble { gate: Some(Arc::clone(&gate)), ..Trouble::none() };
    let mut fixture = fixture(&trouble).await;
    fixture.add("slow.md", "The slow text.").await;
    for number in 0..30 {
        fixture.add(&format!("{number}.md"), &format!("The house number {number}.")).await;
    }
    let pending = async |fixture: &Fixture| {
        fixture.catalog.count_documents(&fixture.collection).await.expect("counts").pending
    };
    for _ in 0..ROUNDS {
        if pending(&fixture).await == 1 {
            break;
        }
        let [documents, ..] = &mut fixture.work;
        step(&fixture.ingest, documents.as_mut()).await.expect("works");
    }
    assert_eq!(pending(&fixture).await, 1);
    assert_eq!(fixture.document("slow.md").await.status, DocumentStatus::Accepted);
    // The loop waits for the slow one now, and hears of others all the same.
    fixture.add("late.md", "The house has come late.").await;
    fixture.ingest.wake(IngestTask::Documents);
    for _ in 0..2 {
        let [documents, ..] = &mut fixture.work;
        step(&fixture.ingest, documents.as_mut()).await.expect("works");
    }
    assert_eq!(fixture.document("late.md").await.status, DocumentStatus::Indexed);
    gate.add_permits(1);
    fixture.settle().await;
    assert_eq!(fixture.document("slow.md").await.status, DocumentStatus::Indexed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_retried_keeps_its_chunks_though_its_old_removal_comes_late() {
    let mut fixture = fixture(&Trouble::none()).await;
    let document = fixture.add("a.md", "The attic of the house is dry.").await;
    let failure = Failure { code: "x".to_owned(), message: "x".to_owned(), hint: None };
    fixture.catalog.set_failed(&document, DocumentStatus::Failed, failure).await.expect("fails");
    fixture.catalog.set_accepted(&document.id).await.expect("is retried");
    let [documents, ..] = &mut fixture.work;
    step(&fixture.ingest, documents.as_mut()).await.expect("is indexed");
    fixture.settle().await;
    let (states, ..) = fixture.end().await;
    assert_eq!(states["a.md"], (DocumentStatus::Indexed, 1, 1));
}

#[tokio::test]
async fn a_pause_is_told_with_its_reason_and_ends() {
    let fixture = fixture(&Trouble::none()).await;
    fixture.add("a.md", "The attic of the house is dry.").await;
    let mut events = fixture.ingest.parts.events.subscribe();
    let full = ServiceError::DiskFull { path: "disk".into() };
    fixture.ingest.pause(IngestTask::Documents, &full, std::time::Duration::from_secs(4)).await;
    let [pause] = fixture.ingest.pauses().try_into().expect("one pause");
    assert!(pause.reason.contains("no space is left"), "{}", pause.reason);
    assert_eq!(pause.retry_at_ms - pause.since_ms, 4000);
    let told = IngestEvent::Paused { collection: fixture.collection.clone(), pause: Some(pause) };
    assert_eq!(events.try_recv().expect("is told"), told);
    fixture.ingest.go_on(IngestTask::Documents).await;
    assert!(fixture.ingest.pauses().is_empty());
    let told = IngestEvent::Paused { collection: fixture.collection.clone(), pause: None };
    assert_eq!(events.try_recv().expect("is told"), told);
}
