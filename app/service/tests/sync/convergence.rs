//! Two devices, any writes, any order, any repetition: the same end.

use proptest::prelude::*;
use quire_domain::sync::SourceId;
use quire_service::DocumentQuery;
use serde_json::{Value, json};

use super::{Fixture, delete, fixture, hash, put, source_id};

const PATHS: [&str; 5] = ["a.md", "b.md", "x/a.md", "x/c.txt", "y.md"];
const TEXTS: [&str; 4] =
    ["The apple tree.", "The pear tree.", "# Plum\n\nThe plum tree.", "A house."];

/// A write of one of the devices.
#[derive(Clone, Debug)]
enum Step {
    Put { path: usize, text: usize, ts: i64 },
    Delete { path: usize, ts: i64 },
    Move { from: usize, to: usize, text: usize, ts: i64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (paths, texts) = (PATHS.len(), TEXTS.len());
    let step = prop_oneof![
        4 => (0..paths, 0..texts, 1..9i64).prop_map(|(path, text, ts)| Step::Put { path, text, ts }),
        2 => (0..paths, 1..9i64).prop_map(|(path, ts)| Step::Delete { path, ts }),
        2 => (0..paths, 1..paths, 0..texts, 1..9i64).prop_map(move |(from, by, text, ts)| {
            Step::Move { from, to: (from + by) % paths, text, ts }
        }),
    ];
    prop::collection::vec(step, 1..24)
}

fn op(step: &Step) -> Value {
    match *step {
        Step::Put { path, text, ts } => put(PATHS[path], TEXTS[text], ts),
        Step::Delete { path, ts } => delete(PATHS[path], ts),
        Step::Move { from, to, text, ts } => json!({
            "op": "move", "from": PATHS[from], "to": PATHS[to], "hash": hash(TEXTS[text]), "ts": ts,
        }),
    }
}

/// Sends steps as a client does: a move that the server has no bytes for becomes a put and a
/// deletion.
async fn send(fixture: &Fixture, source: &SourceId, steps: &[Step], batch_size: usize) {
    for batch in steps.chunks(batch_size) {
        let reply = fixture.batch_of(source, batch.iter().map(op).collect()).await;
        let mut instead = Vec::new();
        for (step, result) in batch.iter().zip(&reply.results) {
            match (step, result.status) {
                (_, 200) => {}
                (Step::Move { from, to, text, ts }, 404) => {
                    instead.push(put(PATHS[*to], TEXTS[*text], *ts));
                    instead.push(delete(PATHS[*from], *ts));
                }
                _ => panic!("{step:?}: {result:?}"),
            }
        }
        fixture.batch_of(source, instead).await;
    }
}

/// Everything that may be noticed of a source: its register, its documents, and what answers.
async fn state(fixture: &Fixture, source: &SourceId, collection: &str) -> Vec<String> {
    let collection = collection.parse().expect("a name");
    fixture.services.wait_until_idle(&collection).await.expect("settles");
    let changes =
        fixture.services.sources.list_changes(source, 0, std::time::Duration::ZERO, 1000).await;
    let mut seen: Vec<String> = Vec::new();
    for entry in changes.expect("lists").changes {
        let hash = entry.hash.clone().filter(|_| entry.is_live());
        seen.push(format!(
            "{} {:?} {hash:?} {} {:?}",
            entry.path, entry.op, entry.ts_ms, entry.status
        ));
    }
    let documents = fixture.services.documents.list(&collection, DocumentQuery::default()).await;
    for document in documents.expect("lists").documents {
        let chunks = document.chunk_count;
        seen.push(format!("{} {} {chunks}", document.path, document.sha256));
    }
    for query in ["apple", "pear", "plum", "house"] {
        let request = quire_service::SearchRequest {
            query: query.to_owned(),
            mode: quire_domain::SearchMode::Keyword,
            ..Default::default()
        };
        let found = fixture.services.search(&collection, request).await.expect("searches");
        seen.extend(found.hits.iter().map(|hit| format!("{query}: {}", hit.document.path)));
    }
    let digest = fixture.services.sources.get_digest(source, 0).await.expect("is made").digest;
    seen.push(digest.to_string());
    seen.sort();
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_any_repetition_end_in_the_same_state(
        (steps, shuffled) in steps().prop_flat_map(|steps| {
            let twice: Vec<Step> = steps.iter().chain(&steps).cloned().collect();
            (Just(steps), Just(twice).prop_shuffle())
        }),
        sizes in (1..8usize, 1..8usize),
    ) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (one, other) = runtime.block_on(async {
            let fixture = fixture().await;
            let other = source_id(2);
            fixture.make_source(&other, "other", None).await;
            send(&fixture, &fixture.source, &steps, sizes.0).await;
            send(&fixture, &other, &shuffled, sizes.1).await;
            let one = state(&fixture, &fixture.source, "notes").await;
            let other = state(&fixture, &other, "other").await;
            let health = fixture.services.index_health().await.expect("compares");
            assert_eq!((health.orphan_chunks, health.documents_without_chunks), (0, 0));
            fixture.services.shut_down().await;
            (one, other)
        });
        prop_assert_eq!(one, other);
    }
}
