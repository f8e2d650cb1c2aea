//! How fast a hybrid search is over many chunks, and how much of the exact result it finds.
//!
//! Measures the chunk store and fusion; the question's vector is given, because embedding it is
//! measured on its own.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quire_domain::{Chunk, ChunkId, DocumentId, Language, Locator, Span};
use quire_vectorstore::{
    ChunkFilter, ChunkStore, DocumentChunks, FusionHints, FusionWeights, IndexId, IndexSpec,
    StoredChunk, fuse,
};
use serde_json::{Value, json};

use super::sample::{Random, text};
use super::{percentile_ms, rounded};
use crate::config::{DefaultModels, ModelsFolder};
use crate::{Folders, backends};

const DIMENSIONS: usize = 384;
const SIZES: [usize; 2] = [10_000, 100_000];
const CHUNKS_PER_DOCUMENT: usize = 50;
/// Topics around which vectors gather, as those of real text do.
const TOPICS: usize = 400;
const QUERIES: usize = 200;
/// As many candidates of each half as the service takes.
const CANDIDATES: usize = 50;
/// How many of them are read again, and in whose documents names are looked for.
const REREAD: usize = 30;
/// How many names a question has.
const NAMES: usize = 2;

/// Every chunk's vector, for exact search.
type Vectors = Arc<Vec<(ChunkId, Vec<f32>)>>;

/// A question: its vector and its words.
struct Query {
    vector: Vec<f32>,
    words: String,
}

/// Fills a store in a temporary folder and searches it at each size.
pub async fn measure(tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let models = ModelsFolder { path: folder.path().join("models") };
    let folders = Folders { data: folder.path().to_owned(), models };
    let store = backends::open(&folders, &DefaultModels::from_environment()?).await?.store;
    let mut sizes = Vec::new();
    for chunks in SIZES {
        tell(&format!("Searching {chunks} chunks ..."));
        sizes.push(measure_size(store.as_ref(), chunks).await?);
    }
    Ok(json!({
        "data": format!(
            "made-up chunks of 120 words by Zipf's law; vectors of {DIMENSIONS} dimensions around {TOPICS} topics; {QUERIES} queries, each near a chunk and with 4 of its words; {CANDIDATES} candidates of each half"
        ),
        "includes": "chunk store and fusion, without embedding the question",
        "sizes": sizes,
    }))
}

async fn measure_size(store: &dyn ChunkStore, chunks: usize) -> anyhow::Result<Value> {
    let index: IndexId = format!("bench_{chunks}").parse()?;
    let spec = IndexSpec { dimensions: DIMENSIONS, language: Language::English };
    store.create_index(&index, spec).await?;
    let mut random = Random(chunks as u64);
    let topics: Vec<Vec<f32>> = (0..TOPICS).map(|_| near(&mut random, None)).collect();
    let mut vectors: Vec<(ChunkId, Vec<f32>)> = Vec::with_capacity(chunks);
    let mut queries = Vec::new();
    let every = (chunks / QUERIES).max(1);
    let started = Instant::now();
    while vectors.len() < chunks {
        let documents: Vec<DocumentChunks> =
            (0..40).map(|_| document(&mut random, &topics, vectors.len() as u64)).collect();
        for chunk in documents.iter().flat_map(|document| &document.chunks) {
            if vectors.len().is_multiple_of(every) {
                queries.push(query(&mut random, chunk));
            }
            vectors.push((chunk.chunk.id.clone(), chunk.vector.clone()));
        }
        store.replace_documents(&index, documents).await?;
    }
    let insert = started.elapsed();
    let started = Instant::now();
    store.maintain(&index).await?;
    let maintain = started.elapsed();
    let times = time_queries(store, &index, &queries).await?;
    let recall = recall(store, &index, (Arc::new(vectors), &queries)).await?;
    store.drop_index(&index).await?;
    let [mut dense, mut keyword, mut hybrid, mut names] = times;
    let show = |times: &mut [Duration]| json!({"p50_ms": percentile_ms(times, 0.5), "p95_ms": percentile_ms(times, 0.95)});
    Ok(json!({
        "chunks": chunks,
        "hybrid": show(&mut hybrid),
        "dense": show(&mut dense),
        "keyword": show(&mut keyword),
        "names": show(&mut names),
        "recall_at_10": rounded(recall),
        "insert_seconds": rounded(insert.as_secs_f64()),
        "maintain_seconds": rounded(maintain.as_secs_f64()),
    }))
}

/// A vector of length 1: anywhere, or near another.
fn near(random: &mut Random, centre: Option<&[f32]>) -> Vec<f32> {
    let spread = 0.9 / (DIMENSIONS as f32).sqrt();
    let mut vector: Vec<f32> = (0..DIMENSIONS)
        .map(|i| match centre {
            Some(centre) => centre.get(i).copied().unwrap_or_default() + spread * random.normal(),
            None => random.normal(),
        })
        .collect();
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    for number in &mut vector {
        *number /= length;
    }
    vector
}

