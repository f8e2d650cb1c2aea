//! Storing, replacing and deleting documents; dense search and filters.

use quire_domain::{Language, Locator, Span};

use super::fixture::{
    Opened, by_vector, by_words, document, document_id, ids, make_index, put, sorted, unit,
    vector_of,
};
use crate::{ChunkFilter, IndexStats};

pub(super) async fn chunks_come_back_as_they_went_in(store: Opened) {
    let main = make_index(&*store, Language::German).await;
    let mut written = document("a_-B", &["", "Häuser 😀 'quoted' \"text\"\n\0 end"]);
    written.chunks[1].chunk.locator = Locator {
        page: Some(7),
        heading: vec!["Kapitel 1".to_owned(), "O'Neill; DROP TABLE".to_owned()],
        lines: Some((3, 9)),
        rows: Some((1, 50)),
        block_id: Some("anchor".to_owned()),
        span: Span::new(10, 36),
    };
    put(&*store, &main, vec![document("b", &["other"]), written.clone()]).await;

    let chunks = store.list_document_chunks(&main, &written.document_id).await.expect("a list");
    let expected: Vec<_> = written.chunks.iter().map(|stored| stored.chunk.clone()).collect();
    assert_eq!(chunks, expected);

    let wanted = [written.chunks[1].chunk.id.clone(), "unknown".parse().expect("an id")];
    let found = store.get_chunks(&main, &wanted).await.expect("chunks");
    assert_eq!(found, [written.chunks[1].chunk.clone()]);
    let vectors = store.get_vectors(&main, &wanted).await.expect("vectors");
    assert_eq!(vectors, [(wanted[0].clone(), written.chunks[1].vector.clone())]);
    assert!(store.get_chunks(&main, &[]).await.expect("chunks").is_empty());
}

pub(super) async fn replacing_leaves_no_trace_of_the_old_chunks(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    put(&*store, &main, vec![document("a", &["apple", "banana", "cherry"])]).await;
    put(&*store, &main, vec![document("b", &["banana"])]).await;
    for texts in [&["banana"][..], &["date", "elder", "fig", "grape"], &["apple", "fig"]] {
        put(&*store, &main, vec![document("a", texts)]).await;
        let stats = store.stats(&main).await.expect("stats");
        assert_eq!(stats.documents[&document_id("a")], texts.len() as u64);
        assert_eq!(stats.chunks, texts.len() as u64 + 1);
        let chunks = store.list_document_chunks(&main, &document_id("a")).await.expect("a list");
        let stored: Vec<&str> = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
        assert_eq!(stored, texts);
        for word in ["apple", "banana", "cherry", "date", "elder", "fig", "grape"] {
            let expected = texts.contains(&word) || word == "banana";
            assert_eq!(!by_words(&*store, &main, word).await.is_empty(), expected, "{word}");
        }
        assert_eq!(by_vector(&*store, &main, "x").await.len(), texts.len() + 1);
    }
    put(&*store, &main, vec![document("a", &[])]).await;
    assert_eq!(by_vector(&*store, &main, "apple").await, ["b-0"]);
}

pub(super) async fn replacing_twice_is_the_same_as_once(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    let documents = vec![document("a", &["apple", "banana"]), document("b", &["cherry"])];
    put(&*store, &main, documents.clone()).await;
    let before = store.stats(&main).await.expect("stats");
    put(&*store, &main, documents.clone()).await;
    assert_eq!(store.stats(&main).await.expect("stats"), before);
    assert_eq!(by_words(&*store, &main, "apple").await, ["a-0"]);

    let twice_in_one = vec![document("c", &["date"]), document("c", &["elder", "fig"])];
    put(&*store, &main, twice_in_one).await;
    assert!(by_words(&*store, &main, "date").await.is_empty());
    assert_eq!(store.stats(&main).await.expect("stats").chunks, 5);
}

pub(super) async fn deleting_brings_the_counts_back(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    let names: Vec<String> = (0..20).map(|number| format!("doc{number}")).collect();
    let documents = names.iter().map(|name| document(name, &["shared words", name])).collect();
    put(&*store, &main, documents).await;
    let before = store.stats(&main).await.expect("stats");
    assert_eq!(before.chunks, 40);
    put(&*store, &main, vec![document("extra", &["shared", "extra"])]).await;
    let extra = [document_id("extra"), document_id("never_there")];
    store.delete_documents(&main, &extra).await.expect("deleted");
    assert_eq!(store.stats(&main).await.expect("stats"), before);
    assert!(by_words(&*store, &main, "extra").await.is_empty());

    let all: Vec<_> = names.iter().map(|name| document_id(name)).collect();
    store.delete_documents(&main, &all).await.expect("deleted");
    assert_eq!(store.stats(&main).await.expect("stats"), IndexStats::default());
    assert!(by_words(&*store, &main, "shared").await.is_empty());
    assert!(by_vector(&*store, &main, "shared words").await.is_empty());
}

pub(super) async fn nearest_come_first_and_ties_go_by_id(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    let mut near = document("near", &["a", "b", "c", "d", "e"]);
    for (place, stored) in near.chunks.iter_mut().enumerate() {
        stored.vector = unit(vec![1.0, place as f32 * 0.2, 0.0, 0.0]);
    }
    let mut same = document("also", &["f", "g"]);
    for stored in &mut same.chunks {
        stored.vector = vec![0.0, 0.0, 1.0, 0.0];
    }
    put(&*store, &main, vec![near, same]).await;
    let all = ChunkFilter::default();
    let hits = store.search_dense(&main, &[1.0, 0.0, 0.0, 0.0], 4, &all).await.expect("hits");
    assert_eq!(ids(&hits), ["near-0", "near-1", "near-2", "near-3"]);
    assert!((hits[0].score - 1.0).abs() < 1e-5, "{}", hits[0].score);
    assert!((hits[3].score - 1.0 / 1.36_f32.sqrt()).abs() < 1e-5, "{}", hits[3].score);
    let hits = store.search_dense(&main, &[0.0, 0.0, 1.0, 0.0], 2, &all).await.expect("hits");
    assert_eq!(ids(&hits), ["also-0", "also-1"]);
    let none = store.search_dense(&main, &[0.0, 0.0, 1.0, 0.0], 0, &all).await.expect("hits");
    assert!(none.is_empty());
}

pub(super) async fn a_filter_leaves_only_its_documents(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    let names = ["a", "b", "c", "d"];
    let documents = names.iter().map(|name| document(name, &["apple pie", "apple"])).collect();
    put(&*store, &main, documents).await;
    let cases: [(&[&str], &[&str]); 4] = [
        (&["a"], &["a-0", "a-1"]),
        (&["b", "d"], &["b-0", "b-1", "d-0", "d-1"]),
        (&["unknown"], &[]),
        (&[], &[]),
    ];
    for (documents, expected) in cases {
        let documents = documents.iter().map(|name| document_id(name)).collect();
        let filter = ChunkFilter { documents: Some(documents) };
        let dense = store.search_dense(&main, &vector_of("apple"), 10, &filter).await;
        assert_eq!(sorted(ids(&dense.expect("hits"))), expected);
        let keyword = store.search_keyword(&main, "apples", 10, &filter).await;
        assert_eq!(sorted(ids(&keyword.expect("hits"))), expected);
    }
}
