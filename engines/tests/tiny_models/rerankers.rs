//! Rerankers: BERT's head and XLM-RoBERTa's.

use candle_core::Tensor;
use candle_transformers::models::{bert, xlm_roberta};
use quire_domain::{ErrorKind, ModelKind, Unloading};
use quire_engines::{EngineError, ModelRuntime, Reranker};
use serde_json::{Value, json};

use crate::model::{
    Encoded, Padded, TinyModel, WIDTH, WINDOW, bert_config, name, pad, unigrams, word_pieces,
};

const QUERY: &str = "who is it?";
const PASSAGES: [&str; 5] = ["it is me.", "the cat sat on the mat", "", "it", "wwww zzz. qq"];

fn passages() -> Vec<String> {
    PASSAGES.map(str::to_owned).to_vec()
}

fn with_architecture(mut config: Value, architecture: &str) -> Value {
    config["architectures"] = json!([architecture]);
    config
}

fn bert_reranker(labels: usize) -> TinyModel {
    let mut model = TinyModel::new();
    model.bert("bert.", WINDOW, 2);
    model.linear("bert.pooler.dense", WIDTH, WIDTH);
    model.linear("classifier", WIDTH, labels);
    model.save();
    let config = bert_config("bert", WINDOW, 2, 0);
    model.file("config.json", &with_architecture(config, "BertForSequenceClassification"));
    model.file("tokenizer.json", &word_pieces());
    model
}

fn xlm_roberta_reranker() -> TinyModel {
    let mut model = TinyModel::new();
    // The first two rows of the position table are for padding.
    model.bert("roberta.", WINDOW + 2, 1);
    model.linear("classifier.dense", WIDTH, WIDTH);
    model.linear("classifier.out_proj", WIDTH, 1);
    model.save();
    let config = bert_config("xlm-roberta", WINDOW + 2, 1, 1);
    model.file("config.json", &with_architecture(config, "XLMRobertaForSequenceClassification"));
    model.file("tokenizer.json", &unigrams());
    model
}

/// Turns pairs into tokens without any help of the engine, cutting passages token by token.
fn pairs(model: &TinyModel, passages: &[String]) -> Vec<Encoded> {
    let tokenizer = model.tokenizer();
    let encode = |passage: &String| {
        let encoding = tokenizer.encode((QUERY, passage.as_str()), true).expect("tokens");
        let (mut ids, mut kinds) = (encoding.get_ids().to_vec(), encoding.get_type_ids().to_vec());
        while ids.len() > WINDOW {
            // The last token is the separator; the one before it is the passage's end.
            ids.remove(ids.len() - 2);
            kinds.remove(kinds.len() - 2);
        }
        (ids, kinds)
    };
    passages.iter().map(encode).collect()
}

fn bert_logits(model: &TinyModel, texts: &Padded) -> candle_core::Result<Vec<f32>> {
    let network = bert::BertModel::load(model.weights().pp("bert"), &model.config())?;
    let rows = network.forward(&texts.ids, &texts.kinds, Some(&texts.mask))?;
    let first = rows.narrow(1, 0, 1)?.squeeze(1)?;
    let layer = |rows: &Tensor, name: &str| {
        let weight = model.get(&format!("{name}.weight"));
        rows.matmul(&weight.t()?)?.broadcast_add(model.get(&format!("{name}.bias")))
    };
    layer(&layer(&first, "bert.pooler.dense")?.tanh()?, "classifier")?.flatten_all()?.to_vec1()
}

fn xlm_roberta_logits(model: &TinyModel, texts: &Padded) -> candle_core::Result<Vec<f32>> {
    let network =
        xlm_roberta::XLMRobertaForSequenceClassification::new(1, &model.config(), model.weights())?;
    network.forward(&texts.ids, &texts.mask, &texts.kinds)?.flatten_all()?.to_vec1()
}

/// Checks scores against logits: both the sigmoid and what it was taken of.
fn check(scores: &[f32], logits: &[f32]) {
    assert_eq!(scores.len(), logits.len());
    for (score, logit) in scores.iter().zip(logits) {
        let ours = (score / (1.0 - score)).ln();
        assert!((ours - logit).abs() < 1e-4, "{ours} is not {logit}");
        assert!((score - 1.0 / (1.0 + (-logit).exp())).abs() < 1e-5);
    }
    let spread = logits.iter().fold(0.0_f32, |most, it| most.max((it - logits[0]).abs()));
    assert!(spread > 0.01, "the logits {logits:?} would hide a mistake");
}

