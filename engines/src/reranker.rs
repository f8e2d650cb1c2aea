//! The seam to reranking models, which read a question and a passage together.

use async_trait::async_trait;
use quire_domain::{Language, ModelId};

use crate::{EngineError, LoadedModel};

/// What is known of a loaded reranking model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RerankerInfo {
    /// Its name.
    pub model: ModelId,
    /// The longest pair it reads, in its tokens, special tokens included.
    pub max_tokens: usize,
    /// The longest question, in its tokens without special tokens; the rest is for the passage.
    pub max_query_tokens: usize,
    /// The languages it was made for; `None` if nobody says.
    pub languages: Option<Vec<Language>>,
}

/// How well passages answer a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Reranking {
    /// A number between 0 and 1 a passage, in the order of the passages; more is better.
    pub scores: Vec<f32>,
    /// How many passages were too long and lost their end.
    pub cut_count: usize,
}

/// A loaded reranking model (cross-encoder).
///
/// Contract: a score is the sigmoid of the model's one logit, so that it grows with it; comparable
/// between passages of one question, and not between models. It does not depend on what else is
/// ranked. A pair longer than `max_tokens` is read without the end of its passage, and counted; a
/// question longer than `max_query_tokens` is an [`EngineError::QueryTooLong`] and never cut. No
/// passages have no scores. Dropping the future of `rerank` stops the work between batches.
#[async_trait]
pub trait Reranker: LoadedModel {
    /// Describes the model.
    fn info(&self) -> &RerankerInfo;

    /// Says how well each passage answers the question.
    async fn rerank(&self, query: String, passages: Vec<String>) -> Result<Reranking, EngineError>;
}
