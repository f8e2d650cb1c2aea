//! How much of the truly nearest the approximate index finds among 100,000 real passages.
//!
//! The passages are prose that lies on every machine that built Quire: the documentation in the
//! sources of the crates it is made of. They are embedded by the starter model, once; their
//! vectors are kept beside what is built. It takes minutes the first time, and the whole machine: so
//! it is a program of its own, which cargo runs when the other tests are through.

#![expect(clippy::print_stdout, reason = "it says how far it is, and what it measured")]

mod passages;
mod vectors;

use std::collections::HashSet;
use std::sync::Arc;

use quire_domain::{Chunk, ChunkId, DocumentId, Language, Locator, Span};
use quire_vectorstore::{
    ChunkFilter, ChunkStore, DocumentChunks, IndexId, IndexSpec, LanceStore, StoredChunk,
};

use passages::documentation;

const PASSAGES: usize = 100_000;
const QUESTIONS: usize = 200;
const PASSAGES_PER_DOCUMENT: usize = 50;
/// A question is this many words of a passage that is not in the index.
const QUESTION_WORDS: usize = 9;
const NEAREST: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn among_100_000_real_passages_the_index_finds_what_comparing_with_all_finds() {
    let mut passages = documentation(PASSAGES + QUESTIONS);
    assert_eq!(passages.len(), PASSAGES + QUESTIONS, "too little prose in the crates' sources");
    let questions = passages.split_off(PASSAGES);
    let questions: Vec<String> = questions.iter().map(|text| first_words(text)).collect();
    let embedder = vectors::load_embedder().await;
    let vectors = Arc::new(vectors::of_passages(&*embedder, &passages).await);
    let questions = vectors::of_questions(&*embedder, &questions).await;
    drop(embedder);

    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = LanceStore::open(folder.path()).await.expect("the store opens");
    let index: IndexId = "main".parse().expect("a valid name");
    let spec = IndexSpec { dimensions: vectors[0].len(), language: Language::English };
    store.create_index(&index, spec).await.expect("the index is made");
    let mut documents = documents(&passages, &vectors);
    while !documents.is_empty() {
        let rest = documents.split_off(documents.len().min(100));
        store.replace_documents(&index, documents).await.expect("added");
        documents = rest;
    }
    store.maintain(&index).await.expect("maintained");

    let mut found = 0;
    for question in &questions {
        let everything = ChunkFilter::default();
        let hits = store.search_dense(&index, question, NEAREST, &everything).await.expect("hits");
        let exact = nearest(&vectors, question);
        found += hits.iter().filter(|hit| exact.contains(&hit.chunk.id)).count();
    }
    let recall = found as f64 / (NEAREST * questions.len()) as f64;
    println!("recall@{NEAREST} against exact search over {PASSAGES} passages: {recall:.4}");
    assert!(recall >= 0.99, "recall@{NEAREST} is {recall:.4}");
}

fn first_words(text: &str) -> String {
    text.split_whitespace().take(QUESTION_WORDS).collect::<Vec<_>>().join(" ")
}

fn documents(passages: &[String], vectors: &[Vec<f32>]) -> Vec<DocumentChunks> {
    let mut documents: Vec<DocumentChunks> = Vec::new();
    for (number, (text, vector)) in passages.iter().zip(vectors).enumerate() {
        if number.is_multiple_of(PASSAGES_PER_DOCUMENT) {
            let document_id = document_id(number);
            documents.push(DocumentChunks { document_id, chunks: Vec::new() });
        }
        let Some(document) = documents.last_mut() else { continue };
        let chunk = Chunk {
            id: chunk_id(number),
            document_id: document.document_id.clone(),
            ordinal: document.chunks.len() as u32,
            text: text.clone(),
            token_count: 0,
            locator: Locator { span: Span::new(0, text.chars().count()), ..Locator::default() },
        };
        document.chunks.push(StoredChunk { chunk, vector: vector.clone() });
    }
    documents
}

fn document_id(number: usize) -> DocumentId {
    format!("d{}", number / PASSAGES_PER_DOCUMENT).parse().expect("a valid id")
}

fn chunk_id(number: usize) -> ChunkId {
    format!("c{number}").parse().expect("a valid id")
}

/// Compares with all.
fn nearest(vectors: &[Vec<f32>], question: &[f32]) -> HashSet<ChunkId> {
    let similarity =
        |vector: &[f32]| -> f32 { vector.iter().zip(question).map(|(a, b)| a * b).sum() };
    let mut scored: Vec<(f32, usize)> =
        vectors.iter().enumerate().map(|(number, vector)| (similarity(vector), number)).collect();
    scored.select_nth_unstable_by(NEAREST, |a, b| b.0.total_cmp(&a.0));
    scored[..NEAREST].iter().map(|(_, number)| chunk_id(*number)).collect()
}