#[tokio::test]
async fn scores_are_those_of_candles_bert_with_its_pooler_and_classifier() {
    let model = bert_reranker(1);
    let reranker = model.runtime().get_reranker(&name()).await.expect("it loads");
    let reranking = reranker.rerank(QUERY.to_owned(), passages()).await.expect("scores");
    assert_eq!(reranking.cut_count, 0);
    let texts = pairs(&model, &passages());
    assert!(texts[0].1.contains(&1), "the passage is of type 1");
    check(&reranking.scores, &bert_logits(&model, &pad(&texts, 0)).expect("logits"));
}

#[tokio::test]
async fn scores_are_those_of_candles_xlm_roberta() {
    let model = xlm_roberta_reranker();
    let reranker = model.runtime().get_reranker(&name()).await.expect("it loads");
    assert_eq!(reranker.info().max_tokens, WINDOW);
    let reranking = reranker.rerank(QUERY.to_owned(), passages()).await.expect("scores");
    let texts = pairs(&model, &passages());
    check(&reranking.scores, &xlm_roberta_logits(&model, &pad(&texts, 1)).expect("logits"));
}

#[tokio::test]
async fn a_long_passage_loses_its_end_and_is_counted() {
    for model in [bert_reranker(1), xlm_roberta_reranker()] {
        let is_bert = model.folder().join("config.json");
        let is_bert = !std::fs::read_to_string(is_bert).expect("the file").contains("roberta");
        let reranker = model.runtime().get_reranker(&name()).await.expect("it loads");
        let mut passages = passages();
        passages.push("a very long passage indeed ".repeat(9));
        let reranking = reranker.rerank(QUERY.to_owned(), passages.clone()).await.expect("scores");
        assert_eq!(reranking.cut_count, 1);
        let texts = pairs(&model, &passages);
        let logits = if is_bert {
            bert_logits(&model, &pad(&texts, 0))
        } else {
            xlm_roberta_logits(&model, &pad(&texts, 1))
        };
        check(&reranking.scores, &logits.expect("logits"));
    }
}

async fn rerank_alone(reranker: &dyn Reranker, passage: &str) -> f32 {
    let passages = vec![passage.to_owned()];
    reranker.rerank(QUERY.to_owned(), passages).await.expect("a score").scores[0]
}

#[tokio::test]
async fn a_score_does_not_depend_on_the_other_passages() {
    let reranker = bert_reranker(1).runtime().get_reranker(&name()).await.expect("it loads");
    let together = reranker.rerank(QUERY.to_owned(), passages()).await.expect("scores");
    for (passage, score) in PASSAGES.iter().zip(&together.scores) {
        let alone = rerank_alone(reranker.as_ref(), passage).await;
        assert!((alone - score).abs() < 1e-6, "`{passage}`: {alone} and {score}");
    }
    let none = reranker.rerank(QUERY.to_owned(), Vec::new()).await.expect("no scores");
    assert!(none.scores.is_empty() && none.cut_count == 0);
}

#[tokio::test]
async fn a_question_that_leaves_no_room_is_refused() {
    let reranker = bert_reranker(1).runtime().get_reranker(&name()).await.expect("it loads");
    for words in [17, 100] {
        let error = reranker.rerank("a ".repeat(words), passages()).await.expect_err("too long");
        let EngineError::QueryTooLong { tokens, max_tokens: 16, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(tokens, words);
    }
    reranker.rerank("a ".repeat(16), passages()).await.expect("just not too long");
}

#[tokio::test]
async fn a_reranker_is_listed_as_one_and_used_as_nothing_else() {
    let model = bert_reranker(1);
    let runtime = model.runtime();
    let first = runtime.get_reranker(&name()).await.expect("it loads");
    let second = runtime.get_reranker(&name()).await.expect("it is there");
    assert!(std::ptr::eq(first.info(), second.info()), "it was loaded once");
    drop((first, second));
    let models = runtime.list_models().await.expect("a list");
    assert_eq!((models[0].kind, models[0].loaded), (ModelKind::Reranker, true));
    let Err(error) = runtime.get_embedder(&name()).await else { panic!("it makes no vectors") };
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(runtime.residents().unload(&name()), Unloading::Unloaded);
    assert!(runtime.residents().list().is_empty());
}

#[tokio::test]
async fn a_classifier_of_several_labels_is_no_reranker() {
    let Err(error) = bert_reranker(3).runtime().get_reranker(&name()).await else {
        panic!("it gives three numbers");
    };
    assert!(error.to_string().contains("gives 3 numbers"), "{error}");
}
