//! One layer of a network: attention over what was kept of earlier tokens, and the feed-forward.

use candle_core::quantized::QMatMul;
use candle_core::{D, DType, Device, Module, Result, Tensor};
use candle_nn::{Activation, ops};

use super::kept::Kept;
use super::names::Names;
use super::rotary::Rotary;
use super::shape::{BlockKind, FeedForwardKind, NormKind, Shape};
use super::tensors::Tensors;

/// Multiplies, and adds if there is something to add.
pub struct Linear {
    weight: QMatMul,
    bias: Option<Tensor>,
}

/// Normalises rows.
pub enum Norm {
    /// By the root of the mean square.
    Rms { weight: Tensor, epsilon: f32 },
    /// By mean and variance.
    Layer { weight: Tensor, bias: Tensor, epsilon: f32 },
}

/// Reads the parts of a network.
pub struct Builder<'a> {
    /// Where they are.
    pub tensors: &'a mut dyn Tensors,
    /// What the network is like.
    pub shape: &'a Shape,
    /// What they are called.
    pub names: &'a Names,
    /// What is computed in.
    pub kind: DType,
    /// Where it is computed.
    pub device: Device,
}

impl Builder<'_> {
    /// Reads a product, with its bias if the file has one.
    pub fn linear(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<Linear> {
        let weight = self.tensors.matrix(&format!("{name}.weight"), outputs, inputs)?;
        let bias = format!("{name}.bias");
        let bias = if self.tensors.has(&bias) { Some(self.vector(&bias, outputs)?) } else { None };
        Ok(Linear { weight, bias })
    }

    /// Makes a product of a matrix that is read already.
    pub fn tied(weight: &QMatMul) -> Linear {
        Linear { weight: weight.clone(), bias: None }
    }

    /// Reads a norm of rows, or of heads if they are that wide.
    pub fn norm(&mut self, name: &str, width: usize) -> Result<Norm> {
        let mut numbers = self.tensors.numbers(&format!("{name}.weight"), width)?;
        if self.shape.norm == NormKind::RmsPlusOne {
            for number in &mut numbers {
                *number += 1.0;
            }
        }
        let weight = self.place(numbers)?;
        let epsilon = self.shape.epsilon as f32;
        if self.shape.norm == NormKind::Layer {
            let bias = self.vector(&format!("{name}.bias"), width)?;
            return Ok(Norm::Layer { weight, bias, epsilon });
        }
        Ok(Norm::Rms { weight, epsilon })
    }

    fn vector(&mut self, name: &str, count: usize) -> Result<Tensor> {
        let numbers = self.tensors.numbers(name, count)?;
        self.place(numbers)
    }

    fn place(&self, numbers: Vec<f32>) -> Result<Tensor> {
        let count = numbers.len();
        Tensor::from_vec(numbers, count, &self.device)?.to_dtype(self.kind)
    }
}

impl Linear {
    /// Applies it to rows, (1, token, number).
    pub fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let rows = self.weight.forward(&rows.contiguous()?)?;
        match &self.bias {
            Some(bias) => rows.broadcast_add(bias),
            None => Ok(rows),
        }
    }
}

impl Norm {
    /// Applies it to the last side.
    pub fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let rows = rows.contiguous()?;
        match self {
            Self::Rms { weight, epsilon } => ops::rms_norm(&rows, weight, *epsilon),
            Self::Layer { weight, bias, epsilon } => ops::layer_norm(&rows, weight, bias, *epsilon),
        }
    }
}

/// What is the same for all layers that see equally far, while some tokens are read.
pub struct View<'a> {
    /// Where the first of the tokens stands.
    pub position: usize,
    /// The first token that any of them sees.
    pub first_seen: usize,
    /// What is added to the scores of attention, token by token seen; none if all see all.
    pub mask: Option<Tensor>,
    /// Tells positions.
    pub rotary: &'a Rotary,
}

/// A layer.
pub struct Layer {
    before_attention: Norm,
    attention: Attention,
    after_attention: Option<Norm>,
    before_feed_forward: Option<Norm>,
    feed_forward: FeedForward,
    after_feed_forward: Option<Norm>,
    /// Whether it looks back only a little way.
    pub is_near_sighted: bool,
}

