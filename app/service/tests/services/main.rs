//! The use cases on a real data folder, with an in-memory store and scripted engines.

mod account;
mod answerable;
mod coverage;
mod evidence;
mod excerpts;
mod indexes;
mod leaving;
mod loaded;
mod metadata;
mod quoted;
mod report;
mod second_judge;
mod subjects;
mod suggest;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use quire_domain::{
    Collection, CollectionName, Document, DocumentStatus, IndexHealth, SearchMode, Span, Support,
};
use quire_engines::scripted::ScriptedRuntime;
use quire_service::config::ParseWorker;
use quire_service::{
    AskRequest, DocumentQuery, IngestLimits, NewCollection, Parts, SearchRequest, ServiceConfig,
    ServiceError, Services,
};
use quire_vectorstore::MemoryStore;

const GARDEN: &str = "# Garden\n\nThe apple tree was planted in 1987. It gives 40 kilograms of \
    fruit every year.\n\nThe pear tree does not bear fruit.\n";
const HOUSE: &str = "The house has a red roof. Its heating was renewed in 2015.";

struct Fixture {
    services: Services,
    engines: Arc<ScriptedRuntime>,
    store: Arc<MemoryStore>,
    collection: CollectionName,
    folder: tempfile::TempDir,
}

async fn open(
    folder: &tempfile::TempDir,
    engines: &Arc<ScriptedRuntime>,
    store: &Arc<MemoryStore>,
) -> Result<Services, ServiceError> {
    open_with(folder, engines, store, |_| {}).await
}

async fn open_with(
    folder: &tempfile::TempDir,
    engines: &Arc<ScriptedRuntime>,
    store: &Arc<MemoryStore>,
    adjust: impl FnOnce(&mut ServiceConfig),
) -> Result<Services, ServiceError> {
    let mut config = ServiceConfig::scripted(folder.path().join("data"));
    adjust(&mut config);
    let parts = Parts { store: Arc::clone(store) as _, models: Arc::clone(engines) as _ };
    Services::open(config, parts).await
}

async fn fixture(replies: &[&str]) -> Fixture {
    fixture_with(replies, |_| {}).await
}

async fn fixture_with(replies: &[&str], adjust: impl FnOnce(&mut ServiceConfig)) -> Fixture {
    let engines = ScriptedRuntime::new(replies.iter().map(|&reply| reply.to_owned()));
    fixture_of(engines, adjust).await
}

async fn fixture_of(engines: ScriptedRuntime, adjust: impl FnOnce(&mut ServiceConfig)) -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engines = Arc::new(engines);
    let store = Arc::new(MemoryStore::default());
    let services = open_with(&folder, &engines, &store, adjust).await.expect("opens");
    services.start_ingest();
    let collection: CollectionName = "notes".parse().expect("a valid name");
    let new = NewCollection { name: collection.clone(), embedding_model: None, language: None };
    services.collections.create(new).await.expect("is made");
    Fixture { services, engines, store, collection, folder }
}

impl Fixture {
    async fn add(&self, path: &str, text: &str) -> Document {
        let mut upload = self.services.uploads.begin(path).await.expect("begins");
        upload.write(text.as_bytes()).await.expect("is written");
        let upload = upload.finish().await.expect("ends");
        let path = path.parse().expect("a valid path");
        self.services.documents.add(&self.collection, path, upload).await.expect("is added")
    }

    async fn settle(&self) {
        self.services.wait_until_idle(&self.collection).await.expect("settles");
    }

    async fn search(&self, query: &str) -> Vec<String> {
        let request = SearchRequest {
            query: query.to_owned(),
            mode: SearchMode::Keyword,
            ..SearchRequest::default()
        };
        let found = self.services.search(&self.collection, request).await.expect("searches");
        found.hits.into_iter().map(|hit| hit.document.path.to_string()).collect()
    }

    async fn collection(&self) -> Collection {
        self.services.collections.get(&self.collection).await.expect("is there")
    }

    async fn health(&self) -> IndexHealth {
        self.services.index_health().await.expect("compares")
    }

