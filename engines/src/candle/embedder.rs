//! The embedding model as the rest of Quire sees it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::ModelId;
use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use crate::{Embedder, EmbedderInfo, Embeddings, EngineError, TextRole};

use super::bert::Bert;
use super::config::{BertConfig, read_json, read_max_tokens, read_pooling, refuse};
use super::workers::Workers;

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

/// How many tokens are run through the network at once, at the least one text: enough that the
/// products run at full speed, few enough that the rows between them stay in the core's cache.
const BATCH_TOKENS: usize = 256;

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
        let config: BertConfig = read_json(&model, &folder.join("config.json"))?;
        config.check().map_err(|reason| refuse(&model, &reason))?;
        let pooling = read_pooling(&model, folder)?;
        let max_tokens = read_max_tokens(&model, folder)?.min(config.max_positions());
        let tokenizer = load_tokenizer(&model, folder)?;
        let path = folder.join("model.safetensors");
        let file = std::fs::read(&path).map_err(|source| EngineError::Io { path, source })?;
        let fingerprint = fingerprint(&file, &options);
        let bert = Bert::load(&file, &config, pooling)
            .map_err(|error| refuse(&model, &error.to_string()))?;
        drop(file);
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let bert = Arc::new(bert);
        let workers = Workers::start(&bert, threads)
            .map_err(|error| refuse(&model, &format!("no threads: {error}")))?;
        let info = EmbedderInfo { model, dimensions: bert.width(), max_tokens, fingerprint };
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

    fn check_lengths(&self, texts: &[Vec<u32>]) -> Result<(), EngineError> {
        let max_tokens = self.info.max_tokens;
        match texts.iter().position(|text| text.len() > max_tokens) {
            None => Ok(()),
            Some(index) => Err(EngineError::InputTooLong {
                model: self.info.model.clone(),
                index,
                tokens: texts[index].len(),
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
        let token_counts: Vec<usize> = tokens.iter().map(Vec::len).collect();
        let mut vectors = vec![Vec::new(); tokens.len()];
        let mut running = Vec::new();
        for batch in batches(tokens) {
            let (indexes, texts): (Vec<usize>, Vec<Vec<u32>>) = batch.into_iter().unzip();
            let Some(reply) = self.workers.submit(texts, role).await else {
                return Err(EngineError::Stopped { model: self.info.model.clone() });
            };
            running.push((indexes, reply));
        }
        for (indexes, reply) in running {
            let stopped = |_| EngineError::Stopped { model: self.info.model.clone() };
            let batch = reply.await.map_err(stopped)?.map_err(|error| self.failed(&error))?;
            for (index, vector) in indexes.into_iter().zip(batch) {
                vectors[index] = vector;
            }
        }
        Ok(Embeddings { vectors, token_counts })
    }
}

fn load_tokenizer(model: &ModelId, folder: &Path) -> Result<Tokenizer, EngineError> {
    let mut tokenizer = Tokenizer::from_file(folder.join("tokenizer.json"))
        .map_err(|error| refuse(model, &format!("`tokenizer.json`: {error}")))?;
    // A file may ask for both; here nothing is cut in silence and nothing is padded.
    tokenizer.with_padding(None);
    tokenizer
        .with_truncation(None)
        .map_err(|error| refuse(model, &format!("`tokenizer.json`: {error}")))?;
    Ok(tokenizer)
}

fn tokenize(
    tokenizer: &Tokenizer,
    prefix: &str,
    texts: &[String],
) -> tokenizers::Result<Vec<Vec<u32>>> {
    let encode = |text: &String| {
        let encoding = if prefix.is_empty() {
            tokenizer.encode_fast(text.as_str(), true)?
        } else {
            tokenizer.encode_fast(format!("{prefix}{text}"), true)?
        };
        Ok(encoding.get_ids().to_vec())
    };
    texts.iter().map(encode).collect()
}

/// Cuts texts into batches of about `BATCH_TOKENS`, longest first so that the threads end together.
fn batches(texts: Vec<Vec<u32>>) -> Vec<Vec<(usize, Vec<u32>)>> {
    let mut sorted: Vec<(usize, Vec<u32>)> = texts.into_iter().enumerate().collect();
    sorted.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
    let mut batches: Vec<Vec<(usize, Vec<u32>)>> = Vec::new();
    let mut room = 0;
    for item in sorted {
        let length = item.1.len();
        match batches.last_mut() {
            Some(batch) if length <= room => batch.push(item),
            _ => {
                batches.push(vec![item]);
                room = BATCH_TOKENS;
            }
        }
        room = room.saturating_sub(length);
    }
    batches
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_every_text_and_stay_small() {
        let lengths = [3, 256, 100, 90, 60, 1, 300, 2];
        let texts = lengths.iter().map(|length| vec![7; *length]).collect();
        let batches = batches(texts);
        let mut seen: Vec<usize> = batches.iter().flatten().map(|(index, _)| *index).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
        for batch in &batches {
            let tokens: usize = batch.iter().map(|(_, text)| text.len()).sum();
            assert!(tokens <= BATCH_TOKENS || batch.len() == 1, "{tokens} tokens in a batch");
        }
        assert_eq!(batches[0][0].1.len(), 300, "the longest goes first");
    }
}
