//! A reranker that counts shared words.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use quire_domain::ModelId;

use super::words;
use crate::{EngineError, LoadedModel, Reranker, RerankerInfo, Reranking};

/// Ranks a passage by the share of the question's words that it holds.
pub struct WordReranker {
    info: RerankerInfo,
    queries: Mutex<Vec<String>>,
}

impl WordReranker {
    /// Makes one that reads pairs of 256 words.
    pub fn new(model: ModelId) -> Self {
        let info = RerankerInfo { model, max_tokens: 256, max_query_tokens: 124, languages: None };
        Self { info, queries: Mutex::new(Vec::new()) }
    }

    /// Shows the questions asked so far.
    pub fn queries(&self) -> Vec<String> {
        self.queries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LoadedModel for WordReranker {
    fn is_alive(&self) -> bool {
        true
    }
}

#[async_trait]
impl Reranker for WordReranker {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    async fn rerank(&self, query: String, passages: Vec<String>) -> Result<Reranking, EngineError> {
        let wanted = words(&query);
        let RerankerInfo { model, max_tokens, max_query_tokens, .. } = &self.info;
        if wanted.len() > *max_query_tokens {
            return Err(EngineError::QueryTooLong {
                model: model.clone(),
                tokens: wanted.len(),
                max_tokens: *max_query_tokens,
            });
        }
        let room = max_tokens - wanted.len();
        let mut cut_count = 0;
        let score = |passage: &String| {
            let mut held = words(passage);
            cut_count += usize::from(held.len() > room);
            held.truncate(room);
            let found = wanted.iter().filter(|word| held.contains(word)).count();
            // Between the ends, as a sigmoid is.
            (found as f32 + 0.5) / (wanted.len() as f32 + 1.0)
        };
        let scores = passages.iter().map(score).collect();
        self.queries.lock().unwrap_or_else(PoisonError::into_inner).push(query);
        Ok(Reranking { scores, cut_count })
    }
}
