//! Another language or a newer analyzer: other terms, made without embedding anything anew.

use quire_catalog::{CollectionRecords, NewCollectionRecord, NewIndexRecord, SqliteCatalog};

use super::*;

impl Fixture {
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

    let back = fixture.services.collections.go_back(&fixture.collection).await.expect("goes back");
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
    let listed = fixture.services.collections.list().await.expect("lists");
    assert_eq!(listed[0].warnings[0].code, "embedding_model_language");
    fixture.change(to_language(Language::English)).await;
    assert!(fixture.collection().await.warnings.is_empty());
    fixture.engines.take_embedder(&model(OTHER));
    fixture.change(to_language(Language::German)).await;
    assert!(fixture.services.collections.list().await.is_ok(), "a missing model stops no listing");
}
