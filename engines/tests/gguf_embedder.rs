//! Embedding models in GGUF files, on the real small model: its safetensors are written as GGUF
//! here, and llama.cpp must make of them what candle makes of the original.
//!
//! The names of tensors and entries are those of llama.cpp's `convert_hf_to_gguf.py`.

#![cfg(all(feature = "candle", feature = "llama"))]

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use quire_domain::{ErrorKind, ModelFormat, ModelId, ModelKind};
use quire_engines::store::Catalog;
use quire_engines::{
    Embedder, EngineError, LocalRuntime, ModelRuntime, ModelStore, RuntimeOptions, TextRole,
};
use serde_json::json;

fn id(name: &str) -> ModelId {
    name.parse().expect("a valid name")
}

fn real_models() -> PathBuf {
    let folder = std::env::var_os("QUIRE_TEST_MODELS").expect(
        "QUIRE_TEST_MODELS names the folder of models; run the tests by `cargo xtask test`",
    );
    PathBuf::from(folder)
}

/// Names a tensor of BERT as llama.cpp does.
fn tensor_name(name: &str) -> Option<String> {
    let fixed = [
        ("embeddings.word_embeddings.", "token_embd."),
        ("embeddings.position_embeddings.", "position_embd."),
        ("embeddings.token_type_embeddings.", "token_types."),
        ("embeddings.LayerNorm.", "token_embd_norm."),
    ];
    if let Some((from, to)) = fixed.iter().find(|(from, _)| name.starts_with(from)) {
        return Some(name.replacen(from, to, 1));
    }
    let (number, part) = name.strip_prefix("encoder.layer.")?.split_once('.')?;
    let parts = [
        ("attention.self.query.", "attn_q."),
        ("attention.self.key.", "attn_k."),
        ("attention.self.value.", "attn_v."),
        ("attention.output.dense.", "attn_output."),
        ("attention.output.LayerNorm.", "attn_output_norm."),
        ("intermediate.dense.", "ffn_up."),
        ("output.dense.", "ffn_down."),
        ("output.LayerNorm.", "layer_output_norm."),
    ];
    let (from, to) = parts.iter().find(|(from, _)| part.starts_with(from))?;
    Some(format!("blk.{number}.{}", part.replacen(from, to, 1)))
}

/// Lists the words in the order of their numbers, with the sign that llama.cpp has for a word's
/// start in place of BERT's for its middle.
fn words(folder: &Path) -> Vec<Value> {
    let file = std::fs::read(folder.join("tokenizer.json")).expect("a tokenizer");
    let json: serde_json::Value = serde_json::from_slice(&file).expect("JSON");
    let vocabulary = json["model"]["vocab"].as_object().expect("a vocabulary");
    let mut words: Vec<(u64, String)> = vocabulary
        .iter()
        .map(|(word, number)| {
            let word = match word.strip_prefix("##") {
                Some(rest) => rest.to_owned(),
                None if word.starts_with('[') && word.ends_with(']') => word.clone(),
                None => format!("▁{word}"),
            };
            (number.as_u64().expect("a number"), word)
        })
        .collect();
    words.sort();
    words.into_iter().map(|(_, word)| Value::String(word)).collect()
}

/// Writes the real model as `test/minilm`, saying that it is pooled in this way.
fn store(pooling: Option<u32>) -> tempfile::TempDir {
    let original = real_models().join("sentence-transformers/all-MiniLM-L6-v2");
    let tensors = candle_core::safetensors::load(original.join("model.safetensors"), &Device::Cpu)
        .expect("the weights");
    let tensors: HashMap<String, QTensor> = tensors
        .iter()
        .filter_map(|(name, tensor)| Some((tensor_name(name)?, single(tensor))))
        .collect();
    let architecture = Value::String("bert".to_owned());
    let tokenizer = Value::String("bert".to_owned());
    let mut entries = vec![
        ("general.architecture", architecture),
        ("bert.context_length", Value::U32(512)),
        ("bert.embedding_length", Value::U32(384)),
        ("bert.feed_forward_length", Value::U32(1536)),
        ("bert.block_count", Value::U32(6)),
        ("bert.attention.head_count", Value::U32(12)),
        ("bert.attention.layer_norm_epsilon", Value::F32(1e-12)),
        ("bert.attention.causal", Value::Bool(false)),
        ("tokenizer.ggml.model", tokenizer),
        ("tokenizer.ggml.token_type_count", Value::U32(2)),
        ("tokenizer.ggml.tokens", Value::Array(words(&original))),
    ];
    entries.extend(pooling.map(|kind| ("bert.pooling_type", Value::U32(kind))));
    let entries: Vec<(&str, &Value)> = entries.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let store = tempfile::tempdir().expect("a folder");
    let folder = store.path().join("test/minilm");
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut file = File::create(folder.join("minilm.gguf")).expect("a file");
    gguf_file::write(&mut file, &entries, &tensors).expect("it is written");
    store
}

