//! Judges of entailment: heads of three families, labels in any order, premises of any length.

use candle_core::{D, Result, Tensor};
use candle_transformers::models::{debertav2, xlm_roberta};
use quire_domain::{ModelKind, Unloading};
use quire_engines::{
    EngineError, Entailment, EntailmentJudge, EntailmentLabel, EntailmentPair, LocalRuntime,
    ModelRuntime, RuntimeOptions,
};
use serde_json::{Value, json};

use crate::model::{
    Encoded, HEADS, INNER, LAYERS, TinyModel, WIDTH, WINDOW, WORDS, bert_config, name, pad,
    unigrams, word_pieces,
};

const PAIRS: [(&str, &str); 5] = [
    ("it is me.", "it is you."),
    ("the cat sat on the mat", "it sat"),
    ("", "is it?"),
    ("it", "wwww zzz. qq"),
    ("a b c d e f g h i j k l m n o p q r s t u", "it is a long one"),
];

/// The labels of `MoritzLaurer`'s models, and of cross-encoder's.
const ORDERS: [[&str; 3]; 2] =
    [["entailment", "neutral", "contradiction"], ["contradiction", "entailment", "neutral"]];

fn pairs() -> Vec<EntailmentPair> {
    PAIRS.map(|(premise, hypothesis)| pair(&[premise], hypothesis)).to_vec()
}

fn pair(premise: &[&str], hypothesis: &str) -> EntailmentPair {
    let premise = premise.iter().map(|sentence| (*sentence).to_owned()).collect();
    EntailmentPair { premise, hypothesis: hypothesis.to_owned() }
}

fn named(mut config: Value, architecture: &str, labels: &[&str]) -> Value {
    config["architectures"] = json!([architecture]);
    let labels = labels.iter().enumerate().map(|(place, name)| (place.to_string(), json!(name)));
    config["id2label"] = Value::Object(labels.collect());
    config
}

/// As `DeBERTa` is in its third version; `shares_keys` false is as its second was first published.
fn deberta(labels: &[&str], shares_keys: bool) -> TinyModel {
    let kinds = if shares_keys { 0 } else { 2 };
    let mut model = TinyModel::new();
    model.deberta_v2(kinds);
    model.linear("pooler.dense", WIDTH, WIDTH);
    model.linear("classifier", WIDTH, labels.len());
    model.save();
    let config = json!({
        "model_type": "deberta-v2", "vocab_size": WORDS, "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER,
        "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": WINDOW, "type_vocab_size": kinds, "initializer_range": 0.02,
        "layer_norm_eps": 1e-7, "relative_attention": true, "max_relative_positions": -1,
        "pad_token_id": 0, "position_biased_input": !shares_keys, "pos_att_type": ["p2c", "c2p"],
        "position_buckets": 8, "share_att_key": shares_keys, "norm_rel_ebd": "layer_norm",
        "pooler_dropout": 0, "pooler_hidden_act": "gelu", "pooler_hidden_size": WIDTH,
    });
    model.file("config.json", &named(config, "DebertaV2ForSequenceClassification", labels));
    model.file("tokenizer.json", &word_pieces());
    model
}

/// As `RoBERTa` is; its tokenizer puts two separators between the texts of a pair.
fn roberta(labels: &[&str]) -> TinyModel {
    let mut model = TinyModel::new();
    // The first two rows of the position table are for padding.
    model.bert("roberta.", WINDOW + 2, 1);
    model.linear("classifier.dense", WIDTH, WIDTH);
    model.linear("classifier.out_proj", WIDTH, labels.len());
    model.save();
    let config = bert_config("roberta", WINDOW + 2, 1, 1);
    model.file("config.json", &named(config, "RobertaForSequenceClassification", labels));
    model.file("tokenizer.json", &unigrams());
    model
}

/// Turns pairs into tokens without any help of the engine.
fn encode(model: &TinyModel) -> Vec<Encoded> {
    let tokenizer = model.tokenizer();
    let encode = |pair: &(&str, &str)| {
        let encoding = tokenizer.encode(*pair, true).expect("tokens");
        (encoding.get_ids().to_vec(), encoding.get_type_ids().to_vec())
    };
    PAIRS.iter().map(encode).collect()
}

