//! The entailment model as the rest of Quire sees it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::{Language, ModelId};
use tokenizers::Tokenizer;

use crate::{
    EngineError, Entailment, EntailmentJudge, EntailmentLabel, EntailmentPair, JudgeInfo,
    LoadedModel, PairTemplate,
};

use super::config::{read_labels, read_max_tokens, refuse};
use super::families::{load_classifier, read_weights};
use super::premise::{MOST_SPECIAL_TOKENS, tokenize_premises};
use super::tokens::load_tokenizer;
use super::workers::{Failure, Lane, Network, Workers};

/// How an entailment model is run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct JudgeOptions {
    /// How many threads; 0 (the default) takes one a core.
    pub threads: usize,
    /// The languages it was made for. Default: unknown.
    pub languages: Option<Vec<Language>>,
    /// Its labels in the order of its outputs. Default: `id2label` of its own `config.json`.
    pub labels: Option<Vec<EntailmentLabel>>,
    /// How a pair is put together. Default: as its tokenizer does it.
    pub pair_template: PairTemplate,
}

/// A cross-encoder for natural language inference: BERT, `RoBERTa`, XLM-RoBERTa or `DeBERTa` for sequence
/// classification, with two or three labels.
pub struct CandleJudge {
    info: JudgeInfo,
    tokenizer: Arc<Tokenizer>,
    pair_template: PairTemplate,
    workers: Workers,
}

impl CandleJudge {
    /// Loads a model from a folder with `model.safetensors`, `tokenizer.json` and `config.json`.
    ///
    /// Blocks for the time it takes to read the weights.
    pub fn load(folder: &Path, model: ModelId, options: JudgeOptions) -> Result<Self, EngineError> {
        let JudgeOptions { threads, languages, labels, pair_template } = options;
        let labels = match labels {
            Some(labels) => labels,
            None => read_labels(&model, folder)?,
        };
        check_labels(&labels).map_err(|reason| refuse(&model, &reason))?;
        let tokenizer = load_tokenizer(&model, folder)?;
        let file = read_weights(folder)?;
        let classifier = load_classifier(&model, folder, &file)?;
        drop(file);
        if classifier.output_count() != labels.len() {
            let (outputs, labels) = (classifier.output_count(), labels.len());
            let reason = format!("its head gives {outputs} numbers and it has {labels} labels");
            return Err(refuse(&model, &reason));
        }
        let max_tokens = read_max_tokens(&model, folder)?.min(classifier.window());
        let network: Arc<dyn Network> = Arc::new(classifier);
        let workers = Workers::start(&network, threads)
            .map_err(|error| refuse(&model, &format!("no threads: {error}")))?;
        // Half the window at the least is for the premise.
        let max_hypothesis_tokens = (max_tokens / 2).saturating_sub(MOST_SPECIAL_TOKENS);
        let info = JudgeInfo { model, labels, max_tokens, max_hypothesis_tokens, languages };
        Ok(Self { info, tokenizer: Arc::new(tokenizer), pair_template, workers })
    }

    fn failed(&self, reason: &dyn std::fmt::Display) -> EngineError {
        EngineError::Inference { model: self.info.model.clone(), reason: reason.to_string() }
    }

    /// Gives the judgement of one window by its logits.
    fn read_logits(&self, logits: &[f32]) -> Entailment {
        let probabilities = softmax(logits);
        let find = |wanted: EntailmentLabel| {
            let place = self.info.labels.iter().position(|label| *label == wanted)?;
            probabilities.get(place).copied()
        };
        Entailment {
            entailment: find(EntailmentLabel::Entailment).unwrap_or(0.0),
            neutral: find(EntailmentLabel::Neutral),
            contradiction: find(EntailmentLabel::Contradiction),
            window_count: 1,
        }
    }
}

impl LoadedModel for CandleJudge {
    fn is_alive(&self) -> bool {
        self.workers.are_alive()
    }
}

#[async_trait]
impl EntailmentJudge for CandleJudge {
    fn info(&self) -> &JudgeInfo {
        &self.info
    }

    async fn judge(&self, pairs: Vec<EntailmentPair>) -> Result<Vec<Entailment>, EngineError> {
        let (tokenizer, info) = (Arc::clone(&self.tokenizer), self.info.clone());
        let template = self.pair_template;
        let tokenize = move || tokenize_premises(&tokenizer, template, &info, &pairs);
        let windows =
            tokio::task::spawn_blocking(tokenize).await.map_err(|error| self.failed(&error))??;
        let counts: Vec<usize> = windows.iter().map(Vec::len).collect();
        let texts = windows.into_iter().flatten().collect();
        let logits =
            self.workers.run(texts, Lane::Question).await.map_err(|failure| match failure {
                Failure::Died => EngineError::EngineDied { model: self.info.model.clone() },
                Failure::Network(error) => self.failed(&error),
            })?;
        let mut judged = logits.iter().map(|logits| self.read_logits(logits));
        let mut best = |window_count: usize| {
            let windows = judged.by_ref().take(window_count);
            let best = windows.max_by(|a, b| a.entailment.total_cmp(&b.entailment))?;
            Some(Entailment { window_count, ..best })
        };
        let judgements: Option<Vec<Entailment>> = counts.into_iter().map(&mut best).collect();
        judgements.ok_or_else(|| self.failed(&"a window has no numbers"))
    }
}

/// Refuses labels by which nothing can be judged.
fn check_labels(labels: &[EntailmentLabel]) -> Result<(), String> {
    let is_known_once =
        labels.iter().all(|label| labels.iter().filter(|other| *other == label).count() == 1);
    if labels.len() < 2 || !is_known_once || !labels.contains(&EntailmentLabel::Entailment) {
        return Err(format!("its labels {labels:?} do not tell entailment from the rest"));
    }
    Ok(())
}

/// Turns logits into probabilities that add up to 1.
fn softmax(logits: &[f32]) -> Vec<f32> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = logits.iter().map(|logit| (logit - highest).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}
