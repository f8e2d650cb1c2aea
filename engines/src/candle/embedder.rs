//! The embedding model as the rest of Quire sees it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::ModelId;
use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use crate::{Embedder, EmbedderInfo, Embeddings, EngineError, TextRole};

use super::config::{read_max_tokens, read_pooling, refuse};
use super::encoder::Tokens;
use super::families::{load_encoder, read_weights};
use super::pooled::Pooled;
use super::tokens::{load_tokenizer, tokenize};
use super::workers::{Failure, Network, Workers};

/// How a model is run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CandleOptions {
    /// How many threads; 0 (the default) takes one a core.
    pub threads: usize,
    /// What the model wants before a question, such as E5's `query: `. Default: nothing.
    pub query_prefix: String,
    /// What it wants before a passage. Default: nothing.
    pub passage_prefix: String,
}

/// An embedding model of the BERT family.
pub struct CandleEmbedder {
    info: EmbedderInfo,
    tokenizer: Arc<Tokenizer>,
    workers: Workers,
    options: CandleOptions,
}

impl CandleEmbedder {
    /// Loads a model from a folder with `model.safetensors`, `tokenizer.json` and `config.json`.
    ///
    /// Blocks for the time it takes to read the weights.
    pub fn load(
        folder: &Path,
        model: ModelId,
        options: CandleOptions,
    ) -> Result<Self, EngineError> {
        let pooling = read_pooling(&model, folder)?;
        let tokenizer = load_tokenizer(&model, folder)?;
        let file = read_weights(folder)?;
        let fingerprint = fingerprint(&file, &options);
        let encoder = load_encoder(&model, folder, &file)?;
        drop(file);
        let max_tokens = read_max_tokens(&model, folder)?.min(encoder.window());
        let dimensions = encoder.width();
        let network: Arc<dyn Network> = Arc::new(Pooled { encoder, pooling });
        let workers = Workers::start(&network, options.threads)
            .map_err(|error| refuse(&model, &format!("no threads: {error}")))?;
        let info = EmbedderInfo { model, dimensions, max_tokens, fingerprint };
        Ok(Self { info, tokenizer: Arc::new(tokenizer), workers, options })
    }

    fn prefix(&self, role: TextRole) -> &str {
        match role {
            TextRole::Query => &self.options.query_prefix,
            TextRole::Passage => &self.options.passage_prefix,
        }
    }

    fn failed(&self, reason: &dyn std::fmt::Display) -> EngineError {
        EngineError::Inference { model: self.info.model.clone(), reason: reason.to_string() }
    }

    fn check_lengths(&self, texts: &[Tokens]) -> Result<(), EngineError> {
        let max_tokens = self.info.max_tokens;
        match texts.iter().position(|text| text.ids.len() > max_tokens) {
            None => Ok(()),
            Some(index) => Err(EngineError::InputTooLong {
                model: self.info.model.clone(),
                index,
                tokens: texts[index].ids.len(),
                max_tokens,
            }),
        }
    }
}

#[async_trait]
impl Embedder for CandleEmbedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.tokenizer.encode_fast(text, false).map_or(0, |encoding| encoding.len())
    }

    async fn embed(&self, texts: Vec<String>, role: TextRole) -> Result<Embeddings, EngineError> {
        let prefix = self.prefix(role).to_owned();
        let tokenizer = Arc::clone(&self.tokenizer);
        let tokens = tokio::task::spawn_blocking(move || tokenize(&tokenizer, &prefix, &texts))
            .await
            .map_err(|error| self.failed(&error))?
            .map_err(|error| self.failed(&error))?;
        self.check_lengths(&tokens)?;
        let token_counts = tokens.iter().map(|text| text.ids.len()).collect();
        let vectors = self.workers.run(tokens, role).await.map_err(|failure| match failure {
            Failure::Stopped => EngineError::Stopped { model: self.info.model.clone() },
            Failure::Network(error) => self.failed(&error),
        })?;
        Ok(Embeddings { vectors, token_counts })
    }
}

fn fingerprint(file: &[u8], options: &CandleOptions) -> String {
    let mut hash = Sha256::new();
    hash.update(file);
    for prefix in [&options.query_prefix, &options.passage_prefix] {
        hash.update([0]);
        hash.update(prefix);
    }
    let start =
        hash.finalize().iter().take(8).fold(0_u64, |start, byte| start << 8 | u64::from(*byte));
    format!("{start:016x}")
}
