//! What readers see while others write or maintain.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quire_domain::Language;

use super::fixture::{
    Opened, by_vector, by_words, document, document_id, make_index, put, sorted, vector_of,
};
use crate::{ChunkFilter, ChunkStore, IndexId};

const ROUNDS: usize = 12;

pub(super) async fn readers_see_the_old_set_or_the_new(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    put(&*store, &main, vec![round(0)]).await;
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| tokio::spawn(read_until(store.share(), main.clone(), done.clone())))
        .collect();
    for number in 1..=ROUNDS {
        put(&*store, &main, vec![round(number)]).await;
        if number % 4 == 0 {
            store.maintain(&main).await.expect("maintained");
        }
        tokio::task::yield_now().await;
    }
    done.store(true, Ordering::Release);
    for reader in readers {
        let last = reader.await.expect("the reader does not panic");
        assert!(last <= ROUNDS);
    }
    assert_eq!(by_words(&*store, &main, &format!("round{ROUNDS}")).await.len(), 3 + ROUNDS % 5);
}

/// Makes the same document anew: each round has its own word and its own number of chunks.
fn round(number: usize) -> crate::DocumentChunks {
    let text = format!("common round{number}");
    document("a", &vec![text.as_str(); 3 + number % 5])
}

/// Reads until told to stop; the rounds seen may only go up.
async fn read_until(store: Arc<dyn ChunkStore>, main: IndexId, done: Arc<AtomicBool>) -> usize {
    let mut latest = 0;
    let all = ChunkFilter::default();
    while !done.load(Ordering::Acquire) {
        let dense = store.search_dense(&main, &vector_of("common"), 20, &all).await;
        latest = one_round(latest, dense.expect("hits").iter().map(|hit| hit.chunk.text.clone()));
        let keyword = store.search_keyword(&main, "common", 20, &all).await;
        latest = one_round(latest, keyword.expect("hits").iter().map(|hit| hit.chunk.text.clone()));
        let listed = store.list_document_chunks(&main, &document_id("a")).await;
        latest = one_round(latest, listed.expect("a list").into_iter().map(|chunk| chunk.text));
        tokio::task::yield_now().await;
    }
    latest
}

fn one_round(latest: usize, texts: impl Iterator<Item = String>) -> usize {
    let texts: Vec<String> = texts.collect();
    let number = texts.first().and_then(|text| text.strip_prefix("common round"));
    let number: usize = number.and_then(|number| number.parse().ok()).expect("a round");
    assert!(texts.iter().all(|text| *text == texts[0]), "a mixture: {texts:?}");
    assert_eq!(texts.len(), 3 + number % 5, "round {number} is whole");
    assert!(number >= latest, "round {number} after {latest}");
    number
}

pub(super) async fn maintenance_changes_no_result(store: Opened) {
    let main = make_index(&*store, Language::English).await;
    for number in 0..12 {
        let texts = [format!("apple number{number}"), format!("pear {number}")];
        let name = format!("doc{number}");
        put(&*store, &main, vec![document(&name, &[&texts[0], &texts[1]])]).await;
    }
    store.delete_documents(&main, &[document_id("doc3")]).await.expect("deleted");
    let stats = store.stats(&main).await.expect("stats");
    let dense = by_vector(&*store, &main, "apple number7").await;
    let keyword = by_words(&*store, &main, "apple").await;
    for _ in 0..2 {
        store.maintain(&main).await.expect("maintained");
        assert_eq!(store.stats(&main).await.expect("stats"), stats);
        assert_eq!(by_vector(&*store, &main, "apple number7").await, dense);
        assert_eq!(sorted(by_words(&*store, &main, "apple").await), sorted(keyword.clone()));
        assert_eq!(by_words(&*store, &main, "number7").await, ["doc7-0"]);
        assert!(by_words(&*store, &main, "number3").await.is_empty());
    }
}
