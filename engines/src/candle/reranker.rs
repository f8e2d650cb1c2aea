//! The reranking model as the rest of Quire sees it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::{Language, ModelId};
use tokenizers::Tokenizer;

use crate::{EngineError, LoadedModel, Reranker, RerankerInfo, Reranking};

use super::config::{read_max_tokens, refuse};
use super::families::{load_classifier, read_weights};
use super::premise::MOST_SPECIAL_TOKENS;
use super::tokens::{load_tokenizer, tokenize_pairs};
use super::workers::{Failure, Lane, Network, Workers};

/// How a reranking model is run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RerankerOptions {
    /// How many threads; 0 (the default) takes one a core.
    pub threads: usize,
    /// The languages it was made for. Default: unknown.
    pub languages: Option<Vec<Language>>,
}

/// A cross-encoder: BERT or XLM-RoBERTa for sequence classification, with one output.
pub struct CandleReranker {
    info: RerankerInfo,
    tokenizer: Arc<Tokenizer>,
    workers: Workers,
}

impl CandleReranker {
    /// Loads a model from a folder with `model.safetensors`, `tokenizer.json` and `config.json`.
    ///
    /// Blocks for the time it takes to read the weights.
    pub fn load(
        folder: &Path,
        model: ModelId,
        options: RerankerOptions,
    ) -> Result<Self, EngineError> {
        let tokenizer = load_tokenizer(&model, folder)?;
        let file = read_weights(folder)?;
        let classifier = load_classifier(&model, folder, &file)?;
        drop(file);
        if classifier.output_count() != 1 {
            let count = classifier.output_count();
            let reason = format!("its head gives {count} numbers and a reranker's gives one");
            return Err(refuse(&model, &reason));
        }
        let max_tokens = read_max_tokens(&model, folder)?.min(classifier.window());
        let network: Arc<dyn Network> = Arc::new(classifier);
        let workers = Workers::start(&network, options.threads)
            .map_err(|error| refuse(&model, &format!("no threads: {error}")))?;
        let tokenizer = Arc::new(tokenizer);
        // Half the window at the least is for the passage: what is cut to less says nothing.
        let max_query_tokens = (max_tokens / 2).saturating_sub(MOST_SPECIAL_TOKENS);
        let info =
            RerankerInfo { model, max_tokens, max_query_tokens, languages: options.languages };
        Ok(Self { info, tokenizer, workers })
    }

    fn failed(&self, reason: &dyn std::fmt::Display) -> EngineError {
        EngineError::Inference { model: self.info.model.clone(), reason: reason.to_string() }
    }
}

impl LoadedModel for CandleReranker {
    fn is_alive(&self) -> bool {
        self.workers.are_alive()
    }
}

#[async_trait]
impl Reranker for CandleReranker {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    async fn rerank(&self, query: String, passages: Vec<String>) -> Result<Reranking, EngineError> {
        let query_tokens = self
            .tokenizer
            .encode_fast(query.as_str(), false)
            .map_err(|error| self.failed(&error))?
            .len();
        if query_tokens > self.info.max_query_tokens {
            return Err(EngineError::QueryTooLong {
                model: self.info.model.clone(),
                tokens: query_tokens,
                max_tokens: self.info.max_query_tokens,
            });
        }
        let tokenizer = Arc::clone(&self.tokenizer);
        let max_tokens = self.info.max_tokens;
        let tokenize = move || tokenize_pairs(&tokenizer, &query, &passages, max_tokens);
        let (pairs, cut_count) = tokio::task::spawn_blocking(tokenize)
            .await
            .map_err(|error| self.failed(&error))?
            .map_err(|error| self.failed(&error))?;
        let logits =
            self.workers.run(pairs, Lane::Question).await.map_err(|failure| match failure {
                Failure::Died => EngineError::EngineDied { model: self.info.model.clone() },
                Failure::Network(error) => self.failed(&error),
            })?;
        Ok(Reranking { scores: logits.iter().flatten().copied().map(sigmoid).collect(), cut_count })
    }
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}
