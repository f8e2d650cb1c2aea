//! One vector of length 1 for a text, out of those of its tokens.

use candle_core::Result;

use crate::Cut;
use crate::embedder::texts::finish;

use super::config::Pooling;
use super::encoder::{Encoder, Tokens};
use super::workers::Network;

/// An encoder whose vectors are put together.
pub struct Pooled {
    /// What reads the tokens.
    pub encoder: Box<dyn Encoder>,
    /// How their vectors become one.
    pub pooling: Pooling,
    /// Whether its end is cut off.
    pub cut: Option<Cut>,
}

impl Network for Pooled {
    fn run(&self, texts: &[Tokens]) -> Result<Vec<Vec<f32>>> {
        let mut vectors = Vec::with_capacity(texts.len());
        self.encoder.read(texts, &mut |rows| vectors.push(self.pool(rows)))?;
        Ok(vectors)
    }
}

impl Pooled {
    fn pool(&self, rows: &[f32]) -> Vec<f32> {
        let width = self.encoder.width();
        let mut vector = vec![0.0_f32; width];
        let taken = match self.pooling {
            Pooling::Mean => rows.len(),
            Pooling::First => width.min(rows.len()),
        };
        for row in rows[..taken].chunks_exact(width) {
            vector.iter_mut().zip(row).for_each(|(value, part)| *value += part);
        }
        // The length is taken out in any case, so the sum serves as well as the mean.
        finish(&mut vector, self.cut);
        vector
    }
}
