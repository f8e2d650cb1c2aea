//! What the back ends have in common: what goes before texts, how long those may be, and what is
//! done to a vector last.

use quire_domain::ModelId;
use sha2::{Digest, Sha256};

use super::{Cut, TextRole};
use crate::EngineError;

/// What goes before the texts of one role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Prefix {
    /// The words.
    pub text: String,
    /// Its tokens, which are not counted as the text's.
    pub tokens: usize,
}

/// What goes before questions and passages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Prefixes {
    query: Prefix,
    passage: Prefix,
}

impl Prefixes {
    /// Makes them; `count` counts a text's tokens without special ones.
    pub fn new(
        query: Option<String>,
        passage: Option<String>,
        count: impl Fn(&str) -> usize,
    ) -> Self {
        let prefix = |text: Option<String>| {
            let text = text.unwrap_or_default();
            // The blank at its end belongs to the next word's token.
            let tokens = count(text.trim_end());
            Prefix { text, tokens }
        };
        Self { query: prefix(query), passage: prefix(passage) }
    }

    /// Gives what goes before texts of a role.
    pub fn of(&self, role: TextRole) -> &Prefix {
        match role {
            TextRole::Query => &self.query,
            TextRole::Passage => &self.passage,
        }
    }

    /// Counts the tokens of the longest text of either role that a network of `window` tokens reads.
    pub fn max_tokens(&self, window: usize) -> usize {
        window.saturating_sub(self.query.tokens.max(self.passage.tokens))
    }
}

/// Refuses the first text that is too long.
pub fn check_lengths(
    model: &ModelId,
    token_counts: &[usize],
    max_tokens: usize,
) -> Result<(), EngineError> {
    match token_counts.iter().position(|count| *count > max_tokens) {
        None => Ok(()),
        Some(index) => Err(EngineError::InputTooLong {
            model: model.clone(),
            index,
            tokens: token_counts[index],
            max_tokens,
        }),
    }
}

/// Gives the length of vectors after a cut, or what is wrong with it.
pub fn dimensions(width: usize, cut: Option<Cut>) -> Result<usize, String> {
    match cut.map_or(width, |cut| cut.dimensions) {
        dimensions if dimensions == 0 || dimensions > width => {
            Err(format!("its vectors have {width} numbers, not {dimensions}"))
        }
        dimensions => Ok(dimensions),
    }
}

/// Cuts a vector and brings it to length 1.
pub fn finish(vector: &mut Vec<f32>, cut: Option<Cut>) {
    if let Some(cut) = cut {
        if cut.centred {
            let mean = vector.iter().sum::<f32>() / vector.len() as f32;
            for value in &mut *vector {
                *value -= mean;
            }
        }
        vector.truncate(cut.dimensions);
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
    for value in vector {
        *value /= length;
    }
}

/// Tells vectors apart by what they are made with; `hash` has the weights already.
pub fn fingerprint(mut hash: Sha256, prefixes: &Prefixes, cut: Option<Cut>) -> String {
    for prefix in [&prefixes.query, &prefixes.passage] {
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
