//! One number for a pair of texts, out of the vector of its first token.
//!
//! Both heads that rerankers have are two layers with a hyperbolic tangent between: BERT's is split
//! over `pooler.dense` and `classifier`, XLM-RoBERTa's is all in `classifier`.

use candle_core::{Device, Result, Tensor, bail};

use super::encoder::{Encoder, Tokens};
use super::weights::{Linear, Weights};
use super::workers::Network;

/// An encoder with a head that says how well the two texts of a pair fit.
pub struct Classifier {
    encoder: Box<dyn Encoder>,
    dense: Linear,
    output: Linear,
}

impl Classifier {
    /// Reads the head that belongs to `encoder` out of the same file.
    pub fn load(weights: &Weights, encoder: Box<dyn Encoder>) -> Result<Self> {
        let (dense, output) = if weights.has("classifier.dense.weight") {
            (weights.head("classifier.dense")?, weights.head("classifier.out_proj")?)
        } else {
            (weights.linear("pooler.dense")?, weights.head("classifier")?)
        };
        match output.bias.len() {
            1 => Ok(Self { encoder, dense, output }),
            count => bail!("its head gives {count} numbers and a reranker's gives one"),
        }
    }
}

impl Network for Classifier {
    /// Gives each pair's logit.
    fn run(&self, texts: &[Tokens]) -> Result<Vec<Vec<f32>>> {
        let width = self.encoder.width();
        let mut first = Vec::<f32>::with_capacity(texts.len() * width);
        self.encoder.read(texts, &mut |rows| first.extend(rows.iter().take(width)))?;
        let rows = Tensor::from_vec(first, (texts.len(), width), &Device::Cpu)?;
        self.output.forward(&self.dense.forward(&rows)?.tanh()?)?.to_vec2()
    }
}