fn document(random: &mut Random, topics: &[Vec<f32>], serial: u64) -> DocumentChunks {
    let topic = random.below(topics.len());
    let name = format!("d{serial:x}-{:x}", random.bits());
    let document_id: DocumentId = name.parse().expect("letters, digits and a hyphen");
    let chunks = (0..CHUNKS_PER_DOCUMENT).map(|ordinal| {
        let text = text(random, 120);
        let span = Span::new(0, text.chars().count());
        let chunk = Chunk {
            id: format!("{name}-{ordinal}").parse().expect("letters, digits and hyphens"),
            document_id: document_id.clone(),
            ordinal: ordinal as u32,
            text,
            token_count: 160,
            locator: Locator { page: Some(1 + ordinal as u32 / 4), span, ..Locator::default() },
        };
        StoredChunk { chunk, vector: near(random, topics.get(topic).map(Vec::as_slice)) }
    });
    DocumentChunks { chunks: chunks.collect(), document_id: document_id.clone() }
}

fn query(random: &mut Random, chunk: &StoredChunk) -> Query {
    let words: Vec<&str> = chunk.chunk.text.split_whitespace().collect();
    let start = random.below(words.len().saturating_sub(4));
    let words = words.iter().skip(start).take(4).copied().collect::<Vec<_>>().join(" ");
    Query { vector: near(random, Some(&chunk.vector)), words }
}

/// Times dense, keyword and hybrid searches and looking for two names in the documents found,
/// after some that warm up.
async fn time_queries(
    store: &dyn ChunkStore,
    index: &IndexId,
    queries: &[Query],
) -> anyhow::Result<[Vec<Duration>; 4]> {
    let all = ChunkFilter::default();
    let mut times = [const { Vec::new() }; 4];
    for (number, query) in queries.iter().take(20).chain(queries).enumerate() {
        let started = Instant::now();
        store.search_dense(index, &query.vector, CANDIDATES, &all).await?;
        let dense = started.elapsed();
        let started = Instant::now();
        store.search_keyword(index, &query.words, CANDIDATES, &all).await?;
        let keyword = started.elapsed();
        let started = Instant::now();
        let (nearest, matching) = futures::future::try_join(
            store.search_dense(index, &query.vector, CANDIDATES, &all),
            store.search_keyword(index, &query.words, CANDIDATES, &all),
        )
        .await?;
        let found = fuse(nearest, matching, FusionHints::default(), &FusionWeights::default());
        let hybrid = started.elapsed();
        let documents: BTreeSet<DocumentId> =
            found.into_iter().take(REREAD).map(|hit| hit.chunk.document_id).collect();
        let documents: Vec<DocumentId> = documents.into_iter().collect();
        let started = Instant::now();
        let words = query.words.split_whitespace().take(NAMES);
        let counts = words.map(|name| store.count_having(index, name, &documents));
        futures::future::try_join_all(counts).await?;
        let names = started.elapsed();
        if number >= 20 {
            for (times, time) in times.iter_mut().zip([dense, keyword, hybrid, names]) {
                times.push(time);
            }
        }
    }
    Ok(times)
}

/// The share of the ten truly nearest chunks that a dense search for ten finds.
async fn recall(
    store: &dyn ChunkStore,
    index: &IndexId,
    (vectors, queries): (Vectors, &[Query]),
) -> anyhow::Result<f64> {
    let mut found = 0;
    for query in queries {
        let (vectors, vector) = (Arc::clone(&vectors), query.vector.clone());
        let exact = tokio::task::spawn_blocking(move || nearest(&vectors, &vector)).await?;
        let hits = store.search_dense(index, &query.vector, 10, &ChunkFilter::default()).await?;
        found += hits.iter().filter(|hit| exact.contains(&hit.chunk.id)).count();
    }
    Ok(found as f64 / (10 * queries.len()).max(1) as f64)
}

fn nearest(vectors: &[(ChunkId, Vec<f32>)], query: &[f32]) -> Vec<ChunkId> {
    let dot = |vector: &[f32]| vector.iter().zip(query).map(|(a, b)| a * b).sum::<f32>();
    let mut scored: Vec<(f32, usize)> =
        vectors.iter().enumerate().map(|(index, (_, vector))| (dot(vector), index)).collect();
    let ten = 10.min(scored.len());
    if ten < scored.len() {
        scored.select_nth_unstable_by(ten, |a, b| b.0.total_cmp(&a.0));
    }
    scored[..ten].iter().map(|(_, index)| vectors[*index].0.clone()).collect()
}
