//! Embedders of every family, what goes before their texts, and how their vectors are cut.

use std::collections::HashMap;

use candle_core::{DType, Result, Tensor};
use candle_transformers::models::{bert, modernbert, nomic_bert, xlm_roberta};
use quire_domain::Language;
use quire_engines::{EngineError, ModelRuntime, RuntimeOptions, TextRole};
use serde_json::{Value, json};

use crate::model::{
    Encoded, HEADS, INNER, LAYERS, Padded, TinyModel, WIDTH, WINDOW, WORDS, bert_config, name, pad,
    unigrams, word_pieces,
};

const TEXTS: [&str; 5] = ["it is me.", "the cat sat on the mat today", "", "it", "wwww zzz. qq"];

fn texts() -> Vec<String> {
    TEXTS.map(str::to_owned).to_vec()
}

fn encode(model: &TinyModel, texts: &[String]) -> Vec<Encoded> {
    let tokenizer = model.tokenizer();
    let encode = |text: &String| {
        let encoding = tokenizer.encode(text.as_str(), true).expect("tokens");
        (encoding.get_ids().to_vec(), encoding.get_type_ids().to_vec())
    };
    texts.iter().map(encode).collect()
}

/// As multilingual-e5-small is: BERT's network under XLM-RoBERTa's tokenizer.
fn bert_of_unigrams() -> TinyModel {
    let mut model = TinyModel::new();
    model.bert("", WINDOW, 2);
    model.save();
    model.file("config.json", &bert_config("bert", WINDOW, 2, 0));
    model.file("tokenizer.json", &unigrams());
    model
}

/// As multilingual-e5-base is. The first two rows of the position table are for padding.
fn xlm_roberta_model() -> TinyModel {
    let mut model = TinyModel::new();
    model.bert("", WINDOW + 2, 1);
    model.save();
    model.file("config.json", &bert_config("xlm-roberta", WINDOW + 2, 1, 1));
    model.file("tokenizer.json", &unigrams());
    model
}

fn nomic_config() -> Value {
    json!({
        "model_type": "nomic_bert", "vocab_size": WORDS, "n_embd": WIDTH, "n_head": HEADS,
        "n_layer": LAYERS, "n_inner": INNER, "n_positions": 4 * WINDOW,
        "max_trained_positions": WINDOW, "type_vocab_size": 2, "layer_norm_epsilon": 1e-5,
        "rotary_emb_fraction": 1.0, "rotary_emb_base": 1000, "rotary_emb_interleaved": false,
        "qkv_proj_bias": false, "mlp_fc1_bias": false, "mlp_fc2_bias": false,
        "activation_function": "swiglu", "prenorm": false, "rotary_scaling_factor": null,
    })
}

fn nomic_bert_model() -> TinyModel {
    let mut model = TinyModel::new();
    model.nomic_bert();
    model.save();
    model.file("config.json", &nomic_config());
    model.file("tokenizer.json", &word_pieces());
    model
}

fn modern_config() -> Value {
    json!({
        "model_type": "modernbert", "vocab_size": WORDS, "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER,
        "max_position_embeddings": WINDOW, "layer_norm_eps": 1e-5, "pad_token_id": 0,
        "global_attn_every_n_layers": 3, "global_rope_theta": 160_000.0, "local_attention": 8,
        "local_rope_theta": 10_000.0, "hidden_activation": "gelu", "attention_bias": false,
        "mlp_bias": false, "norm_bias": false,
    })
}

fn modern_bert_model(prefix: &str) -> TinyModel {
    let mut model = TinyModel::new();
    model.modern_bert(prefix);
    model.save();
    model.file("config.json", &modern_config());
    model.file("1_Pooling/config.json", &json!({"pooling_mode_cls_token": true}));
    model.file("tokenizer.json", &word_pieces());
    model
}

/// Means of the rows that are no padding, as sentence-transformers takes them.
fn mean(rows: &Tensor, mask: &Tensor) -> Result<Tensor> {
    let mask = mask.to_dtype(DType::F32)?.unsqueeze(2)?;
    rows.broadcast_mul(&mask)?.sum(1)?.broadcast_div(&mask.sum(1)?)
}

