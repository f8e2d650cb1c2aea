//! What is on disk after a restart, an interruption or a kill.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use quire_domain::Language;

use super::fixture::{
    by_vector, by_words, document, document_id, index, make_index, put, sorted, spec,
};
use crate::{ChunkStore, DocumentChunks, LanceStore, StoreError};

async fn open(folder: &Path) -> LanceStore {
    LanceStore::open(folder).await.expect("the store opens")
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let main = index("main");
    {
        let store = open(folder.path()).await;
        make_index(&store, Language::German).await;
        put(&store, &main, vec![document("a", &["Häuser", "Gärten"])]).await;
        store.maintain(&main).await.expect("maintained");
        put(&store, &main, vec![document("b", &["Wälder"])]).await;
        store.delete_documents(&main, &[document_id("never")]).await.expect("deleted");
    }
    let store = open(folder.path()).await;
    assert_eq!(store.list_indexes().await.expect("a list"), std::slice::from_ref(&main));
    assert_eq!(store.stats(&main).await.expect("stats").chunks, 3);
    assert_eq!(by_words(&store, &main, "Haus").await, ["a-0"]);
    assert_eq!(by_words(&store, &main, "Wald").await, ["b-0"]);
    assert_eq!(by_vector(&store, &main, "Wälder").await[0], "b-0");
    store.create_index(&main, spec(Language::German)).await.expect("the same spec");
    let error = store.create_index(&main, spec(Language::Dutch)).await.expect_err("refused");
    assert!(matches!(error, StoreError::SpecMismatch { .. }), "{error}");
    put(&store, &main, vec![document("a", &["Boote"])]).await;
    assert_eq!(by_words(&store, &main, "Boot").await, ["a-0"]);
    assert!(by_words(&store, &main, "Haus").await.is_empty());
}

#[tokio::test]
async fn a_half_made_index_is_none_and_can_be_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let half = folder.path().join("main.lance/data");
    std::fs::create_dir_all(&half).expect("a folder");
    std::fs::write(half.join("0123.lance"), b"torn").expect("a file");
    let store = open(folder.path()).await;
    assert!(store.list_indexes().await.expect("a list").is_empty());
    let error = store.stats(&index("main")).await.expect_err("not there");
    assert!(matches!(error, StoreError::NoSuchIndex { .. }), "{error}");
    let main = make_index(&store, Language::English).await;
    put(&store, &main, vec![document("a", &["apple"])]).await;
    assert_eq!(by_words(&store, &main, "apple").await, ["a-0"]);
}

#[tokio::test]
async fn a_half_dropped_index_is_gone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    {
        let store = open(folder.path()).await;
        let main = make_index(&store, Language::English).await;
        put(&store, &main, vec![document("a", &["apple"])]).await;
    }
    let (whole, half) = (folder.path().join("main.lance"), folder.path().join("main-1.removed"));
    std::fs::rename(whole, &half).expect("renamed");
    let store = open(folder.path()).await;
    assert!(!half.exists());
    assert!(store.list_indexes().await.expect("a list").is_empty());
}

#[tokio::test]
async fn a_table_without_its_full_text_index_gets_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let uri = folder.path().to_str().expect("a Unicode path");
    let connection = lancedb::connect(uri).execute().await.expect("a connection");
    let schema = crate::lance::schema_of(spec(Language::German));
    connection.create_empty_table("main", schema).execute().await.expect("a table");
    let store = open(folder.path()).await;
    let main = index("main");
    put(&store, &main, vec![document("a", &["Die Häuser"])]).await;
    assert_eq!(by_words(&store, &main, "haus die").await, ["a-0"]);
    // A query of nothing but stop words is answered by them.
    assert_eq!(by_words(&store, &main, "die").await, ["a-0"]);
    assert!(by_words(&store, &main, "das").await.is_empty());
}

const CHILD_FOLDER: &str = "QUIRE_TEST_CHILD_FOLDER";
const ROUNDS: usize = 400;

/// Replaces two documents again and again until it is killed. Without the variable it is a check
/// that the same work ends well when nobody kills it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_replaces_documents() {
    let folder = std::env::var(CHILD_FOLDER);
    let own = tempfile::tempdir().expect("a temporary folder");
    let rounds = if folder.is_ok() { ROUNDS } else { 3 };
    let folder = folder.map_or_else(|_| own.path().to_owned(), Into::into);
    let store = open(&folder).await;
    let main = make_index(&store, Language::English).await;
    let first = last_round(&store).await.map_or(0, |round| round + 1);
    for round in first..first + rounds {
        put(&store, &main, both(round)).await;
        say(&format!("committed {round}"));
        if round % 5 == 4 {
            store.maintain(&main).await.expect("maintained");
        }
    }
    assert_eq!(last_round(&store).await, Some(first + rounds - 1));
}

#[expect(clippy::print_stdout, reason = "the killer reads how far the child has come")]
fn say(line: &str) {
    println!("{line}");
}

fn both(round: usize) -> Vec<DocumentChunks> {
    let text = format!("common round{round}");
    let texts = vec![text.as_str(); 1 + round % 4];
    vec![document("a", &texts), document("b", &texts)]
}

/// Finds the round that is stored, and checks that it is whole.
async fn last_round(store: &LanceStore) -> Option<usize> {
    let main = index("main");
    let chunks = store.list_document_chunks(&main, &document_id("a")).await.expect("a list");
    let text = chunks.first()?.text.clone();
    let round: usize = text.strip_prefix("common round")?.parse().expect("a round");
    let stats = store.stats(&main).await.expect("stats");
    let each = 1 + round as u64 % 4;
    assert_eq!(stats.documents.values().copied().collect::<Vec<_>>(), [each, each]);
    assert_eq!(by_words(store, &main, &format!("round{round}")).await.len() as u64, 2 * each);
    assert_eq!(by_words(store, &main, "common").await.len() as u64, 2 * each);
    Some(round)
}

#[tokio::test]
async fn a_kill_at_any_moment_leaves_whole_rounds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut at_least = 0;
    for (lines, spins) in [(1, 0), (4, 20_000), (5, 200_000), (7, 1_000_000), (9, 3_000_000)] {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "--nocapture", "contract::durability::child_that_replaces_documents"])
            .env(CHILD_FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let rounds = output.lines().map_while(Result::ok);
        let rounds = rounds.filter_map(|line| line.strip_prefix("committed ")?.parse().ok());
        at_least = rounds.take(lines).last().unwrap_or(at_least);
        for spin in 0..spins {
            std::hint::black_box(spin);
        }
        child.kill().expect("the child is killed");
        child.wait().expect("the child is gone");

        let store = open(folder.path()).await;
        let round: usize = last_round(&store).await.expect("some round is stored");
        assert!(round >= at_least, "round {round} is stored, {at_least} was reported");
        put(&store, &index("main"), both(round)).await;
        assert_eq!(last_round(&store).await, Some(round));
        let found = by_words(&store, &index("main"), "common").await;
        assert_eq!(sorted(found).len(), 2 * (1 + round % 4));
    }
}
