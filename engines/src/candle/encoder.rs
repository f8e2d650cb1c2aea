//! The seam within the back end: a network that reads tokens and gives a vector for each of them.
//!
//! What is made of those vectors is not its matter: [`super::pooled`] makes one vector of a text,
//! [`super::classifier`] a score of a pair.

use candle_core::{Device, Result, Tensor};

/// A text as a network reads it, special tokens included.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tokens {
    /// The tokens, by their numbers in the vocabulary.
    pub ids: Vec<u32>,
    /// The type of each token, by which BERT tells the two texts of a pair apart; empty: all 0.
    pub token_type_ids: Vec<u32>,
}

impl Tokens {
    /// Makes a text of one part.
    pub fn single(ids: Vec<u32>) -> Self {
        Self { ids, token_type_ids: Vec::new() }
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

/// The longest text of candle-transformers' networks, whatever they were made for: every token looks
/// at every other at once, so that at 8192 tokens the weights of attention alone are gigabytes a
/// layer. No passage of Quire's is nearly as long.
pub const LONGEST: usize = 2048;

/// Reads texts one at a time, with a network of candle-transformers: its batches are padded, and a row
/// of padding costs as much as one of text.
///
/// `forward` takes the tokens and their types, (1, token) each, on `device`, and gives (1, token, number).
pub fn read_one_by_one(
    texts: &[Tokens],
    device: &Device,
    each: &mut dyn FnMut(&[f32]),
    forward: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<()> {
    for text in texts {
        if text.ids.is_empty() {
            each(&[]);
            continue;
        }
        let ids = Tensor::new(text.ids.as_slice(), device)?.unsqueeze(0)?;
        let token_type_ids = if text.token_type_ids.is_empty() {
            ids.zeros_like()?
        } else {
            Tensor::new(text.token_type_ids.as_slice(), device)?.unsqueeze(0)?
        };
        each(&forward(&ids, &token_type_ids)?.flatten_all()?.to_vec1::<f32>()?);
    }
    Ok(())
}