/// Checks the engine's vectors against those of a padded batch in candle-transformers' network.
async fn check(model: &TinyModel, pad_id: u32, reference: impl Fn(&Padded) -> Result<Tensor>) {
    let embedder = model.runtime().get_embedder(&name()).await.expect("it loads");
    assert_eq!((embedder.info().dimensions, embedder.info().max_tokens), (WIDTH, WINDOW));
    let mut texts = texts();
    // As long as it may be: the last positions and the widest local window are seen.
    let filler = "a ".repeat(WINDOW - 2);
    texts.push(filler);
    let ours = embedder.embed(texts.clone(), TextRole::Passage).await.expect("vectors");
    assert_eq!(ours.token_counts.last(), Some(&WINDOW));
    let padded = pad(&encode(model, &texts), pad_id);
    let rows = reference(&padded).and_then(|rows| rows.to_vec2::<f32>()).expect("vectors");
    for ((text, vector), row) in texts.iter().zip(&ours.vectors).zip(&rows) {
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        for (ours, theirs) in vector.iter().zip(row) {
            let theirs = theirs / length;
            assert!((ours - theirs).abs() < 1e-4, "`{text}`: {ours} is not {theirs}");
        }
    }
    for (index, text) in texts.iter().enumerate() {
        let alone = embedder.embed(vec![text.clone()], TextRole::Query).await.expect("a vector");
        let off = alone.vectors[0].iter().zip(&ours.vectors[index]).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 1e-5, "`{text}` depends on its company");
    }
    let apart = ours.vectors[0].iter().zip(&ours.vectors[1]).map(|(a, b)| (a - b).abs());
    assert!(apart.fold(0.0, f32::max) > 0.05, "the vectors would hide a mistake");
}

#[tokio::test]
async fn bert_under_a_unigram_tokenizer_is_candles() {
    let model = bert_of_unigrams();
    let network = bert::BertModel::load(model.weights(), &model.config()).expect("the network");
    check(&model, 1, |texts| {
        let rows = network.forward(&texts.ids, &texts.kinds, Some(&texts.mask))?;
        mean(&rows, &texts.mask)
    })
    .await;
}

#[tokio::test]
async fn xlm_roberta_is_candles_positions_included() {
    let model = xlm_roberta_model();
    let network = xlm_roberta::XLMRobertaModel::new(&model.config(), model.weights());
    let network = network.expect("the network");
    check(&model, 1, |texts| {
        let rows = network.forward(&texts.ids, &texts.mask, &texts.kinds, None, None, None)?;
        mean(&rows, &texts.mask)
    })
    .await;
}

#[tokio::test]
async fn nomic_bert_is_candles_up_to_what_it_was_trained_on() {
    let model = nomic_bert_model();
    let network = nomic_bert::NomicBertModel::load(model.weights(), &model.config());
    let network = network.expect("the network");
    check(&model, 0, |texts| {
        let rows = network.forward(&texts.ids, Some(&texts.kinds), Some(&texts.mask))?;
        nomic_bert::mean_pooling(&rows, &texts.mask)
    })
    .await;
}

#[tokio::test]
async fn modern_bert_is_candles_with_and_without_a_head_above_it() {
    let headed = modern_bert_model("model.");
    let network = modernbert::ModernBert::load(headed.weights(), &headed.config());
    let network = network.expect("the network");
    // The same numbers under other names.
    for model in [headed, modern_bert_model("")] {
        check(&model, 0, |texts| {
            network.forward(&texts.ids, &texts.mask)?.narrow(1, 0, 1)?.squeeze(1)
        })
        .await;
    }
}

/// Embeds a text that already has in front of it what a model would put there.
async fn embed_plain(text: &str) -> Vec<f32> {
    let embedder = bert_of_unigrams().runtime().get_embedder(&name()).await.expect("it loads");
    let made = embedder.embed(vec![text.to_owned()], TextRole::Passage).await;
    made.expect("a vector").vectors.remove(0)
}

fn prompts() -> Value {
    json!({"prompts": {"query": "ask. ", "document": "tell me. "}, "default_prompt_name": null})
}

#[tokio::test]
async fn prompts_come_from_the_catalog_or_else_from_the_models_own_file() {
    let model = bert_of_unigrams();
    model.file("config_sentence_transformers.json", &prompts());
    let unnamed = json!({});
    let named = json!({"query_prefix": "query. ", "passage_prefix": "passage. "});
    let cases = [
        (&unnamed, ["ask. it is", "tell me. it is"]),
        (&named, ["query. it is", "passage. it is"]),
    ];
    let mut fingerprints = Vec::new();
    for (entry, expected) in cases {
        let runtime = model.runtime_known_as(entry, RuntimeOptions::default());
        let embedder = runtime.get_embedder(&name()).await.expect("it loads");
        fingerprints.push(embedder.info().fingerprint.clone());
        for (role, expected) in [TextRole::Query, TextRole::Passage].into_iter().zip(expected) {
            let made = embedder.embed(vec!["it is".to_owned()], role).await.expect("a vector");
            assert_eq!(made.vectors[0], embed_plain(expected).await, "`{expected}`");
            assert_eq!(made.token_counts[0], embedder.count_tokens("it is") + 2);
        }
    }
    assert_ne!(fingerprints[0], fingerprints[1]);
}