impl Layer {
    /// Reads a layer.
    pub fn load(builder: &mut Builder<'_>, number: usize) -> Result<Self> {
        let (shape, names) = (builder.shape, *builder.names);
        let name = |part: &str| format!("{}.{number}.{part}", names.layer);
        let is_sandwich = shape.block == BlockKind::Sandwich;
        let norm = |builder: &mut Builder<'_>, is_there: bool, part| {
            is_there.then(|| builder.norm(&name(part), shape.width)).transpose()
        };
        let is_parallel = shape.block == BlockKind::Parallel;
        Ok(Self {
            before_attention: builder.norm(&name(names.before_attention), shape.width)?,
            after_attention: norm(builder, is_sandwich, names.after_attention)?,
            before_feed_forward: norm(builder, !is_parallel, names.before_feed_forward)?,
            after_feed_forward: norm(builder, is_sandwich, names.after_feed_forward)?,
            attention: Attention::load(builder, &name)?,
            feed_forward: FeedForward::load(builder, &name)?,
            is_near_sighted: shape.is_near_sighted(number),
        })
    }

    /// Reads rows, (1, token, number), and keeps what later ones need of them.
    pub fn forward(&self, rows: &Tensor, view: &View<'_>, kept: &mut Kept) -> Result<Tensor> {
        let normal = self.before_attention.forward(rows)?;
        let mut seen = self.attention.forward(&normal, view, kept)?;
        let Some(before_feed_forward) = &self.before_feed_forward else {
            return rows + seen + self.feed_forward.forward(&normal)?;
        };
        if let Some(norm) = &self.after_attention {
            seen = norm.forward(&seen)?;
        }
        let rows = (rows + seen)?;
        let mut made = self.feed_forward.forward(&before_feed_forward.forward(&rows)?)?;
        if let Some(norm) = &self.after_feed_forward {
            made = norm.forward(&made)?;
        }
        rows + made
    }
}

/// Lets tokens look at earlier ones.
struct Attention {
    input: Input,
    head_norms: Option<(Norm, Norm)>,
    output: Linear,
    heads: usize,
    kept_heads: usize,
    width: usize,
    scale: f64,
    cap: Option<f64>,
}

/// What makes queries, keys and values.
enum Input {
    Each { query: Linear, key: Linear, value: Linear },
    Fused(Linear),
}

impl Attention {
    fn load(builder: &mut Builder<'_>, name: &impl Fn(&str) -> String) -> Result<Self> {
        let (shape, names) = (builder.shape, *builder.names);
        let width = shape.head_width;
        let (all, kept) = (shape.heads * width, shape.kept_heads * width);
        let input = if shape.has_fused_attention {
            let fused = name(names.fused_attention);
            Input::Fused(builder.linear(&fused, all + 2 * kept, shape.width)?)
        } else {
            Input::Each {
                query: builder.linear(&name(names.query), all, shape.width)?,
                key: builder.linear(&name(names.key), kept, shape.width)?,
                value: builder.linear(&name(names.value), kept, shape.width)?,
            }
        };
        let head_norms = if shape.has_head_norms {
            let query = builder.norm(&name(names.query_norm), width)?;
            Some((query, builder.norm(&name(names.key_norm), width)?))
        } else {
            None
        };
        Ok(Self {
            input,
            head_norms,
            output: builder.linear(&name(names.output), shape.width, all)?,
            heads: shape.heads,
            kept_heads: shape.kept_heads,
            width,
            scale: shape.attention_scale,
            cap: shape.attention_cap,
        })
    }

