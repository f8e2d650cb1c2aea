//! The BERT network, on texts laid end to end.
//!
//! A batch is one matrix with a row a token, without padding: the products with the weights see all
//! rows at once, attention looks at each text's rows alone. So a text's vector does not depend on
//! its company, and short texts cost what they are long. After Devlin et al., arXiv:1810.04805.

use candle_core::{Device, Result, Tensor, bail};

use super::config::BertConfig;
use super::encoder::{Encoder, Tokens};
use super::kernels::{Activate, Activation, Norm, ResidualNorm, Softmax};
use super::weights::{Linear, Weights};

/// The weights, shared by the threads that use them.
pub struct Bert {
    words: Vec<f32>,
    /// Position vectors from the first token's on.
    positions: Vec<f32>,
    /// The vectors of the token types.
    kinds: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    width: usize,
    heads: usize,
}

struct Layer {
    /// Queries, keys and values side by side; the queries are scaled for attention.
    attention: Linear,
    attention_output: Linear,
    attention_norm: Norm,
    inner: Linear,
    activation: Activation,
    outer: Linear,
    outer_norm: Norm,
}

impl Bert {
    /// Reads the weights out of a file.
    pub fn load(weights: &Weights, config: &BertConfig) -> Result<Self> {
        let width = config.hidden_size;
        let kinds = weights.numbers("embeddings.token_type_embeddings.weight")?;
        let mut positions = weights.numbers("embeddings.position_embeddings.weight")?;
        positions.drain(..(config.first_position() * width).min(positions.len()));
        let words = weights.numbers("embeddings.word_embeddings.weight")?;
        let norm = weights.norm("embeddings.LayerNorm", config.layer_norm_eps)?;
        let layers = (0..config.num_hidden_layers)
            .map(|number| load_layer(weights, &format!("encoder.layer.{number}"), config))
            .collect::<Result<_>>()?;
        let heads = config.num_attention_heads;
        Ok(Self { words, positions, kinds, norm, layers, width, heads })
    }

    fn look_up(&self, texts: &[Tokens]) -> Result<Tensor> {
        let count: usize = texts.iter().map(|text| text.ids.len()).sum();
        let mut rows = Vec::with_capacity(count * self.width);
        for text in texts {
            let positions = self.positions.chunks_exact(self.width);
            if text.ids.len() > positions.len() {
                bail!("a text of {} tokens has no positions", text.ids.len());
            }
            let kinds = text.kinds.iter().copied().chain(std::iter::repeat(0));
            for ((token, position), kind) in text.ids.iter().zip(positions).zip(kinds) {
                let Some(word) = self.row(&self.words, *token) else {
                    bail!("token {token} is not in the vocabulary");
                };
                let Some(kind) = self.row(&self.kinds, kind) else {
                    bail!("token type {kind} is not one of the model's");
                };
                let row = rows.len();
                let parts = word.iter().zip(position).zip(kind);
                rows.extend(parts.map(|((word, position), kind)| word + (position + kind)));
                self.norm.apply(&mut rows[row..]);
            }
        }
        Tensor::from_vec(rows, (count, self.width), &Device::Cpu)
    }

    fn row<'a>(&self, table: &'a [f32], number: u32) -> Option<&'a [f32]> {
        let start = number as usize * self.width;
        table.get(start..start + self.width)
    }
}

impl Encoder for Bert {
    fn width(&self) -> usize {
        self.width
    }

    fn window(&self) -> usize {
        self.positions.len() / self.width
    }

    fn read(&self, texts: &[Tokens], each: &mut dyn FnMut(&[f32])) -> Result<()> {
        let lengths: Vec<usize> = texts.iter().map(|text| text.ids.len()).collect();
        let mut rows = self.look_up(texts)?;
        for layer in &self.layers {
            rows = layer.forward(&rows, &lengths, self.heads)?;
        }
        let rows = rows.flatten_all()?.to_vec1::<f32>()?;
        let mut rest = rows.as_slice();
        for length in lengths {
            let (own, after) = rest.split_at(length * self.width);
            each(own);
            rest = after;
        }
        Ok(())
    }
}

fn load_layer(weights: &Weights, name: &str, config: &BertConfig) -> Result<Layer> {
    let head_width = config.hidden_size / config.num_attention_heads;
    let scale = 1.0 / (head_width as f64).sqrt();
    let query = weights.linear(&format!("{name}.attention.self.query"))?;
    let key = weights.linear(&format!("{name}.attention.self.key"))?;
    let value = weights.linear(&format!("{name}.attention.self.value"))?;
    let query_weight = (query.weight * scale)?;
    let weight = Tensor::cat(&[&query_weight, &key.weight, &value.weight], 1)?.contiguous()?;
    let mut bias: Vec<f32> = query.bias.iter().map(|bias| bias * scale as f32).collect();
    bias.extend(key.bias);
    bias.extend(value.bias);
    let activation = config.activation().map_err(candle_core::Error::msg)?;
    Ok(Layer {
        attention: Linear { weight, bias },
        attention_output: weights.linear(&format!("{name}.attention.output.dense"))?,
        attention_norm: weights
            .norm(&format!("{name}.attention.output.LayerNorm"), config.layer_norm_eps)?,
        inner: weights.linear(&format!("{name}.intermediate.dense"))?,
        activation,
        outer: weights.linear(&format!("{name}.output.dense"))?,
        outer_norm: weights.norm(&format!("{name}.output.LayerNorm"), config.layer_norm_eps)?,
    })
}

impl Layer {
    fn forward(&self, rows: &Tensor, lengths: &[usize], heads: usize) -> Result<Tensor> {
        let looks = self.attention.forward(rows)?;
        let (tokens, columns) = looks.dims2()?;
        let looks = looks.reshape((tokens, 3 * heads, columns / (3 * heads)))?;
        let mut seen = Vec::with_capacity(lengths.len());
        let mut start = 0;
        for &length in lengths {
            seen.push(attend(&looks.narrow(0, start, length)?, heads)?);
            start += length;
        }
        let seen = if let [one] = seen.as_slice() { one.clone() } else { Tensor::cat(&seen, 0)? };
        let seen = seen.matmul(&self.attention_output.weight)?;
        let bias = &self.attention_output.bias;
        seen.inplace_op2(rows, &ResidualNorm { bias, norm: &self.attention_norm })?;
        let inner = seen.matmul(&self.inner.weight)?;
        let activation = self.activation;
        inner.inplace_op1(&Activate { bias: &self.inner.bias, activation })?;
        let outer = inner.matmul(&self.outer.weight)?;
        outer
            .inplace_op2(&seen, &ResidualNorm { bias: &self.outer.bias, norm: &self.outer_norm })?;
        Ok(outer)
    }
}

/// Lets the tokens of one text look at each other.
///
/// `looks` is (token, part and head, number): the heads' queries, then their keys, then values. The
/// parts are views of it, which the product reads where they lie.
fn attend(looks: &Tensor, heads: usize) -> Result<Tensor> {
    let (length, _, head_width) = looks.dims3()?;
    let part = |number: usize| looks.narrow(1, number * heads, heads)?.transpose(0, 1);
    let scores = part(0)?.matmul(&part(1)?.t()?)?;
    scores.inplace_op1(&Softmax { width: length })?;
    let seen = scores.matmul(&part(2)?)?;
    seen.transpose(0, 1)?.reshape((length, heads * head_width))
}
