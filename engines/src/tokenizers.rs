//! The seam to tokenizers alone: for processes that count tokens and never embed.

use quire_domain::ModelId;

use crate::EngineError;

/// Counts the tokens of a text, without special tokens, as [`Embedder::count_tokens`] of the same
/// model does. About a microsecond a word.
///
/// [`Embedder::count_tokens`]: crate::Embedder::count_tokens
pub type TokenCount = Box<dyn Fn(&str) -> usize + Send>;

/// Opens the tokenizers of embedding models.
pub trait Tokenizers: Send + Sync {
    /// Reads a model's tokenizer and none of its weights: megabytes, and milliseconds. Blocks.
    fn open_tokenizer(&self, model: &ModelId) -> Result<TokenCount, EngineError>;
}
