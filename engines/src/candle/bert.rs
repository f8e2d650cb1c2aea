//! The BERT network, on texts laid end to end.
//!
//! A batch is one matrix with a row a token, without padding: the products with the weights see all
//! rows at once, attention looks at each text's rows alone. So a text's vector does not depend on
//! its company, and short texts cost what they are long. After Devlin et al., arXiv:1810.04805.

use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device, Result, Tensor, bail};

use super::config::{BertConfig, Pooling};
use super::kernels::{Activate, Activation, AddBias, Norm, ResidualNorm, Softmax};

/// The weights, shared by the threads that use them.
pub struct Bert {
    words: Vec<f32>,
    /// Position vectors from the first token's on, with the vector of token type 0 added.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    width: usize,
    heads: usize,
    pooling: Pooling,
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

struct Linear {
    /// Inputs by outputs: the layout that the product reads without packing it anew.
    weight: Tensor,
    bias: Vec<f32>,
}

impl Bert {
    /// Reads the weights out of the bytes of a safetensors file.
    pub fn load(file: &[u8], config: &BertConfig, pooling: Pooling) -> Result<Self> {
        let weights = Weights::open(file)?;
        let width = config.hidden_size;
        let types = weights.numbers("embeddings.token_type_embeddings.weight")?;
        let mut positions = weights.numbers("embeddings.position_embeddings.weight")?;
        positions.drain(..(config.first_position() * width).min(positions.len()));
        for row in positions.chunks_exact_mut(width) {
            row.iter_mut().zip(&types).for_each(|(value, kind)| *value += kind);
        }
        let words = weights.numbers("embeddings.word_embeddings.weight")?;
        let norm = weights.norm("embeddings.LayerNorm", config)?;
        let layers = (0..config.num_hidden_layers)
            .map(|number| load_layer(&weights, &format!("encoder.layer.{number}"), config))
            .collect::<Result<_>>()?;
        let heads = config.num_attention_heads;
        Ok(Self { words, positions, norm, layers, width, heads, pooling })
    }

    /// Gives the length of a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Embeds texts given as tokens; one vector of length 1 a text.
    pub fn embed(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
        let mut rows = self.look_up(texts)?;
        for layer in &self.layers {
            rows = layer.forward(&rows, &lengths, self.heads)?;
        }
        let rows = rows.flatten_all()?.to_vec1::<f32>()?;
        let mut rest = rows.as_slice();
        let mut vectors = Vec::with_capacity(texts.len());
        for length in lengths {
            let (own, after) = rest.split_at(length * self.width);
            vectors.push(self.pool(own));
            rest = after;
        }
        Ok(vectors)
    }

    fn look_up(&self, texts: &[Vec<u32>]) -> Result<Tensor> {
        let count: usize = texts.iter().map(Vec::len).sum();
        let mut rows = Vec::with_capacity(count * self.width);
        for text in texts {
            let positions = self.positions.chunks_exact(self.width);
            if text.len() > positions.len() {
                bail!("a text of {} tokens has no positions", text.len());
            }
            for (token, position) in text.iter().zip(positions) {
                let start = *token as usize * self.width;
                let Some(word) = self.words.get(start..start + self.width) else {
                    bail!("token {token} is not in the vocabulary");
                };
                let row = rows.len();
                rows.extend(word.iter().zip(position).map(|(word, position)| word + position));
                self.norm.apply(&mut rows[row..]);
            }
        }
        Tensor::from_vec(rows, (count, self.width), &Device::Cpu)
    }

    fn pool(&self, rows: &[f32]) -> Vec<f32> {
        let mut vector = vec![0.0_f32; self.width];
        let taken = match self.pooling {
            Pooling::Mean => rows.len(),
            Pooling::First => self.width.min(rows.len()),
        };
        for row in rows[..taken].chunks_exact(self.width) {
            vector.iter_mut().zip(row).for_each(|(value, part)| *value += part);
        }
        // The length is taken out in any case, so the sum serves as well as the mean.
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
        for value in &mut vector {
            *value /= length;
        }
        vector
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
        attention_norm: weights.norm(&format!("{name}.attention.output.LayerNorm"), config)?,
        inner: weights.linear(&format!("{name}.intermediate.dense"))?,
        activation,
        outer: weights.linear(&format!("{name}.output.dense"))?,
        outer_norm: weights.norm(&format!("{name}.output.LayerNorm"), config)?,
    })
}

impl Layer {
    fn forward(&self, rows: &Tensor, lengths: &[usize], heads: usize) -> Result<Tensor> {
        let looks = rows.matmul(&self.attention.weight)?;
        looks.inplace_op1(&AddBias(&self.attention.bias))?;
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

/// The tensors of a file, by name.
struct Weights<'a> {
    file: SliceSafetensors<'a>,
    prefix: &'static str,
}

impl<'a> Weights<'a> {
    fn open(file: &'a [u8]) -> Result<Self> {
        let file = SliceSafetensors::new(file)?;
        let names: Vec<String> = file.tensors().into_iter().map(|(name, _)| name).collect();
        let prefix = ["", "bert.", "roberta.", "model."]
            .into_iter()
            .find(|prefix| names.contains(&format!("{prefix}embeddings.word_embeddings.weight")));
        let Some(prefix) = prefix else { bail!("it has no word embeddings") };
        Ok(Self { file, prefix })
    }

    fn tensor(&self, name: &str) -> Result<Tensor> {
        self.file.load(&format!("{}{name}", self.prefix), &Device::Cpu)?.to_dtype(DType::F32)
    }

    fn numbers(&self, name: &str) -> Result<Vec<f32>> {
        self.tensor(name)?.flatten_all()?.to_vec1()
    }

    fn linear(&self, name: &str) -> Result<Linear> {
        let weight = self.tensor(&format!("{name}.weight"))?.t()?.contiguous()?;
        Ok(Linear { weight, bias: self.numbers(&format!("{name}.bias"))? })
    }

    fn norm(&self, name: &str, config: &BertConfig) -> Result<Norm> {
        Ok(Norm {
            weight: self.numbers(&format!("{name}.weight"))?,
            bias: self.numbers(&format!("{name}.bias"))?,
            epsilon: config.layer_norm_eps as f32,
        })
    }
}