    fn forward(&self, rows: &Tensor, view: &View<'_>, kept: &mut Kept) -> Result<Tensor> {
        let tokens = rows.dim(1)?;
        let (query, key, value) = self.project(rows)?;
        // (1, head, token, number)
        let split = |rows: Tensor, heads: usize| {
            rows.reshape((1, tokens, heads, self.width))?.transpose(1, 2)?.contiguous()
        };
        let mut query = split(query, self.heads)?;
        let mut key = split(key, self.kept_heads)?;
        let value = split(value, self.kept_heads)?;
        if let Some((query_norm, key_norm)) = &self.head_norms {
            query = query_norm.forward(&query)?;
            key = key_norm.forward(&key)?;
        }
        let query = view.rotary.turn(&query, view.position)?;
        let key = view.rotary.turn(&key, view.position)?;
        let (keys, values) = kept.put(&key, &value, view.position)?;
        let seen = view.position + tokens - view.first_seen;
        let keys = keys.narrow(2, view.first_seen, seen)?;
        let values = values.narrow(2, view.first_seen, seen)?;
        // The heads that look through one kept head stand below each other.
        let group = self.heads / self.kept_heads;
        let query =
            (query * self.scale)?.reshape((1, self.kept_heads, group * tokens, self.width))?;
        let mut scores = query.matmul(&keys.t()?)?;
        if let Some(cap) = self.cap {
            scores = ((scores / cap)?.tanh()? * cap)?;
        }
        let mut scores = scores.to_dtype(DType::F32)?;
        if let Some(mask) = &view.mask {
            let sides = scores.dims().to_vec();
            let by_token = scores.reshape((self.kept_heads, group, tokens, seen))?;
            scores = by_token.broadcast_add(mask)?.reshape(sides)?;
        }
        let shares = ops::softmax_last_dim(&scores)?.to_dtype(rows.dtype())?;
        let made = shares.matmul(&values)?.reshape((1, self.heads, tokens, self.width))?;
        let made = made.transpose(1, 2)?.reshape((1, tokens, self.heads * self.width))?;
        self.output.forward(&made)
    }

    fn project(&self, rows: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
        match &self.input {
            Input::Each { query, key, value } => {
                Ok((query.forward(rows)?, key.forward(rows)?, value.forward(rows)?))
            }
            Input::Fused(fused) => {
                let (all, kept) = (self.heads * self.width, self.kept_heads * self.width);
                let rows = fused.forward(rows)?;
                let part = |start, length| rows.narrow(D::Minus1, start, length);
                Ok((part(0, all)?, part(all, kept)?, part(all + kept, kept)?))
            }
        }
    }
}

/// Works on each token by itself.
struct FeedForward {
    kind: Rise,
    down: Linear,
    activation: Activation,
    width: usize,
}

/// What goes up.
enum Rise {
    Gated { gate: Linear, up: Linear },
    FusedGated(Linear),
    Plain(Linear),
}

impl FeedForward {
    fn load(builder: &mut Builder<'_>, name: &impl Fn(&str) -> String) -> Result<Self> {
        let (shape, names) = (builder.shape, *builder.names);
        let (inner, width) = (shape.inner_width, shape.width);
        let kind = match shape.feed_forward {
            FeedForwardKind::Gated => Rise::Gated {
                gate: builder.linear(&name(names.gate), inner, width)?,
                up: builder.linear(&name(names.up), inner, width)?,
            },
            FeedForwardKind::FusedGated => {
                Rise::FusedGated(builder.linear(&name(names.fused_gate), 2 * inner, width)?)
            }
            FeedForwardKind::Plain => Rise::Plain(builder.linear(&name(names.up), inner, width)?),
        };
        let down = builder.linear(&name(names.down), width, inner)?;
        Ok(Self { kind, down, activation: shape.activation, width: inner })
    }

    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let inner = match &self.kind {
            Rise::Gated { gate, up } => {
                (self.activation.forward(&gate.forward(rows)?)? * up.forward(rows)?)?
            }
            Rise::FusedGated(both) => {
                let both = both.forward(rows)?;
                let gate = both.narrow(D::Minus1, 0, self.width)?.contiguous()?;
                let up = both.narrow(D::Minus1, self.width, self.width)?;
                (self.activation.forward(&gate)? * up)?
            }
            Rise::Plain(up) => self.activation.forward(&up.forward(rows)?)?,
        };
        self.down.forward(&inner)
    }
}