fn deberta_probabilities(model: &TinyModel) -> Result<Vec<Vec<f32>>> {
    let weights = model.weights().pp("deberta");
    let network = debertav2::DebertaV2SeqClassificationModel::load(weights, &model.config(), None)?;
    let texts = encode(model);
    let config: debertav2::Config = model.config();
    // candle cannot add the positions of one text to those of several.
    let batch = if config.position_biased_input { 1 } else { texts.len() };
    let mut probabilities = Vec::new();
    for texts in texts.chunks(batch) {
        let padded = pad(texts, 0);
        let logits = network.forward(&padded.ids, Some(padded.kinds), Some(padded.mask))?;
        probabilities.extend(softmax(&logits)?);
    }
    Ok(probabilities)
}

fn roberta_probabilities(
    model: &TinyModel,
    labels: usize,
    texts: &[Encoded],
) -> Result<Vec<Vec<f32>>> {
    let network = xlm_roberta::XLMRobertaForSequenceClassification::new(
        labels,
        &model.config(),
        model.weights(),
    )?;
    let padded = pad(texts, 1);
    softmax(&network.forward(&padded.ids, &padded.mask, &padded.kinds)?)
}

fn softmax(logits: &Tensor) -> Result<Vec<Vec<f32>>> {
    candle_nn::ops::softmax(logits, D::Minus1)?.to_vec2()
}

/// Checks judgements against probabilities in the order of `labels`.
fn check(judged: &[Entailment], expected: &[Vec<f32>], labels: &[&str]) {
    assert_eq!(judged.len(), expected.len());
    for (judged, expected) in judged.iter().zip(expected) {
        for (label, expected) in labels.iter().zip(expected) {
            let ours = match *label {
                "entailment" => judged.entailment,
                "neutral" => judged.neutral.expect("the model has this label"),
                "contradiction" => judged.contradiction.expect("the model has this label"),
                _ => 1.0 - judged.entailment,
            };
            assert!((ours - expected).abs() < 1e-4, "{label}: {ours} is not {expected}");
        }
        assert_eq!(judged.window_count, 1);
    }
    let spread = expected.iter().map(|row| (row[0] - expected[0][0]).abs()).fold(0.0, f32::max);
    assert!(spread > 0.01, "the probabilities {expected:?} would hide a mistake");
}

#[tokio::test]
async fn deberta_is_candles_with_its_pooler_and_labels_in_any_order() {
    for (labels, shares_keys) in [(ORDERS[0], true), (ORDERS[1], true), (ORDERS[0], false)] {
        let model = deberta(&labels, shares_keys);
        let judge = model.runtime().get_judge(&name()).await.expect("it loads");
        assert_eq!(judge.info().max_tokens, WINDOW);
        let first: EntailmentLabel = labels[0].parse().expect("a label");
        assert_eq!(judge.info().labels[0], first);
        let judged = judge.judge(pairs()).await.expect("judgements");
        check(&judged, &deberta_probabilities(&model).expect("probabilities"), &labels);
    }
}

#[tokio::test]
async fn roberta_is_candles_with_labels_in_any_order() {
    for labels in ORDERS {
        let model = roberta(&labels);
        let judge = model.runtime().get_judge(&name()).await.expect("it loads");
        let judged = judge.judge(pairs()).await.expect("judgements");
        let texts = encode(&model);
        let expected = roberta_probabilities(&model, 3, &texts).expect("probabilities");
        check(&judged, &expected, &labels);
    }
}

/// Makes a runtime for a model whose labels have no names, as `MiniCheck`'s have none.
fn minicheck(model: &TinyModel) -> LocalRuntime {
    let entry = json!({"kind": "judge", "labels": ["not_entailment", "entailment"],
        "pair_template": "single_separator"});
    model.runtime_known_as(&entry, RuntimeOptions::default())
}

#[tokio::test]
async fn a_catalog_names_two_labels_and_asks_for_one_separator() {
    let model = roberta(&["0", "1"]);
    let judge = minicheck(&model).get_judge(&name()).await.expect("it loads");
    let judged = judge.judge(pairs()).await.expect("judgements");
    assert!(judged.iter().all(|it| it.neutral.is_none() && it.contradiction.is_none()));
    let mut texts = encode(&model);
    for (ids, kinds) in &mut texts {
        let second = ids.windows(2).position(|pair| pair == [2, 2]).expect("two separators") + 1;
        ids.remove(second);
        kinds.remove(second);
    }
    let expected = roberta_probabilities(&model, 2, &texts).expect("probabilities");
    check(&judged, &expected, &["not_entailment", "entailment"]);
}

