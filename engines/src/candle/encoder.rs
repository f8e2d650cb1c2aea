//! The seam within the back end: a network that reads tokens and gives a vector for each of them.
//!
//! What is made of those vectors is not its matter: [`super::pooled`] makes one vector of a text,
//! [`super::classifier`] a score of a pair.

use candle_core::Result;

/// A text as a network reads it, special tokens included.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tokens {
    /// The tokens, by their numbers in the vocabulary.
    pub ids: Vec<u32>,
    /// The type of each token, by which BERT tells the two texts of a pair apart; empty: all 0.
    pub kinds: Vec<u32>,
}

impl Tokens {
    /// Makes a text of one part.
    pub fn single(ids: Vec<u32>) -> Self {
        Self { ids, kinds: Vec::new() }
    }
}

/// A network that gives each token a vector that knows its surroundings.
///
/// Contract: a text's vectors do not depend on the texts it is read with. An empty text has none.
pub trait Encoder: Send + Sync {
    /// Gives the length of a token's vector.
    fn width(&self) -> usize;

    /// Counts the tokens of the longest text that it reads.
    fn window(&self) -> usize;

    /// Reads texts and shows the vectors of each, one after the other, in the order of the texts.
    fn read(&self, texts: &[Tokens], each: &mut dyn FnMut(&[f32])) -> Result<()>;
}
