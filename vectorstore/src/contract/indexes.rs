//! Making, listing and dropping indexes.

use quire_domain::{ErrorKind, Language};

use super::fixture::{
    Opened, by_vector, by_words, document, document_id, index, make_index, put, spec,
};
use crate::{ChunkFilter, IndexSpec, IndexStats, StoreError};

pub(super) async fn making_an_index_twice_is_fine_with_the_same_spec(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    put(&*store, &main, vec![document("a", &["one"])]).await;
    store.create_index(&main, spec(Language::English)).await.expect("the same spec is fine");
    assert_eq!(store.stats(&main).await.expect("stats").chunks, 1);

    let longer = IndexSpec { dimensions: 5, language: Language::English };
    for other in [spec(Language::German), longer] {
        let error = store.create_index(&main, other).await.expect_err("another spec is refused");
        assert!(matches!(error, StoreError::SpecMismatch { .. }), "{error}");
    }
    store.create_index(&index("b_2"), longer).await.expect("the index is made");
    assert_eq!(store.list_indexes().await.expect("a list"), [index("b_2"), index("main")]);
}

pub(super) async fn a_missing_index_is_an_error_but_for_dropping(store: Opened) {
    let missing = index("missing");
    let all = ChunkFilter::default();
    let errors = [
        store.replace_documents(&missing, vec![document("a", &["one"])]).await.err(),
        store.delete_documents(&missing, &[document_id("a")]).await.err(),
        store.search_dense(&missing, &[1.0, 0.0, 0.0, 0.0], 5, &all).await.err(),
        store.search_keyword(&missing, "one", 5, &all).await.err(),
        store.count_having(&missing, "one", &[]).await.err(),
        store.get_chunks(&missing, &[]).await.err(),
        store.get_vectors(&missing, &[]).await.err(),
        store.list_document_chunks(&missing, &document_id("a")).await.err(),
        store.stats(&missing).await.err(),
        store.maintain(&missing).await.err(),
    ];
    for error in errors {
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::NotFound));
    }
    store.drop_index(&missing).await.expect("dropping what is missing is fine");
    assert!(store.list_indexes().await.expect("a list").is_empty());
}

pub(super) async fn a_dropped_index_leaves_nothing_to_one_of_the_same_name(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    for round in 0..3 {
        let text = format!("garden{round}");
        put(&*store, &main, vec![document("a", &[&text])]).await;
        assert_eq!(by_words(&*store, &main, &text).await, ["a-0"]);
        store.drop_index(&main).await.expect("the index is dropped");
        let error = store.stats(&main).await.expect_err("the index is gone");
        assert!(matches!(error, StoreError::NoSuchIndex { .. }), "{error}");

        make_index(&*store, Language::English).await;
        assert!(by_words(&*store, &main, &text).await.is_empty());
        assert!(by_vector(&*store, &main, &text).await.is_empty());
        assert_eq!(store.stats(&main).await.expect("stats"), IndexStats::default());
    }
}

pub(super) async fn an_empty_index_finds_nothing(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    assert!(by_words(&*store, &main, "house").await.is_empty());
    assert!(by_vector(&*store, &main, "house").await.is_empty());
    store.maintain(&main).await.expect("an empty index can be maintained");
    assert!(by_words(&*store, &main, "house").await.is_empty());
    assert!(by_vector(&*store, &main, "house").await.is_empty());
    let chunks = store.list_document_chunks(&main, &document_id("a")).await.expect("a list");
    assert!(chunks.is_empty());
    put(&*store, &main, vec![]).await;
    put(&*store, &main, vec![document("a", &[])]).await;
    store.delete_documents(&main, &[document_id("a")]).await.expect("nothing to delete is fine");
    assert_eq!(store.stats(&main).await.expect("stats"), IndexStats::default());
}

pub(super) async fn a_vector_of_another_length_is_refused_and_changes_nothing(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    put(&*store, &main, vec![document("a", &["one"])]).await;
    let mut wrong = document("b", &["two", "three"]);
    wrong.chunks[1].vector.push(0.5);
    let documents = vec![document("a", &["changed"]), wrong];
    let error = store.replace_documents(&main, documents).await.expect_err("refused");
    assert!(matches!(error, StoreError::WrongDimensions { expected: 4, actual: 5, .. }), "{error}");
    let error = store.search_dense(&main, &[1.0], 5, &ChunkFilter::default()).await;
    assert_eq!(error.expect_err("refused").kind(), ErrorKind::InvalidInput);
    assert_eq!(by_words(&*store, &main, "one").await, ["a-0"]);
    assert_eq!(store.stats(&main).await.expect("stats").chunks, 1);
}
