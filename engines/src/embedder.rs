//! The seam to embedding models.

use async_trait::async_trait;
use quire_domain::ModelId;

use crate::EngineError;

/// What is known of a loaded embedding model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EmbedderInfo {
    /// Its name.
    pub model: ModelId,
    /// The length of its vectors.
    pub dimensions: usize,
    /// The longest text it reads, in its tokens, special tokens included.
    pub max_tokens: usize,
    /// What identifies vectors made by it, for caches: changes when the weights change.
    pub fingerprint: String,
}

/// Which side of a search a text is on; some models mark the two differently.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum TextRole {
    /// A question.
    Query,
    /// A passage to be found.
    Passage,
}

/// The vectors of some texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// One vector of length 1 (L2) a text, in the order of the texts.
    pub vectors: Vec<Vec<f32>>,
    /// The tokens of each text, special tokens included.
    pub token_counts: Vec<usize>,
}

/// A loaded embedding model.
///
/// Contract: a text's vector does not depend on what it is batched with (cosine >= 0.9999), and is
/// normalised. A text longer than `max_tokens` is an [`EngineError::InputTooLong`], never cut in
/// silence. An empty text has a vector too. Dropping the future of `embed` stops the work between
/// batches. `Clone` of the `Arc` shares the model; dropping the last one frees its memory.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Describes the model.
    fn info(&self) -> &EmbedderInfo;

    /// Counts the tokens of `text`, without special tokens. Synchronous; about a microsecond a word.
    fn count_tokens(&self, text: &str) -> usize;

    /// Turns texts into vectors.
    async fn embed(&self, texts: Vec<String>, role: TextRole) -> Result<Embeddings, EngineError>;
}
