//! Another index beside the active one: built, compared, switched to, gone back from.

use std::sync::Arc;

use quire_catalog::{CollectionRecords, NewCollectionRecord, NewIndexRecord, SqliteCatalog};
use quire_domain::{
    CollectionName, EvaluationQuestion, IndexChoice, IndexState, IndexSwitch, Language, ModelId,
    NextIndex, SearchMode,
};
use quire_engines::scripted::{HashEmbedder, ScriptedRuntime};
use quire_service::{
    AskRequest, CollectionChange, EvaluationRequest, SearchRequest, ServiceError, Services,
};
use quire_vectorstore::MemoryStore;
use tokio::sync::Semaphore;

use super::{Fixture, GARDEN, HOUSE, fixture, open};

const OTHER: &str = "scripted/other";
/// One batch of the builder and some of the next.
const MANY: usize = 70;
const BATCH: usize = 64;

fn model(name: &str) -> ModelId {
    name.parse().expect("a valid name")
}

/// An embedder whose chunks and vectors are unlike those of the default one.
fn other() -> HashEmbedder {
    HashEmbedder::new(model(OTHER), 32).with_max_tokens(60)
}

fn to_language(language: Language) -> CollectionChange {
    CollectionChange { language: Some(language), ..CollectionChange::default() }
}

fn to_model(name: &str) -> CollectionChange {
    CollectionChange { embedding_model: Some(model(name)), ..CollectionChange::default() }
}

/// A text of several chunks for either embedder, with a word of its own.
fn long_text(number: usize) -> String {
    let word = char::from(b'a' + (number % 26) as u8);
    format!("Word{word}{number} stands here. {}", "The meadow is green and wide. ".repeat(6))
}

impl Fixture {
    async fn change(&self, change: CollectionChange) {
        let changed = self.services.change_collection(&self.collection, change).await;
        changed.expect("is changed");
    }

    async fn built(&self) {
        self.services.wait_until_built(&self.collection).await.expect("is built");
    }

    async fn next(&self) -> NextIndex {
        self.collection().await.next_index.expect("an index is being built")
    }

    async fn dense(&self, query: &str) -> Vec<String> {
        let request = SearchRequest {
            query: query.to_owned(),
            k: 100,
            mode: SearchMode::Dense,
            ..SearchRequest::default()
        };
        let found = self.services.search(&self.collection, request).await.expect("searches");
        found.hits.into_iter().map(|hit| hit.document.path.to_string()).collect()
    }

    async fn assert_sound(&self) {
        let health = self.health().await;
        assert_eq!((health.orphan_chunks, health.documents_without_chunks), (0, 0), "{health:?}");
    }

    async fn wait_for_done(&self, done: u64) {
        let mut events = self.services.subscribe();
        while self.next().await.done < done {
            events.recv().await.expect("the service goes on");
        }
    }

