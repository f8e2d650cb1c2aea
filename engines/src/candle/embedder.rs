//! The embedding model as the rest of Quire sees it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::{Language, ModelId};
use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use crate::{Embedder, EmbedderInfo, Embeddings, EngineError, TextRole};

use super::config::{check_modules, read_max_tokens, read_pooling, read_prompts, refuse};
use super::encoder::Tokens;
use super::families::{load_encoder, read_weights};
use super::pooled::{Cut, Pooled};
use super::tokens::{load_tokenizer, tokenize};
use super::workers::{Failure, Network, Workers};

/// How a model is run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CandleOptions {
    /// How many threads; 0 (the default) takes one a core.
    pub threads: usize,
    /// What the model wants before a question, such as E5's `query: `. Default: what its own
    /// `config_sentence_transformers.json` says, or nothing.
    pub query_prefix: Option<String>,
    /// What it wants before a passage. Default: likewise.
    pub passage_prefix: Option<String>,
    /// How its vectors are shortened. Default: not.
    pub cut: Option<Cut>,
    /// The languages it was made for. Default: unknown.
    pub languages: Option<Vec<Language>>,
}

/// What goes before the texts of one role.
struct Prefix {
    text: String,
    /// Its tokens, which are not counted as the text's.
    tokens: usize,
}

/// An embedding model of the BERT family.
pub struct CandleEmbedder {
    info: EmbedderInfo,
    tokenizer: Arc<Tokenizer>,
    workers: Workers,
    query: Prefix,
    passage: Prefix,
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
        check_modules(&model, folder)?;
        let pooling = read_pooling(&model, folder)?;
        let tokenizer = load_tokenizer(&model, folder)?;
        let stated = read_prompts(&model, folder)?;
        let prefix = |text: Option<String>| {
            let text = text.unwrap_or_default();
            // The blank at its end belongs to the next word's token.
            let tokens = count_tokens(&tokenizer, text.trim_end());
            Prefix { text, tokens }
        };
        let query = prefix(options.query_prefix.or(stated.query));
        let passage = prefix(options.passage_prefix.or(stated.passage));
        let file = read_weights(folder)?;
        let fingerprint = fingerprint(&file, [&query, &passage], options.cut);
        let encoder = load_encoder(&model, folder, &file)?;
        drop(file);
        let dimensions = options.cut.map_or(encoder.width(), |cut| cut.dimensions);
        if dimensions == 0 || dimensions > encoder.width() {
            let reason = format!("its vectors have {} numbers, not {dimensions}", encoder.width());
            return Err(refuse(&model, &reason));
        }
        let window = read_max_tokens(&model, folder)?.min(encoder.window());
        let max_tokens = window.saturating_sub(query.tokens.max(passage.tokens));
        let network: Arc<dyn Network> = Arc::new(Pooled { encoder, pooling, cut: options.cut });
        let workers = Workers::start(&network, options.threads)
            .map_err(|error| refuse(&model, &format!("no threads: {error}")))?;
        let languages = options.languages;
        let info = EmbedderInfo { model, dimensions, max_tokens, fingerprint, languages };
        Ok(Self { info, tokenizer: Arc::new(tokenizer), workers, query, passage })
    }

    fn prefix(&self, role: TextRole) -> &Prefix {
        match role {
            TextRole::Query => &self.query,
            TextRole::Passage => &self.passage,
        }
    }

    fn failed(&self, reason: &dyn std::fmt::Display) -> EngineError {
        EngineError::Inference { model: self.info.model.clone(), reason: reason.to_string() }
    }

    fn check_lengths(&self, token_counts: &[usize]) -> Result<(), EngineError> {
        let max_tokens = self.info.max_tokens;
        match token_counts.iter().position(|count| *count > max_tokens) {
            None => Ok(()),
            Some(index) => Err(EngineError::InputTooLong {
                model: self.info.model.clone(),
                index,
                tokens: token_counts[index],
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
        count_tokens(&self.tokenizer, text)
    }

    async fn embed(&self, texts: Vec<String>, role: TextRole) -> Result<Embeddings, EngineError> {
        let Prefix { text: prefix, tokens: prefix_tokens } = self.prefix(role);
        let (prefix, tokenizer) = (prefix.clone(), Arc::clone(&self.tokenizer));
        let tokens = tokio::task::spawn_blocking(move || tokenize(&tokenizer, &prefix, &texts))
            .await
            .map_err(|error| self.failed(&error))?
            .map_err(|error| self.failed(&error))?;
        let own_tokens = |text: &Tokens| text.ids.len().saturating_sub(*prefix_tokens);
        let token_counts: Vec<usize> = tokens.iter().map(own_tokens).collect();
        self.check_lengths(&token_counts)?;
        let vectors = self.workers.run(tokens, role).await.map_err(|failure| match failure {
            Failure::Stopped => EngineError::Stopped { model: self.info.model.clone() },
            Failure::Network(error) => self.failed(&error),
        })?;
        Ok(Embeddings { vectors, token_counts })
    }
}

fn count_tokens(tokenizer: &Tokenizer, text: &str) -> usize {
    tokenizer.encode_fast(text, false).map_or(0, |encoding| encoding.len())
}

fn fingerprint(file: &[u8], prefixes: [&Prefix; 2], cut: Option<Cut>) -> String {
    let mut hash = Sha256::new();
    hash.update(file);
    for prefix in prefixes {
        hash.update([0]);
        hash.update(&prefix.text);
    }
    if let Some(cut) = cut {
        hash.update([0, u8::from(cut.centred)]);
        hash.update((cut.dimensions as u64).to_le_bytes());
    }
    let start =
        hash.finalize().iter().take(8).fold(0_u64, |start, byte| start << 8 | u64::from(*byte));
    format!("{start:016x}")
}
