//! The approximate index: how much it finds, and that nothing depends on its being fresh.

use std::collections::HashSet;

use quire_domain::{DocumentId, Language};

use super::fixture::{document, document_id, ids, index, put, unit};
use crate::{ChunkFilter, ChunkStore, DocumentChunks, IndexSpec, LanceStore};

const DIMENSIONS: usize = 32;
const DOCUMENTS: usize = 60;
const CHUNKS: usize = 200;

/// A small generator of reproducible numbers in -1..1 (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn near(&mut self, centre: &[f32]) -> Vec<f32> {
        unit(centre.iter().map(|x| x + 0.6 * self.next()).collect())
    }
}

/// Makes a document whose chunks lie around a few of the centres, as a real one's do.
fn clustered(number: usize, centres: &[Vec<f32>], numbers: &mut Numbers) -> DocumentChunks {
    let texts: Vec<String> = (0..CHUNKS).map(|n| format!("doc{number} chunk{n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut made = document(&format!("doc{number}"), &texts);
    for (place, stored) in made.chunks.iter_mut().enumerate() {
        stored.vector = numbers.near(&centres[(number * 7 + place % 5) % centres.len()]);
    }
    made
}

/// Finds the share of the ten exactly nearest that the store finds.
async fn recall(store: &LanceStore, stored: &[DocumentChunks], queries: &[Vec<f32>]) -> f32 {
    let mut found = 0;
    for query in queries {
        let mut exact: Vec<(f32, String)> = stored
            .iter()
            .flat_map(|document| &document.chunks)
            .map(|stored| {
                let similarity = stored.vector.iter().zip(query).map(|(x, y)| x * y).sum::<f32>();
                (similarity, stored.chunk.id.to_string())
            })
            .collect();
        exact.sort_by(|a, b| b.0.total_cmp(&a.0));
        let exact: HashSet<String> = exact.into_iter().take(10).map(|(_, id)| id).collect();
        let hits = store.search_dense(&index("main"), query, 10, &ChunkFilter::default()).await;
        found += ids(&hits.expect("hits")).iter().filter(|id| exact.contains(*id)).count();
    }
    found as f32 / (10 * queries.len()) as f32
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_approximate_index_finds_what_comparing_with_all_finds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = LanceStore::open(folder.path()).await.expect("the store opens");
    let main = index("main");
    let spec = IndexSpec { dimensions: DIMENSIONS, language: Language::English };
    store.create_index(&main, spec).await.expect("the index is made");
    let mut numbers = Numbers(7);
    let centres: Vec<Vec<f32>> =
        (0..40).map(|_| (0..DIMENSIONS).map(|_| numbers.next()).collect()).collect();
    let mut stored: Vec<DocumentChunks> =
        (0..DOCUMENTS).map(|number| clustered(number, &centres, &mut numbers)).collect();
    let queries: Vec<Vec<f32>> =
        (0..50).map(|number| numbers.near(&centres[number % centres.len()])).collect();
    for group in stored.chunks(10) {
        put(&store, &main, group.to_vec()).await;
    }
    assert!(recall(&store, &stored, &queries).await > 0.999, "exact before maintenance");
    store.maintain(&main).await.expect("maintained");
    assert!(recall(&store, &stored, &queries).await >= 0.99);

    // Some documents change, one goes, one comes: all without maintenance.
    for number in [3, 17, 40] {
        stored[number] = clustered(number, &centres, &mut numbers);
        put(&store, &main, vec![stored[number].clone()]).await;
    }
    let gone: DocumentId = stored.remove(20).document_id;
    store.delete_documents(&main, std::slice::from_ref(&gone)).await.expect("deleted");
    stored.push(clustered(DOCUMENTS, &centres, &mut numbers));
    put(&store, &main, stored[stored.len() - 1..].to_vec()).await;
    for _ in 0..2 {
        assert!(recall(&store, &stored, &queries).await >= 0.99);
        let stats = store.stats(&main).await.expect("stats");
        assert_eq!(stats.chunks, (DOCUMENTS * CHUNKS) as u64);
        assert!(!stats.documents.contains_key(&gone));
        let hits = store.search_keyword(&main, "doc60 chunk7", 3, &ChunkFilter::default()).await;
        assert_eq!(ids(&hits.expect("hits"))[0], "doc60-7");
        let hits = store.search_keyword(&main, "doc20", 3, &ChunkFilter::default()).await;
        assert!(hits.expect("hits").is_empty());
        store.maintain(&main).await.expect("maintained");
    }

    // Within few documents the search is exact, wherever the index would look.
    let only = ChunkFilter { documents: Some(vec![document_id("doc5")]) };
    let far: Vec<f32> = stored[30].chunks[0].vector.clone();
    let hits = store.search_dense(&main, &far, 20, &only).await.expect("hits");
    assert_eq!(hits.len(), 20);
    assert!(hits.iter().all(|hit| hit.chunk.document_id == document_id("doc5")));
}