    fn originals(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("data/files")).expect("lists").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_indexed_found_and_gone() {
    let fixture = fixture(&[]).await;
    let garden = fixture.add("home/garden.md", GARDEN).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let document = fixture.services.documents.get(&garden.id).await.expect("is there");
    assert_eq!(document.status, DocumentStatus::Indexed);
    assert_eq!(fixture.search("apple").await, ["home/garden.md"]);
    let health = fixture.health().await;
    assert_eq!((health.pending, health.orphan_chunks), (0, 0));
    assert_eq!(health.documents_without_chunks, 0);

    fixture.services.documents.delete(&garden.id).await.expect("is deleted");
    assert!(fixture.search("apple").await.is_empty());
    let after = fixture.health().await;
    assert_eq!((after.documents, after.orphan_chunks), (1, 0));
    assert!(after.chunks < health.chunks);
    assert_eq!(fixture.originals(), 1);

    fixture.services.collections.delete(&fixture.collection).await.expect("is deleted");
    assert_eq!(fixture.health().await, IndexHealth::default());
    assert_eq!(fixture.originals(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_and_copies_embed_nothing() {
    let fixture = fixture(&[]).await;
    let first = fixture.add("a.md", GARDEN).await;
    fixture.settle().await;
    let embedded = fixture.engines.embedder.embedded_count();
    let again = fixture.add("a.md", GARDEN).await;
    assert_eq!(again.id, first.id);
    fixture.add("copies/b.md", GARDEN).await;
    fixture.settle().await;
    assert_eq!(fixture.engines.embedder.embedded_count(), embedded);
    assert_eq!(fixture.collection().await.counts.indexed, 2);
    assert_eq!(fixture.originals(), 1, "the bytes are kept once");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_uploads_of_one_file_at_once_are_one_document() {
    let fixture = fixture(&[]).await;
    let (one, two) = tokio::join!(fixture.add("a.md", GARDEN), fixture.add("a.md", GARDEN));
    assert_eq!(one.id, two.id);
    fixture.settle().await;
    assert_eq!(fixture.collection().await.counts.documents, 1);
    let mut found = fixture.search("apple").await;
    found.dedup();
    assert_eq!(found, ["a.md"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_takes_the_place_of_the_old() {
    let fixture = fixture(&[]).await;
    let old = fixture.add("a.txt", "The cellar is damp and cold.").await;
    fixture.settle().await;
    let new = fixture.add("a.txt", "The attic is dry and warm.").await;
    assert_eq!(old.id, new.id);
    fixture.settle().await;
    assert!(fixture.search("cellar").await.is_empty());
    assert_eq!(fixture.search("attic").await, ["a.txt"]);
    assert_eq!(fixture.health().await.orphan_chunks, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_fails_with_a_reason_and_harms_no_other() {
    let fixture = fixture(&[]).await;
    let empty = fixture.add("empty.txt", "").await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let empty = fixture.services.documents.get(&empty.id).await.expect("is there");
    assert_eq!(empty.status, DocumentStatus::Failed);
    assert!(empty.error.is_some_and(|error| error.message.contains("empty")));
    assert_eq!(fixture.search("heating").await, ["house.txt"]);
    let failed = DocumentQuery { status: Some(DocumentStatus::Failed), ..Default::default() };
    let listed = fixture.services.documents.list(&fixture.collection, failed).await.expect("lists");
    assert_eq!(listed.documents.len(), 1);
}

/// Uses a shell script in place of the parse worker; it reads a job a line.
fn worker(script: &str) -> IngestLimits {
    let arguments = ["-c", script, "worker"].map(Into::into).to_vec();
    IngestLimits {
        parse_timeout: Duration::from_millis(500),
        parse_worker: ParseWorker::Child { program: "/bin/sh".into(), arguments },
        ..IngestLimits::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parser_that_hangs_crashes_or_swells_fails_only_its_document() {
    let died = tempfile::tempdir().expect("a temporary folder");
    let script = r#"
        say() { echo "{\"done\":{\"answer\":{\"parsed\":{\"unsupported\":{\"code\":\"u\",\"message\":\"m\"}}},\"memory\":null}}"; }
        while read -r job; do case "$job" in
            *hangs*) exec sleep 600 ;;
            *crashes*) kill -SEGV $$ ;;
            *dies-once*) if [ -e DIED/once ]; then say; else touch DIED/once; kill -KILL $$; fi ;;
            *swells*) echo "memory allocation of 9999999999 bytes failed" >&2; kill -ABRT $$ ;;
            *slow*) echo '{"pages":100}'; sleep 1; say ;;
            *odd*) echo "this is no outcome"; exit 3 ;;
            *) say ;;
        esac; done"#;
    let script = script.replace("DIED", &died.path().display().to_string());
    let fixture = fixture_with(&[], |config| config.ingest = worker(&script)).await;
    let expected = [
        ("hangs.txt", DocumentStatus::Failed, "timed_out"),
        ("crashes.txt", DocumentStatus::Failed, "parser_crashed"),
        // Whatever killed the worker may not come again.
        ("dies-once.txt", DocumentStatus::Unsupported, "u"),
        ("swells.txt", DocumentStatus::Failed, "out_of_memory"),
        // The time limit grows with the pages that the worker announces.
        ("slow.txt", DocumentStatus::Unsupported, "u"),
        ("odd.txt", DocumentStatus::Failed, "parser_crashed"),
        ("good.txt", DocumentStatus::Unsupported, "u"),
    ];
    for (path, _, _) in expected {
        fixture.add(path, path).await;
    }
    fixture.settle().await;
    for (path, status, code) in expected {
        let path = path.parse().expect("a valid path");
        let found = fixture.services.documents.find(&fixture.collection, &path).await;
        let document = found.expect("reads").expect("is there");
        let error = document.error.expect("a reason");
        assert_eq!((document.status, error.code.as_str()), (status, code), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_is_indexed_after_a_restart() {
    let fixture = fixture(&[]).await;
    fixture.services.shut_down().await;
    fixture.add("house.txt", HOUSE).await;
    let Fixture { services, engines, store, collection, folder } = fixture;
    let busy = open(&folder, &engines, &store).await.err().expect("the folder is in use");
    assert!(matches!(busy, ServiceError::DataFolderInUse { .. }), "{busy}");
    drop(services);
    let services = open(&folder, &engines, &store).await.expect("opens again");
    services.start_ingest();
    services.wait_until_idle(&collection).await.expect("settles");
    let counts = services.collections.get(&collection).await.expect("is there").counts;
    assert_eq!((counts.indexed, counts.pending), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sentence_of_an_answer_is_cited_or_marked() {
    let reply = "<think>1999, perhaps?</think>The apple tree was planted in 1987 [1]. It yields 41 kilograms of fruit every \
        year [1]. The heating of the house was renewed in 2015.";
    let fixture = fixture(&[reply]).await;
    fixture.add("garden.md", GARDEN).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let conversation =
        fixture.services.conversations.create(&fixture.collection).await.expect("is made");
    let request = AskRequest {
        question: "When was the apple tree planted, and the heating of the house renewed?".into(),
        conversation_id: Some(conversation.id.clone()),
        ..AskRequest::default()
    };
    let answer =
        fixture.services.ask_whole(&fixture.collection, request).await.expect("is answered");
    assert!(answer.answered);
    assert!(!answer.answer.contains('['), "marks are taken out: {}", answer.answer);
    assert!(!answer.answer.contains("1999"), "a thought is no answer: {}", answer.answer);
    let supports: Vec<Support> = answer.sentences.iter().map(|one| one.support).collect();
    assert_eq!(supports, [Support::Quoted, Support::Unsupported, Support::Supported]);
    assert!(answer.sentences[1].citations.is_empty(), "an altered number is not cited");
    for sentence in &answer.sentences {
        let span = Span::new(sentence.start, sentence.end);
        assert_eq!(span.slice(&answer.answer), Some(sentence.text.as_str()));
    }
    assert_eq!(answer.citations.len(), 2);
    for citation in &answer.citations {
        let text = fixture
            .services
            .documents
            .get_text(&citation.document.id, None)
            .await
            .expect("is there");
        let span = Span::new(citation.start, citation.end);
        assert_eq!(span.slice(&text.text), Some(citation.quote.as_str()));
    }
    let kept = fixture.services.conversations.get(&conversation.id).await.expect("is kept");
    assert_eq!(kept.messages.len(), 2);
    assert!(kept.conversation.title.starts_with("When was the apple tree"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_found_is_said_and_the_nearest_are_shown() {
    let fixture = fixture(&["No"]).await;
    let ask = |question: &str| AskRequest { question: question.to_owned(), ..Default::default() };
    let none = fixture.services.ask_whole(&fixture.collection, ask("Anything?")).await;
    assert!(!none.expect("is answered").answered, "an empty collection answers nothing");
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let answer =
        fixture.services.ask_whole(&fixture.collection, ask("Is there a house cat?")).await;
    let answer = answer.expect("is answered");
    assert!(!answer.answered);
    assert!(answer.answer.contains("could not find"));
    assert_eq!(answer.nearest.len(), 1);
    let empty = fixture.services.ask_whole(&fixture.collection, ask("  ")).await;
    assert!(matches!(empty, Err(ServiceError::Empty { .. })));
    let long = "word ".repeat(5000);
    let error = fixture.services.ask_whole(&fixture.collection, ask(&long)).await;
    assert!(matches!(error, Err(ServiceError::QuestionTooLong { .. })));
}
