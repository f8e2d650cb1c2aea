//! The seam to embedding models.

mod options;
#[cfg(any(feature = "candle", feature = "llama"))]
pub(crate) mod texts;

use async_trait::async_trait;
use quire_domain::{Language, ModelId};

pub use options::{Cut, EmbedderOptions};

use crate::{EngineError, LoadedModel};

/// What is known of a loaded embedding model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EmbedderInfo {
    /// Its name.
    pub model: ModelId,
    /// The length of its vectors.
    pub dimensions: usize,
    /// The longest text it reads, in its tokens, special tokens included; what the model wants
    /// before a text is taken off already.
    pub max_tokens: usize,
    /// What identifies vectors made by it, for caches: changes when the weights change, what is put
    /// before a text, or the length of the vectors.
    pub fingerprint: String,
    /// The languages it was made for, of those that Quire tells apart; `None` if nobody says.
    pub languages: Option<Vec<Language>>,
}

impl EmbedderInfo {
    /// Returns whether the model was made for texts in `language`; yes if one of them is unknown.
    pub fn reads(&self, language: Language) -> bool {
        language == Language::Unknown
            || self.languages.as_ref().is_none_or(|languages| languages.contains(&language))
    }
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
    /// The tokens of each text, special tokens included, what the model wants before it not.
    pub token_counts: Vec<usize>,
}

/// A loaded embedding model.
///
/// Contract: a text's vector does not depend on what it is batched with (cosine >= 0.9999), and is
/// normalised. A text longer than `max_tokens` is an [`EngineError::InputTooLong`], never cut in
/// silence. An empty text has a vector too. Dropping the future of `embed` stops the work between
/// batches. `Clone` of the `Arc` shares the model; dropping the last one frees its memory.
#[async_trait]
pub trait Embedder: LoadedModel {
    /// Describes the model.
    fn info(&self) -> &EmbedderInfo;

    /// Counts the tokens of `text`, without special tokens. Synchronous; about a microsecond a word.
    fn count_tokens(&self, text: &str) -> usize;

    /// Cuts `text` into tokens, special ones included, as it is read as a passage but without what the model wants before
    /// it. `None` if the engine does not tell.
    fn tokenize(&self, _text: &str) -> Option<Vec<u32>> {
        None
    }

    /// Turns texts into vectors. Calls that wait are put together, so that many of one text are as fast as one of many.
    async fn embed(&self, texts: Vec<String>, role: TextRole) -> Result<Embeddings, EngineError>;

    /// Turns passages into vectors that nobody waits for: all other calls go first, and chats that are being answered on
    /// this machine get most of its time.
    async fn embed_in_background(&self, texts: Vec<String>) -> Result<Embeddings, EngineError> {
        self.embed(texts, TextRole::Passage).await
    }
}
