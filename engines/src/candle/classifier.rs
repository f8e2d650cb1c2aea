//! The head for sequence classification: a few numbers for a pair, out of the vector of its first
//! token.
//!
//! All heads are two layers with an activation between. BERT's is split over `pooler.dense` and
//! `classifier`; `RoBERTa`'s is all in `classifier`; both have a hyperbolic tangent. `DeBERTa`'s pooler
//! lies beside the network and has the activation that its configuration names.

use candle_core::{Device, Result, Tensor};

use super::encoder::{Encoder, Tokens};
use super::kernels::{Activate, Activation};
use super::weights::{Linear, Weights};
use super::workers::Network;

/// An encoder with a head.
pub struct Classifier {
    encoder: Box<dyn Encoder>,
    dense: Linear,
    activation: Activation,
    output: Linear,
}

impl Classifier {
    /// Reads BERT's or `RoBERTa`'s head, which belongs to `encoder`, out of the same file.
    pub fn load(weights: &Weights, encoder: Box<dyn Encoder>) -> Result<Self> {
        let (dense, output) = if weights.has("classifier.dense.weight") {
            (weights.head("classifier.dense")?, weights.head("classifier.out_proj")?)
        } else {
            (weights.linear("pooler.dense")?, weights.head("classifier")?)
        };
        Ok(Self { encoder, dense, activation: Activation::Tanh, output })
    }

    /// Reads `DeBERTa`'s head, which belongs to `encoder`, out of the same file.
    pub fn load_with_context_pooler(
        weights: &Weights,
        encoder: Box<dyn Encoder>,
        activation: Activation,
    ) -> Result<Self> {
        let (dense, output) = (weights.head("pooler.dense")?, weights.head("classifier")?);
        Ok(Self { encoder, dense, activation, output })
    }

    /// Counts the numbers that a pair has.
    pub fn output_count(&self) -> usize {
        self.output.bias.len()
    }

    /// Counts the tokens of the longest pair that is read.
    pub fn window(&self) -> usize {
        self.encoder.window()
    }
}

impl Network for Classifier {
    /// Gives each pair's logits.
    fn run(&self, texts: &[Tokens]) -> Result<Vec<Vec<f32>>> {
        let width = self.encoder.width();
        let mut first = Vec::<f32>::with_capacity(texts.len() * width);
        self.encoder.read(texts, &mut |rows| first.extend(rows.iter().take(width)))?;
        let first = Tensor::from_vec(first, (texts.len(), width), &Device::Cpu)?;
        let pooled = first.matmul(&self.dense.weight)?;
        let activation = self.activation;
        pooled.inplace_op1(&Activate { bias: &self.dense.bias, activation })?;
        self.output.forward(&pooled)?.to_vec2()
    }
}
