//! Files that are broken, or made to harm: each is an error that says what is wrong, never a panic.

use quire_engines::candle::{CandleGenerator, ChatOptions};
use quire_engines::{EngineError, ModelRuntime, ModelStore};
use serde_json::{Value, json};

use super::writing::{ROWS, WIDTH, add_head, add_llama, config, finish, llama};
use crate::model::{TinyModel, name};

fn refused(model: &TinyModel) -> String {
    let options = ChatOptions::default();
    let loaded = CandleGenerator::load(&model.folder(), name(), &options);
    loaded.map(drop).expect_err("it is broken").to_string()
}

/// A model whose configuration has another entry.
fn with_entry(key: &str, value: &Value) -> TinyModel {
    let model = llama();
    model.file("config.json", &config("llama", &json!({key: value})));
    model
}

#[tokio::test]
async fn a_file_that_is_missing_is_named() {
    for (file, named) in [
        ("config.json", "config.json"),
        ("tokenizer.json", "tokenizer.json"),
        ("model.safetensors", "model.safetensors"),
    ] {
        let model = llama();
        std::fs::remove_file(model.folder().join(file)).expect("it goes");
        let error = refused(&model);
        assert!(error.contains(named), "{error}");
        // The store does not take it for a model.
        assert!(ModelStore::new(model.folder().join("../..")).list().expect("a list").is_empty());
        let error = model.runtime().get_generator(&name()).await.map(drop).expect_err("none");
        assert!(error.is_missing_model(), "{error}");
    }
}

#[test]
fn absurd_sizes_are_refused_before_anything_is_allocated() {
    for (key, value, named) in [
        ("hidden_size", json!(1_u64 << 40), "width"),
        ("num_hidden_layers", json!(1_u64 << 40), "layers"),
        ("vocab_size", json!(1_u64 << 40), "vocabulary"),
        ("intermediate_size", json!(1_u64 << 40), "inner width"),
        ("num_attention_heads", json!(0), "heads"),
        ("num_key_value_heads", json!(3), "heads"),
        ("head_dim", json!(1_u64 << 30), "head"),
        ("max_position_embeddings", json!(1_u64 << 60), "context"),
        ("hidden_size", json!(128), "sides"),
        ("num_hidden_layers", json!(3), "model.layers.2"),
        ("num_hidden_layers", json!(1), "model.layers.1"),
        ("hidden_size", json!("wide"), "config.json"),
        ("rope_scaling", json!({"rope_type": "yarn", "factor": 4.0}), "yarn"),
        ("model_type", json!("mamba"), "mamba"),
    ] {
        let error = refused(&with_entry(key, &value));
        assert!(error.contains(named), "{key} {value}: {error}");
    }
}

#[test]
fn weights_that_are_cut_off_or_others_than_expected_are_refused() {
    let model = llama();
    let path = model.folder().join("model.safetensors");
    let whole = std::fs::read(&path).expect("the weights");
    for length in [0, 4, 8, 200, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).expect("it is written");
        assert!(!refused(&model).is_empty(), "{length} bytes");
    }
    let mut absurd = whole.clone();
    absurd[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    std::fs::write(&path, absurd).expect("it is written");
    assert!(refused(&model).contains("head"));

    let changed = |change: &dyn Fn(&mut TinyModel)| {
        let mut model = TinyModel::new();
        add_llama(&mut model, 1.0);
        add_head(&mut model);
        change(&mut model);
        finish(&model, &config("llama", &json!({})));
        refused(&model)
    };
    let more = changed(&|model| model.tensor("model.layers.0.self_attn.q_norm.weight", &[16], 1.0));
    assert!(more.contains("q_norm"), "what is not read is not passed over: {more}");
    let wide = changed(&|model| model.tensor("lm_head.weight", &[ROWS, WIDTH + 1], 0.0));
    assert!(wide.contains("lm_head.weight"), "{wide}");
    let whole_numbers = changed(&|model| model.convert(candle_core::DType::I64));
    assert!(whole_numbers.contains("I64"), "{whole_numbers}");
}

#[test]
fn tokenizers_and_templates_that_are_broken_are_refused() {
    let model = llama();
    model.file("tokenizer.json", &json!({"model": 7}));
    assert!(refused(&model).contains("tokenizer.json"));

    let model = llama();
    model.file(
        "tokenizer_config.json",
        &json!({"chat_template": "{% for %}", "eos_token": "<|im_end|>"}),
    );
    let loaded = CandleGenerator::load(&model.folder(), name(), &ChatOptions::default());
    let error = loaded.map(drop).expect_err("the template is broken");
    assert!(matches!(error, EngineError::Template { .. }), "{error}");
}
