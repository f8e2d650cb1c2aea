//! The vectors of texts by the starter model; those of the passages are kept in a file.

use std::path::PathBuf;
use std::sync::Arc;

use quire_engines::{Embedder, LocalRuntime, ModelRuntime, ModelStore, RuntimeOptions, TextRole};
use sha2::{Digest, Sha256};

/// Texts that are embedded at a time.
const GROUP: usize = 500;

/// Loads the starter model.
pub async fn load_embedder() -> Arc<dyn Embedder> {
    let folder = std::env::var("QUIRE_TEST_MODELS").expect(
        "QUIRE_TEST_MODELS names the folder of models; run the tests by `cargo xtask test`",
    );
    let runtime = LocalRuntime::new(ModelStore::new(folder), RuntimeOptions::default());
    let model = "all-minilm-l6-v2".parse().expect("a valid name");
    runtime.get_embedder(&model).await.expect("the embedding model loads")
}

/// Gives the vectors of questions.
pub async fn of_questions(embedder: &dyn Embedder, questions: &[String]) -> Vec<Vec<f32>> {
    let found = embedder.embed(questions.to_vec(), TextRole::Query).await;
    found.expect("questions are embedded").vectors
}

/// Gives the vectors of passages, from the file where they were embedded before.
pub async fn of_passages(embedder: &dyn Embedder, passages: &[String]) -> Vec<Vec<f32>> {
    let mut hash = Sha256::new();
    hash.update(&embedder.info().fingerprint);
    for passage in passages {
        hash.update(passage);
        hash.update([0]);
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let hash = hash.finalize().iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte));
    let file = folder.join(format!("passages-{hash:016x}.f32"));
    let dimensions = embedder.info().dimensions;
    if let Ok(bytes) = std::fs::read(&file) {
        let numbers: Vec<f32> =
            bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        return numbers.chunks_exact(dimensions).map(<[f32]>::to_vec).collect();
    }
    let mut vectors = Vec::with_capacity(passages.len());
    for group in passages.chunks(GROUP) {
        let more = embedder.embed(group.to_vec(), TextRole::Passage).await;
        vectors.extend(more.expect("passages are embedded").vectors);
        if vectors.len().is_multiple_of(20 * GROUP) {
            println!("{} of {} passages embedded", vectors.len(), passages.len());
        }
    }
    let bytes: Vec<u8> = vectors.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
    // A file cut short by a kill must not be taken for a whole one.
    let unfinished = file.with_extension("unfinished");
    std::fs::write(&unfinished, bytes).expect("the vectors are written");
    std::fs::rename(&unfinished, &file).expect("the file is put in place");
    vectors
}