fn single(tensor: &Tensor) -> QTensor {
    let tensor = tensor.to_dtype(candle_core::DType::F32).expect("numbers");
    QTensor::quantize(&tensor, GgmlDType::F32).expect("numbers as they are")
}

async fn original() -> Arc<dyn Embedder> {
    let runtime = LocalRuntime::new(ModelStore::new(real_models()), RuntimeOptions::default());
    runtime.get_embedder(&id("all-minilm-l6-v2")).await.expect("it loads")
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn llama_makes_the_vectors_that_candle_makes() {
    let store = store(Some(1));
    let options = RuntimeOptions::default();
    let runtime = LocalRuntime::new(ModelStore::new(store.path()), options);
    let embedder = runtime.get_embedder(&id("minilm")).await.expect("it loads");
    let models = runtime.list_models().await.expect("a list");
    assert_eq!((models[0].kind, models[0].format), (ModelKind::Embedding, Some(ModelFormat::Gguf)));
    let info = embedder.info();
    assert_eq!((info.dimensions, info.max_tokens), (384, 512));
    let original = original().await;
    let long = "The turbine's bearing must be greased every 500 hours. ".repeat(18);
    let texts = [
        "How often is the bearing greased?",
        "Revenue rose by 4.2 % to 1,317 million euros.",
        "Straße and naïve are words too",
        "",
        "x",
        long.as_str(),
    ];
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    let ours = embedder.embed(texts.clone(), TextRole::Passage).await.expect("vectors");
    let theirs = original.embed(texts.clone(), TextRole::Passage).await.expect("vectors");
    assert_eq!(ours.token_counts, theirs.token_counts);
    for (index, text) in texts.iter().enumerate() {
        let likeness = cosine(&ours.vectors[index], &theirs.vectors[index]);
        assert!(likeness > 0.9999, "`{text}`: {likeness}");
        assert_eq!(embedder.count_tokens(text) + 2, ours.token_counts[index], "`{text}`");
        let alone = embedder.embed(vec![text.clone()], TextRole::Query).await.expect("a vector");
        let likeness = cosine(&ours.vectors[index], &alone.vectors[0]);
        assert!(likeness > 0.9999, "`{text}` alone: {likeness}");
    }
    let error = embedder.embed(vec!["word ".repeat(600)], TextRole::Query).await;
    let Err(EngineError::InputTooLong { index: 0, tokens: 602, max_tokens: 512, .. }) = error
    else {
        panic!("{error:?}");
    };
    let Err(error) = runtime.get_generator(&id("minilm")).await else { panic!("it is no chat") };
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn prefixes_and_cuts_are_the_same_for_both_back_ends() {
    let store = store(Some(1));
    let entry = json!({"models": [{"id": "test/minilm", "kind": "embedding", "licence": "MIT",
        "query_prefix": "query: ", "passage_prefix": "passage: ", "dimensions": [384, 64],
        "files": [], "sources": []}]});
    let catalog: Catalog = serde_json::from_value(entry).expect("a catalog");
    let dimensions = HashMap::from([(id("test/minilm"), 64)]);
    let options = RuntimeOptions { dimensions, ..RuntimeOptions::default() };
    let store = ModelStore::new(store.path()).with_catalog(catalog);
    let runtime = LocalRuntime::new(store, options);
    let embedder = runtime.get_embedder(&id("minilm")).await.expect("it loads");
    // The prefix is a word and a colon.
    assert_eq!((embedder.info().dimensions, embedder.info().max_tokens), (64, 510));
    let text = "the bearing is greased";
    let made = embedder.embed(vec![text.to_owned()], TextRole::Query).await.expect("a vector");
    assert_eq!(made.token_counts[0], embedder.count_tokens(text) + 2);
    let with_prefix = vec![format!("query: {text}")];
    let whole = original().await.embed(with_prefix, TextRole::Query).await.expect("a vector");
    let start = &whole.vectors[0][..64];
    let length = cosine(start, start).sqrt();
    assert!(cosine(&made.vectors[0], start) / length > 0.9999);
    assert!((cosine(&made.vectors[0], &made.vectors[0]) - 1.0).abs() < 1e-5);
}

#[tokio::test]
async fn a_file_that_does_not_say_how_to_pool_is_refused() {
    for (pooling, expected) in
        [(None, "does not say"), (Some(0), "does not say"), (Some(4), "makes no vectors")]
    {
        let store = store(pooling);
        let options = RuntimeOptions::default();
        let runtime = LocalRuntime::new(ModelStore::new(store.path()), options);
        let Err(error) = runtime.get_embedder(&id("minilm")).await else { panic!("{expected}") };
        assert!(error.to_string().contains(expected), "{error}");
    }
}
