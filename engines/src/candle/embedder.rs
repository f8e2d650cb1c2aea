//! The embedding model as the rest of Quire sees it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::ModelId;
use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use crate::embedder::texts::{Prefix, Prefixes, check_lengths, dimensions, fingerprint};
use crate::{
    Embedder, EmbedderInfo, EmbedderOptions, Embeddings, EngineError, LoadedModel, TextRole,
    TokenCount,
};

use super::config::{check_modules, read_max_tokens, read_pooling, read_prompts, refuse};
use super::encoder::Tokens;
use super::families::{load_encoder, read_weights};
use super::pooled::Pooled;
use super::tokens::{load_tokenizer, tokenize};
use super::workers::{Failure, Lane, Network, Workers};

/// So many bytes are cut into tokens in less time than another thread takes to hear of them.
const SHORT_BYTES: usize = 1024;

/// An embedding model of the BERT family.
pub struct CandleEmbedder {
    info: EmbedderInfo,
    tokenizer: Arc<Tokenizer>,
    workers: Workers,
    prefixes: Prefixes,
}

impl CandleEmbedder {
    /// Loads a model from a folder with `model.safetensors`, `tokenizer.json` and `config.json`.
    ///
    /// Blocks for the time it takes to read the weights.
    pub fn load(
        folder: &Path,
        model: ModelId,
        options: EmbedderOptions,
    ) -> Result<Self, EngineError> {
        check_modules(&model, folder)?;
        let pooling = read_pooling(&model, folder)?;
        let tokenizer = load_tokenizer(&model, folder)?;
        let stated = read_prompts(&model, folder)?;
        let prefixes = Prefixes::new(
            options.query_prefix.or(stated.query),
            options.passage_prefix.or(stated.passage),
            |text| count_tokens(&tokenizer, text),
        );
        let file = read_weights(folder)?;
        let fingerprint = fingerprint(Sha256::new_with_prefix(&file), &prefixes, options.cut);
        let encoder = load_encoder(&model, folder, &file)?;
        drop(file);
        let dimensions =
            dimensions(encoder.width(), options.cut).map_err(|reason| refuse(&model, &reason))?;
        let max_tokens =
            prefixes.max_tokens(read_max_tokens(&model, folder)?.min(encoder.window()));
        let network: Arc<dyn Network> = Arc::new(Pooled { encoder, pooling, cut: options.cut });
        let workers = Workers::start(&network, options.threads)
            .map_err(|error| refuse(&model, &format!("no threads: {error}")))?;
        let languages = options.languages;
        let info = EmbedderInfo { model, dimensions, max_tokens, fingerprint, languages };
        Ok(Self { info, tokenizer: Arc::new(tokenizer), workers, prefixes })
    }

    async fn embed_in(
        &self,
        lane: Lane,
        (texts, role): (Vec<String>, TextRole),
    ) -> Result<Embeddings, EngineError> {
        let Prefix { text: prefix, tokens: prefix_tokens } = self.prefixes.of(role);
        let bytes: usize = texts.iter().map(|text| prefix.len() + text.len()).sum();
        let tokens = if bytes <= SHORT_BYTES {
            tokenize(&self.tokenizer, prefix, &texts)
        } else {
            let (prefix, tokenizer) = (prefix.clone(), Arc::clone(&self.tokenizer));
            tokio::task::spawn_blocking(move || tokenize(&tokenizer, &prefix, &texts))
                .await
                .map_err(|error| self.failed(&error))?
        };
        let tokens = tokens.map_err(|error| self.failed(&error))?;
        let own_tokens = |text: &Tokens| text.ids.len().saturating_sub(*prefix_tokens);
        let token_counts: Vec<usize> = tokens.iter().map(own_tokens).collect();
        check_lengths(&self.info.model, &token_counts, self.info.max_tokens)?;
        let vectors = self.workers.run(tokens, lane).await.map_err(|failure| match failure {
            Failure::Died => EngineError::EngineDied { model: self.info.model.clone() },
            Failure::Network(error) => self.failed(&error),
        })?;
        Ok(Embeddings { vectors, token_counts })
    }

    fn failed(&self, reason: &dyn std::fmt::Display) -> EngineError {
        EngineError::Inference { model: self.info.model.clone(), reason: reason.to_string() }
    }
}

impl LoadedModel for CandleEmbedder {
    fn is_alive(&self) -> bool {
        self.workers.are_alive()
    }
}

#[async_trait]
impl Embedder for CandleEmbedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        count_tokens(&self.tokenizer, text)
    }

    fn tokenize(&self, text: &str) -> Option<Vec<u32>> {
        let tokens = self.tokenizer.encode_fast(text, true).ok()?;
        Some(tokens.get_ids().to_vec())
    }

    async fn embed(&self, texts: Vec<String>, role: TextRole) -> Result<Embeddings, EngineError> {
        self.embed_in(role.into(), (texts, role)).await
    }

    async fn embed_in_background(&self, texts: Vec<String>) -> Result<Embeddings, EngineError> {
        self.embed_in(Lane::Background, (texts, TextRole::Passage)).await
    }
}

/// Reads the tokenizer of the model in `folder`, and nothing else of it.
pub fn open_token_count(folder: &Path, model: &ModelId) -> Result<TokenCount, EngineError> {
    let tokenizer = load_tokenizer(model, folder)?;
    Ok(Box::new(move |text: &str| count_tokens(&tokenizer, text)))
}

fn count_tokens(tokenizer: &Tokenizer, text: &str) -> usize {
    tokenizer.encode_fast(text, false).map_or(0, |encoding| encoding.len())
}
