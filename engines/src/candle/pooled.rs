//! One vector of length 1 for a text, out of those of its tokens.

use candle_core::Result;

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

/// How vectors are shortened: their first numbers are kept, and brought to length 1 again.
///
/// Only models trained for it (Matryoshka representations, arXiv:2205.13147) have what matters in
/// the first numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cut {
    /// How many numbers are kept.
    pub dimensions: usize,
    /// Whether the mean of all numbers is taken out first. Nomic asks for layer normalisation before
    /// the cut; of that, only the mean survives the normalisation after it.
    pub centred: bool,
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
        if let Some(cut) = self.cut {
            if cut.centred {
                let mean = vector.iter().sum::<f32>() / width as f32;
                for value in &mut vector {
                    *value -= mean;
                }
            }
            vector.truncate(cut.dimensions);
        }
        // The length is taken out in any case, so the sum serves as well as the mean.
        normalise(&mut vector);
        vector
    }
}

fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
    for value in vector {
        *value /= length;
    }
}