#[tokio::test]
async fn room_is_kept_for_what_goes_before_a_text() {
    let model = bert_of_unigrams();
    model.file("config_sentence_transformers.json", &prompts());
    let embedder = model.runtime().get_embedder(&name()).await.expect("it loads");
    // `tell me.` has 7 letters and signs.
    let max_tokens = WINDOW - 7;
    assert_eq!(embedder.info().max_tokens, max_tokens);
    for role in [TextRole::Query, TextRole::Passage] {
        let fits = vec!["a ".repeat(max_tokens - 2)];
        assert_eq!(embedder.embed(fits, role).await.expect("it fits").token_counts[0], max_tokens);
        let error = embedder.embed(vec!["a ".repeat(max_tokens - 1)], role).await;
        let Err(EngineError::InputTooLong { tokens, .. }) = error else { panic!("{error:?}") };
        assert_eq!(tokens, max_tokens + 1);
    }
}

#[tokio::test]
async fn vectors_are_cut_to_lengths_that_the_catalog_allows() {
    let model = nomic_bert_model();
    let whole = model.runtime().get_embedder(&name()).await.expect("it loads");
    let full = whole.embed(texts(), TextRole::Passage).await.expect("vectors").vectors;
    let options = |dimensions| RuntimeOptions {
        dimensions: HashMap::from([(name(), dimensions)]),
        ..RuntimeOptions::default()
    };
    for centred in [false, true] {
        let entry = json!({"dimensions": [WIDTH, 8], "centred_before_cut": centred});
        let runtime = model.runtime_known_as(&entry, options(8));
        let embedder = runtime.get_embedder(&name()).await.expect("it loads");
        assert_eq!(embedder.info().dimensions, 8);
        assert_ne!(embedder.info().fingerprint, whole.info().fingerprint);
        let cut = embedder.embed(texts(), TextRole::Passage).await.expect("vectors").vectors;
        for (cut, full) in cut.iter().zip(&full) {
            let mean = if centred { full.iter().sum::<f32>() / full.len() as f32 } else { 0.0 };
            let kept: Vec<f32> = full[..8].iter().map(|value| value - mean).collect();
            let length = kept.iter().map(|value| value * value).sum::<f32>().sqrt();
            assert_eq!(cut.len(), 8);
            for (cut, kept) in cut.iter().zip(&kept) {
                assert!((cut - kept / length).abs() < 1e-5);
            }
        }
    }
    let refusals = [
        (json!({"dimensions": [WIDTH, 8]}), 9, "may be cut to 32, 8, not 9"),
        (json!({}), 8, "does not say"),
        (json!({"dimensions": [WIDTH, 64]}), 64, "have 32 numbers, not 64"),
    ];
    for (entry, dimensions, expected) in refusals {
        let runtime = model.runtime_known_as(&entry, options(dimensions));
        let Err(error) = runtime.get_embedder(&name()).await else { panic!("{expected}") };
        assert!(error.to_string().contains(expected), "`{error}` does not say `{expected}`");
    }
}

#[tokio::test]
async fn an_embedder_knows_its_languages() {
    let model = bert_of_unigrams();
    let cases = [
        (json!({}), None, true),
        (json!({"languages": ["en", "zh"]}), Some(vec![Language::English]), false),
        (json!({"languages": ["*"]}), Some(Language::ALL.to_vec()), true),
    ];
    for (entry, languages, reads_german) in cases {
        let runtime = model.runtime_known_as(&entry, RuntimeOptions::default());
        let embedder = runtime.get_embedder(&name()).await.expect("it loads");
        let info = embedder.info();
        assert_eq!(info.languages, languages);
        assert_eq!(info.reads(Language::German), reads_german);
        assert!(info.reads(Language::Unknown) && info.reads(Language::English));
    }
}

#[tokio::test]
async fn what_cannot_be_run_rightly_is_refused() {
    let dense = json!([{"type": "sentence_transformers.models.Transformer"},
        {"type": "sentence_transformers.models.Dense"}]);
    let mut unknown = nomic_config();
    unknown["activation_function"] = json!("gelu");
    let mut biased = modern_config();
    biased["mlp_bias"] = json!(true);
    let cases = [
        ("modules.json", dense, "module `Dense`"),
        ("1_Pooling/config.json", json!({"pooling_mode_lasttoken": true}), "the last token"),
        ("1_Pooling/config.json", json!({"include_prompt": false}), "without the prompt"),
        (
            "config.json",
            json!({"model_type": "electra", "hidden_size": 1, "num_hidden_layers": 1,
            "num_attention_heads": 1}),
            "`electra`",
        ),
        ("config.json", unknown, "not swiglu"),
        ("config.json", biased, "biases"),
    ];
    for (file, content, expected) in cases {
        let model = bert_of_unigrams();
        model.file(file, &content);
        let Err(error) = model.runtime().get_embedder(&name()).await else { panic!("{expected}") };
        assert!(error.to_string().contains(expected), "`{error}` does not say `{expected}`");
    }
}