    fn open_catalog(&self) -> impl Future<Output = SqliteCatalog> {
        let file = self.folder.path().join("data/catalog.sqlite");
        async move { SqliteCatalog::open(&file).await.expect("opens") }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_finds_words_by_their_stem_and_embeds_nothing() {
    let fixture = fixture(&[]).await;
    fixture.change(to_language(Language::English)).await;
    let before = fixture.collection().await;
    assert_eq!((before.language, before.next_index), (Language::English, None), "at once");
    fixture.add("a.txt", "Die alten H\u{e4}user stehen am Fluss.").await;
    fixture.add("b.txt", "Ein Garten liegt hinter dem Wald.").await;
    fixture.settle().await;
    assert!(fixture.search("Haus").await.is_empty());
    let embedded = fixture.engines.embedder.embedded_count();

    fixture.change(to_language(Language::German)).await;
    fixture.built().await;
    let after = fixture.collection().await;
    assert_eq!((after.language, after.next_index), (Language::German, None));
    assert_eq!(fixture.search("Haus").await, ["a.txt"]);
    assert_eq!(fixture.engines.embedder.embedded_count(), embedded);
    fixture.assert_sound().await;

    let back = fixture.services.go_back(&fixture.collection).await.expect("goes back");
    assert_eq!((back.language, back.index_id), (Language::English, before.index_id));
    assert!(fixture.search("Haus").await.is_empty());
    fixture.change(to_language(Language::Unknown)).await;
    fixture.built().await;
    assert_eq!(fixture.collection().await.language, Language::German, "it is detected");
    assert_eq!(fixture.engines.embedder.embedded_count(), embedded);
    fixture.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_that_shows_later_takes_the_first_documents_along() {
    let fixture = fixture(&[]).await;
    fixture.add("numbers.csv", "1,2\n3,4\n").await;
    fixture.settle().await;
    let first = fixture.collection().await;
    assert_eq!((first.language, first.counts.indexed), (Language::Unknown, 1));
    let german =
        "Die alten H\u{e4}user stehen am Fluss, und niemand wei\u{df}, wem sie geh\u{f6}ren.";
    fixture.add("text.txt", german).await;
    fixture.settle().await;
    let after = fixture.collection().await;
    assert_eq!(
        (after.language, after.next_index, after.previous_index),
        (Language::German, None, None)
    );
    assert_ne!(after.index_id, first.index_id);
    assert_eq!(fixture.search("Haus").await, ["text.txt"]);
    assert_eq!(fixture.search("3").await, ["numbers.csv"]);
    fixture.assert_sound().await;
    assert_eq!(fixture.health().await.chunks, after.counts.chunks);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_model_answers_until_the_switch_and_can_be_gone_back_to() {
    let reply = "The apple tree was planted in 1987 [1].";
    let fixture = fixture(&[reply, reply]).await;
    let other = Arc::new(other());
    fixture.engines.put_embedder(&other);
    let garden = fixture.add("garden.md", GARDEN).await;
    fixture.add("long.txt", &long_text(1)).await;
    fixture.settle().await;
    let old = fixture.collection().await;

    fixture.change(to_model(OTHER)).await;
    fixture.built().await;
    let next = fixture.next().await;
    assert_eq!((next.state, next.done, next.total), (IndexState::Ready, 2, 2));
    assert_eq!(next.switch, IndexSwitch::OnRequest);
    assert_eq!(fixture.collection().await.embedding_model, old.embedding_model);
    let asked = other.embedded_count();
    assert!(fixture.dense("apple tree").await.contains(&"garden.md".to_owned()));
    assert_eq!(other.embedded_count(), asked, "the old model embeds the questions");
    fixture.assert_sound().await;

    let switched = fixture.services.switch_index(&fixture.collection).await.expect("switches");
    assert_eq!((&switched.embedding_model, &switched.next_index), (&model(OTHER), &None));
    assert_eq!(switched.index_id, next.index_id);
    assert!(switched.counts.chunks > old.counts.chunks, "its chunks are smaller");
    let health = fixture.health().await;
    assert_eq!(health.chunks, switched.counts.chunks, "those of the active index count");
    assert!(fixture.dense("apple tree").await.contains(&"garden.md".to_owned()));
    assert_eq!(other.embedded_count(), asked + 1, "the new model embeds the questions");
    let ask =
        AskRequest { question: "When was the apple tree planted?".into(), ..Default::default() };
    let answer = fixture.services.ask_whole(&fixture.collection, ask).await.expect("answers");
    assert_eq!(answer.citations[0].document.id, garden.id);
    fixture.assert_sound().await;

    let back = fixture.services.go_back(&fixture.collection).await.expect("goes back");
    assert_eq!((&back.index_id, &back.counts), (&old.index_id, &old.counts), "nothing was changed");
    assert_eq!(back.previous_index.map(|kept| kept.index_id), Some(next.index_id));
    assert!(fixture.dense("apple tree").await.contains(&"garden.md".to_owned()));

    let dropped = fixture.services.drop_previous_index(&fixture.collection).await;
    assert_eq!(dropped.expect("goes").previous_index, None);
    let none = fixture.services.go_back(&fixture.collection).await.expect_err("nothing is there");
    assert_eq!(none.kind(), quire_domain::ErrorKind::Conflict);
    fixture.assert_sound().await;
    assert_eq!(fixture.health().await.chunks, old.counts.chunks);
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_takes_along_what_changed_since() {
    let fixture = fixture(&[]).await;
    fixture.engines.put_embedder(&Arc::new(other()));
    let gone = fixture.add("gone.txt", &long_text(0)).await;
    fixture.add("changed.txt", &long_text(1)).await;
    fixture.settle().await;
    let switch = Some(IndexSwitch::WhenReady);
    fixture.change(CollectionChange { switch, ..to_model(OTHER) }).await;
    fixture.built().await;
    assert_eq!(fixture.collection().await.embedding_model, model(OTHER));
    fixture.services.delete_document(&gone.id).await.expect("is deleted");
    fixture.add("changed.txt", HOUSE).await;
    fixture.add("new.txt", GARDEN).await;
    fixture.settle().await;
    fixture.assert_sound().await;

    fixture.services.go_back(&fixture.collection).await.expect("goes back");
    fixture.built().await;
    assert_eq!(fixture.collection().await.embedding_model, model("scripted/embedder"));
    let mut found = fixture.dense("anything").await;
    found.sort();
    found.dedup();
    assert_eq!(found, ["changed.txt", "new.txt"]);
    assert_eq!(fixture.search("heating").await, ["changed.txt"]);
    fixture.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_come_change_and_go_meanwhile_are_in_both() {
    let fixture = fixture(&[]).await;
    let gate = Arc::new(Semaphore::new(0));
    fixture.engines.put_embedder(&Arc::new(other().with_gate(Arc::clone(&gate))));
    let mut documents = Vec::new();
    for number in 0..MANY {
        documents.push(fixture.add(&format!("{number}.txt"), &long_text(number)).await);
    }
    fixture.settle().await;
    fixture.change(to_model(OTHER)).await;
    // The first batch gets in; the second stops after two of its documents.
    gate.add_permits(BATCH + 2);
    fixture.wait_for_done(BATCH as u64).await;
    let next = fixture.next().await;
    assert_eq!((next.state, next.total), (IndexState::Building, MANY as u64));
    let early = fixture.services.evaluate(&fixture.collection, on_next()).await;
    assert!(matches!(early.err(), Some(ServiceError::IndexNotReady { .. })));
    for index in [0, BATCH, MANY - 1] {
        fixture.services.delete_document(&documents[index].id).await.expect("is deleted");
    }
    for index in [1, BATCH + 1, MANY - 2] {
        fixture.add(&format!("{index}.txt"), &format!("Replaced {index}.")).await;
    }
    fixture.add("new.txt", &long_text(99)).await;
    fixture.assert_sound().await;
    assert!(fixture.search("Worda0").await.is_empty(), "gone from the active index");
    fixture.services.switch_index(&fixture.collection).await.expect("is wanted");
    gate.add_permits(1000);
    fixture.settle().await;
    fixture.built().await;

    let now = fixture.collection().await;
    assert_eq!((&now.embedding_model, now.counts.indexed), (&model(OTHER), MANY as u64 - 2));
    fixture.assert_sound().await;
    assert_eq!(fixture.health().await.chunks, now.counts.chunks);
    for index in [1, BATCH + 1, MANY - 2] {
        let path = format!("{index}.txt");
        assert!(fixture.search("Replaced").await.contains(&path));
        assert!(!fixture.search(&long_text(index)[..8]).await.contains(&path));
    }
    assert!(fixture.search("Wordv99").await.contains(&"new.txt".to_owned()));
}

async fn open_services(
    folder: &tempfile::TempDir,
    engines: &Arc<ScriptedRuntime>,
    store: &Arc<MemoryStore>,
) -> Services {
    let services = open(folder, engines, store).await.expect("opens");
    services.start_ingest();
    services
}

#[test]
fn a_process_that_dies_in_the_middle_goes_on_afterwards() {
    let runtime = || tokio::runtime::Runtime::new().expect("a runtime");
    let gate = Arc::new(Semaphore::new(0));
    let other = Arc::new(other().with_gate(Arc::clone(&gate)));
    let dying = runtime();
    let Fixture { services, engines, store, collection, folder } = dying.block_on(async {
        let fixture = fixture(&[]).await;
        fixture.engines.put_embedder(&other);
        for number in 0..MANY {
            fixture.add(&format!("{number}.txt"), &long_text(number)).await;
        }
        fixture.settle().await;
        let switch = Some(IndexSwitch::WhenReady);
        fixture.change(CollectionChange { switch, ..to_model(OTHER) }).await;
        gate.add_permits(BATCH + 2);
        fixture.wait_for_done(BATCH as u64).await;
        fixture
    });
    // Every task ends where it waits, as in a process that is killed.
    drop(services);
    drop(dying);
    gate.add_permits(1000);
    runtime().block_on(async {
        let services = open_services(&folder, &engines, &store).await;
        services.wait_until_built(&collection).await.expect("is built");
        let now = services.get_collection(&collection).await.expect("is there");
        assert_eq!((now.embedding_model, now.next_index), (model(OTHER), None));
        let health = services.index_health().await.expect("compares");
        assert_eq!((health.orphan_chunks, health.documents_without_chunks), (0, 0));
        assert_eq!(health.chunks, now.counts.chunks);
        services.shut_down().await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_missing_is_told_and_the_index_can_be_gone_on_with() {
    let fixture = fixture(&[]).await;
    let other = Arc::new(other());
    fixture.engines.take_embedder(&model(OTHER));
    fixture.add("a.txt", &long_text(0)).await;
    fixture.settle().await;
    let refused = fixture.services.change_collection(&fixture.collection, to_model(OTHER)).await;
    assert!(matches!(refused, Err(ServiceError::Engine(_))));
    assert_eq!(fixture.collection().await.next_index, None);

    fixture.engines.put_embedder(&other);
    fixture.change(to_model(OTHER)).await;
    fixture.built().await;
    fixture.engines.take_embedder(&model(OTHER));
    fixture.add("b.txt", &long_text(1)).await;
    fixture.settle().await;
    let mut events = fixture.services.subscribe();
    while fixture.next().await.state != IndexState::Failed {
        events.recv().await.expect("the service goes on");
    }
    assert!(fixture.next().await.error.is_some_and(|error| error.contains(OTHER)));
    let refused = fixture.services.switch_index(&fixture.collection).await;
    assert!(matches!(refused, Err(ServiceError::IndexFailed { .. })));
    assert_eq!(fixture.collection().await.counts.indexed, 2, "the active index is not harmed");

    fixture.engines.put_embedder(&other);
    fixture.change(to_model(OTHER)).await;
    fixture.built().await;
    assert_eq!(fixture.next().await.state, IndexState::Ready);
    fixture.assert_sound().await;
    let kept = fixture.services.drop_next_index(&fixture.collection).await.expect("is given up");
    assert_eq!(kept.next_index, None);
    fixture.assert_sound().await;
    assert_eq!(fixture.health().await.chunks, kept.counts.chunks);
}

fn on_next() -> EvaluationRequest {
    let question = EvaluationQuestion {
        id: "q".to_owned(),
        question: "When was the apple tree planted?".to_owned(),
        documents: vec!["garden.md".to_owned()],
        answerable: true,
        ..EvaluationQuestion::default()
    };
    let questions = Some(vec![question]);
    EvaluationRequest { questions, index: IndexChoice::Next, ..EvaluationRequest::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_indexes_can_be_evaluated() {
    let fixture = fixture(&["It was planted in 1987 [1]."]).await;
    fixture.engines.put_embedder(&Arc::new(other()));
    fixture.add("garden.md", GARDEN).await;
    fixture.add("house.txt", HOUSE).await;
    fixture.settle().await;
    let none = fixture.services.evaluate(&fixture.collection, on_next()).await;
    assert_eq!(none.err().expect("there is none").kind(), quire_domain::ErrorKind::Conflict);
    fixture.change(to_model(OTHER)).await;
    fixture.built().await;
    let request = EvaluationRequest { answers: true, ..on_next() };
    let report = fixture.services.evaluate_whole(&fixture.collection, request).await;
    let report = report.expect("is evaluated");
    assert_eq!((report.index, report.embedding_model), (IndexChoice::Next, model(OTHER)));
    assert!((report.modes["dense"].hit_at_5 - 1.0).abs() < 1e-9);
    let request = EvaluationRequest { index: IndexChoice::Active, ..on_next() };
    let report = fixture.services.evaluate_whole(&fixture.collection, request).await;
    assert_eq!(report.expect("is evaluated").embedding_model, model("scripted/embedder"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_with_terms_of_an_older_analyzer_is_made_anew() {
    let fixture = fixture(&[]).await;
    let collection: CollectionName = "old".parse().expect("a valid name");
    let index = NewIndexRecord {
        id: "c_old".to_owned(),
        embedding_model: model("scripted/embedder"),
        language: Language::English,
        analyzer_version: 1,
    };
    let new = NewCollectionRecord { name: collection.clone(), index };
    fixture.open_catalog().await.create_collection(new).await.expect("is made");
    let fixture = Fixture { collection, ..fixture };
    fixture.add("garden.md", GARDEN).await;
    fixture.settle().await;
    let embedded = fixture.engines.embedder.embedded_count();
    fixture.services.shut_down().await;
    let Fixture { services, engines, store, collection, folder } = fixture;
    drop(services);
    let services = open_services(&folder, &engines, &store).await;
    let fixture = Fixture { services, engines, store, collection, folder };
    fixture.built().await;
    let now = fixture.collection().await;
    assert_ne!(now.index_id, "c_old");
    assert_eq!((now.next_index, now.previous_index), (None, None), "old terms are of no use");
    assert_eq!(fixture.search("apple").await, ["garden.md"]);
    assert_eq!(fixture.engines.embedder.embedded_count(), embedded);
    fixture.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_was_not_made_for_the_language_is_warned_of() {
    let fixture = fixture(&[]).await;
    fixture.engines.put_embedder(&Arc::new(other().with_languages(&[Language::English])));
    fixture.change(to_model(OTHER)).await;
    assert!(fixture.collection().await.warnings.is_empty(), "no language is known yet");
    fixture.change(to_language(Language::German)).await;
    let listed = fixture.services.list_collections().await.expect("lists");
    assert_eq!(listed[0].warnings[0].code, "embedding_model_language");
    fixture.change(to_language(Language::English)).await;
    assert!(fixture.collection().await.warnings.is_empty());
    fixture.engines.take_embedder(&model(OTHER));
    fixture.change(to_language(Language::German)).await;
    assert!(fixture.services.list_collections().await.is_ok(), "a missing model stops no listing");
}
