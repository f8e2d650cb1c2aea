//! A network that writes text: it reads tokens, keeps what later ones need of them, and gives scores for the next one.
//!
//! One network serves all families: [`Shape`] says what differs. Its layers, but not those of candle-transformers, can
//! forget the end of what they hold, read a prompt in pieces behind what is there, and keep their matrices as they are
//! in the file: see `docs/decisions/150-candle-writes-answers-too.md`.

use candle_core::quantized::QMatMul;
use candle_core::{DType, Device, Result, Tensor, bail};

use super::kept::Kept;
use super::layer::{Builder, Layer, Linear, Norm, View};
use super::names::Names;
use super::rotary::Rotary;
use super::shape::Shape;
use super::tensors::Tensors;

/// A network with what it holds of one text.
pub struct Network {
    embedding: QMatMul,
    layers: Vec<(Layer, Kept)>,
    norm: Norm,
    head: Linear,
    rotary: Rotary,
    windowed_rotary: Option<Rotary>,
    shape: Shape,
    kind: DType,
    device: Device,
    context_tokens: usize,
    held: usize,
}

/// How a network is placed.
#[derive(Clone, Debug)]
pub struct Placing {
    /// Where it is computed.
    pub device: Device,
    /// What rows are kept in.
    pub kind: DType,
    /// How many tokens it holds at most.
    pub context_tokens: usize,
}

impl Network {
    /// Reads a network. A file with more in it than the shape has is refused: what is left out would change the text.
    pub fn load(
        tensors: &mut dyn Tensors,
        shape: Shape,
        names: &Names,
        placing: &Placing,
    ) -> Result<Self> {
        let Placing { device, kind, context_tokens } = placing.clone();
        let mut builder = Builder { tensors, shape: &shape, names, kind, device: device.clone() };
        let embedding = builder.tensors.matrix(names.embedding, shape.vocabulary, shape.width)?;
        let mut layers = Vec::new();
        for number in 0..shape.layers {
            let layer = Layer::load(&mut builder, number)?;
            let heads = (shape.kept_heads, shape.head_width);
            layers.push((layer, Kept::new(heads, context_tokens, kind, &device)?));
        }
        let norm = builder.norm(names.norm, shape.width)?;
        let head = if shape.is_tied {
            Builder::tied(&embedding)
        } else {
            builder.linear(names.head, shape.vocabulary, shape.width)?
        };
        let mut unread = tensors.unread();
        // Some files have the rows of the tokens twice.
        unread.retain(|name| !(shape.is_tied && *name == format!("{}.weight", names.head)));
        if let Some(name) = unread.first() {
            bail!("tensor `{name}` is none that a network of its type has");
        }
        let rotary = Rotary::new(&shape.rotary, context_tokens, kind, &device)?;
        let windowed_rotary = match &shape.windowed_rotary {
            Some(shape) => Some(Rotary::new(shape, context_tokens, kind, &device)?),
            None => None,
        };
        Ok(Self {
            embedding,
            layers,
            norm,
            head,
            rotary,
            windowed_rotary,
            shape,
            kind,
            device,
            context_tokens,
            held: 0,
        })
    }

    /// Forgets all but the first tokens.
    pub fn keep(&mut self, tokens: usize) {
        self.held = self.held.min(tokens);
    }

    /// Reads tokens behind those that it holds. If it fails, it holds those it held before.
    pub fn read(&mut self, tokens: &[u32]) -> Result<()> {
        self.rows(tokens).map(drop)
    }

    /// Reads tokens and gives the scores for the next one, a number for each token of the vocabulary.
    pub fn score(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        let rows = self.rows(tokens)?;
        let last = rows.narrow(1, tokens.len() - 1, 1)?;
        let mut scores = self.head.forward(&self.norm.forward(&last)?)?;
        if let Some(cap) = self.shape.score_cap {
            scores = ((scores / cap)?.tanh()? * cap)?;
        }
        scores.flatten_all()?.to_dtype(DType::F32)?.to_vec1()
    }

    fn rows(&mut self, tokens: &[u32]) -> Result<Tensor> {
        let (position, count) = (self.held, tokens.len());
        if count == 0 || position + count > self.context_tokens {
            bail!("{count} tokens do not fit behind {position} of {}", self.context_tokens);
        }
        let ids = Tensor::new(tokens, &self.device)?.unsqueeze(0)?;
        let mut rows = self.embedding.embedding(&ids)?.to_dtype(self.kind)?;
        if let Some(scale) = self.shape.embedding_scale {
            rows = (rows * scale)?;
        }
        let far = view(position, count, None, &self.rotary, &self.device)?;
        let near = match &self.shape.windows {
            Some(windows) => {
                let rotary = self.windowed_rotary.as_ref().unwrap_or(&self.rotary);
                Some(view(position, count, Some(windows.tokens), rotary, &self.device)?)
            }
            None => None,
        };
        for (layer, kept) in &mut self.layers {
            let view = near.as_ref().filter(|_| layer.is_near_sighted).unwrap_or(&far);
            rows = layer.forward(&rows, view, kept)?;
        }
        self.held += count;
        Ok(rows)
    }

    /// Counts the bytes of keys and values of a full context.
    pub fn kept_bytes(&self) -> u64 {
        self.shape.kept_numbers() * (self.context_tokens * self.kind.size_in_bytes()) as u64
    }

    /// Counts the rows of the tokens' table.
    pub fn vocabulary(&self) -> usize {
        self.shape.vocabulary
    }
}

/// Makes what `count` tokens from `position` on see: those before them, within a window if there is one.
fn view<'a>(
    position: usize,
    count: usize,
    window: Option<usize>,
    rotary: &'a Rotary,
    device: &Device,
) -> Result<View<'a>> {
    let end = position + count;
    let window = window.unwrap_or(end);
    let first_seen = (position + 1).saturating_sub(window);
    let mask = if count == 1 {
        None
    } else {
        let sees = |token: usize, other: usize| other <= token && token - other < window;
        let value = |token, other| if sees(token, other) { 0.0 } else { f32::NEG_INFINITY };
        let row = |token| (first_seen..end).map(move |other| value(token, other));
        let mask: Vec<f32> = (position..end).flat_map(row).collect();
        Some(Tensor::from_vec(mask, (count, end - first_seen), device)?)
    };
    Ok(View { position, first_seen, mask, rotary })
}