#[tokio::test]
async fn a_judgement_does_not_depend_on_the_other_pairs() {
    for model in [deberta(&ORDERS[0], true), roberta(&ORDERS[0])] {
        let judge = model.runtime().get_judge(&name()).await.expect("it loads");
        let together = judge.judge(pairs()).await.expect("judgements");
        for (pair, together) in pairs().into_iter().zip(&together) {
            let alone = judge.judge(vec![pair.clone()]).await.expect("a judgement");
            let off = (alone[0].entailment - together.entailment).abs();
            assert!(off < 1e-5, "{pair:?}: {alone:?} and {together:?}");
        }
        assert!(judge.judge(Vec::new()).await.expect("nothing").is_empty());
    }
}

async fn judge_one(judge: &dyn EntailmentJudge, pair: EntailmentPair) -> Entailment {
    judge.judge(vec![pair]).await.expect("a judgement")[0]
}

#[tokio::test]
async fn a_long_premise_is_read_in_windows_of_whole_sentences() {
    let judge = roberta(&ORDERS[0]).runtime().get_judge(&name()).await.expect("it loads");
    let judge = judge.as_ref();
    // 12 and 10 letters: two sentences fit beside the hypothesis, and three do not.
    let sentences = ["abcabcabcabc", "it sat there", "qqqqwwwwzzzz", "defdefdefdef", "mmmmnnnnoo"];
    let hypothesis = "is it?";
    let whole = judge_one(judge, pair(&sentences, hypothesis)).await;
    assert_eq!(whole.window_count, 3);
    let mut best = f32::MIN;
    for window in sentences.chunks(2) {
        let part = judge_one(judge, pair(window, hypothesis)).await;
        assert_eq!(part.window_count, 1);
        let joined = judge_one(judge, pair(&[&window.join(" ")], hypothesis)).await;
        assert!((part.entailment - joined.entailment).abs() < 1e-6);
        best = best.max(part.entailment);
    }
    assert!((whole.entailment - best).abs() < 1e-5, "{whole:?} is not the best of its windows");
}

#[tokio::test]
async fn a_text_that_does_not_fit_is_refused_and_named() {
    let judge = roberta(&ORDERS[0]).runtime().get_judge(&name()).await.expect("it loads");
    let fits = pair(&["it is"], "it");
    let long_hypothesis = pair(&["it is"], &"a ".repeat(17));
    let error = judge.judge(vec![fits.clone(), long_hypothesis]).await.expect_err("too long");
    let expected = matches!(
        error,
        EngineError::HypothesisTooLong { index: 1, tokens: 17, max_tokens: 16, .. }
    );
    assert!(expected, "{error}");
    let sentence = "a ".repeat(WINDOW);
    let long_sentence = pair(&["it is", &sentence], "it");
    let error = judge.judge(vec![fits, long_sentence]).await.expect_err("too long");
    let expected =
        matches!(error, EngineError::PremiseTooLong { index: 1, sentence: 1, tokens: WINDOW, .. });
    assert!(expected, "{error}");
}

#[tokio::test]
async fn a_judge_is_listed_as_one_and_used_as_nothing_else() {
    let model = deberta(&ORDERS[0], true);
    let runtime = model.runtime();
    runtime.get_judge(&name()).await.expect("it loads");
    let models = runtime.list_models().await.expect("a list");
    assert_eq!((models[0].kind, models[0].loaded), (ModelKind::Judge, true));
    let Err(error) = runtime.get_reranker(&name()).await else { panic!("it has three labels") };
    assert!(error.to_string().contains("cannot be used to rank passages"), "{error}");
    assert_eq!(runtime.residents().unload(&name()), Unloading::Unloaded);
}

#[tokio::test]
async fn labels_that_do_not_tell_are_refused() {
    let cases: [(&[&str], &str); 4] = [
        (&["0", "1"], "name its labels in a catalog"),
        (&["positive", "negative"], "`positive` is none of entailment"),
        (&["neutral", "contradiction"], "do not tell entailment"),
        (&["entailment", "entailed", "neutral"], "do not tell entailment"),
    ];
    for (labels, expected) in cases {
        let model = roberta(labels);
        let Err(error) = model.runtime().get_judge(&name()).await else { panic!("{expected}") };
        assert!(error.to_string().contains(expected), "`{error}` does not say `{expected}`");
    }
    let model = roberta(&ORDERS[0]);
    let Err(error) = minicheck(&model).get_judge(&name()).await else { panic!("three outputs") };
    assert!(error.to_string().contains("gives 3 numbers and it has 2 labels"), "{error}");
}
