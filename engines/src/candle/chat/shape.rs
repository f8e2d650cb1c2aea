//! The shape of a network that writes text, a token after the other: what differs from one family to another.

use candle_nn::Activation;

use super::rotary::RotaryShape;

/// Far above any real network; what is larger is a broken file, or a hostile one.
const WIDEST: usize = 1 << 17;
/// Far above the layers of any real network.
pub const MOST_LAYERS: usize = 1 << 10;
const MOST_TOKENS: usize = 1 << 22;
const LONGEST_CONTEXT: usize = 1 << 26;

/// How a row is normalised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NormKind {
    /// By the root of its mean square.
    Rms,
    /// So, with 1 added to the weights in the file.
    RmsPlusOne,
    /// By mean and variance, with a bias.
    Layer,
}

/// How attention and feed-forward follow each other in a layer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BlockKind {
    /// Each behind a norm of its own.
    Sequential,
    /// Each between two norms of its own.
    Sandwich,
    /// Both behind one norm, side by side.
    Parallel,
}

/// How the feed-forward is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FeedForwardKind {
    /// Gate times rows, then down.
    Gated,
    /// So, with gate and rows in one matrix.
    FusedGated,
    /// Up and down.
    Plain,
}

/// The layers that look back only a little way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Windows {
    /// How many tokens they see, the last one included.
    pub tokens: usize,
    /// Which layers they are.
    pub layers: Vec<bool>,
}

/// What a network is like.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The numbers of a token's row.
    pub width: usize,
    /// The numbers of a row within the feed-forward.
    pub inner_width: usize,
    /// Its layers.
    pub layers: usize,
    /// Heads of attention.
    pub heads: usize,
    /// Heads whose keys and values are kept: several look through one.
    pub kept_heads: usize,
    /// The numbers of a key, and of a value.
    pub head_width: usize,
    /// The tokens that it knows.
    pub vocabulary: usize,
    /// The longest text that it was made for, in tokens.
    pub context_tokens: usize,
    /// What is added to a variance.
    pub epsilon: f64,
    /// How rows are normalised.
    pub norm: NormKind,
    /// How a layer is built.
    pub block: BlockKind,
    /// How its feed-forward is built.
    pub feed_forward: FeedForwardKind,
    /// What the feed-forward applies.
    pub activation: Activation,
    /// Whether queries, keys and values are in one matrix.
    pub has_fused_attention: bool,
    /// Whether queries and keys are normalised, head by head.
    pub has_head_norms: bool,
    /// What queries are multiplied with.
    pub attention_scale: f64,
    /// What scores of attention are kept below, if they are.
    pub attention_cap: Option<f64>,
    /// What the scores of tokens are kept below, if they are.
    pub score_cap: Option<f64>,
    /// What a token's row is multiplied with at first.
    pub embedding_scale: Option<f64>,
    /// Whether rows of tokens also tell their scores.
    pub is_tied: bool,
    /// How positions are told.
    pub rotary: RotaryShape,
    /// How they are told in layers that look back only a little way, if otherwise.
    pub windowed_rotary: Option<RotaryShape>,
    /// The layers that look back only a little way.
    pub windows: Option<Windows>,
}

impl Shape {
    /// Refuses what no network can be.
    pub fn check(&self) -> Result<(), String> {
        let bounds = [
            ("width", self.width, WIDEST),
            ("inner width", self.inner_width, 8 * WIDEST),
            ("number of layers", self.layers, MOST_LAYERS),
            ("number of heads", self.heads, WIDEST),
            ("number of kept heads", self.kept_heads, WIDEST),
            ("width of a head", self.head_width, WIDEST),
            ("vocabulary", self.vocabulary, MOST_TOKENS),
            ("context", self.context_tokens, LONGEST_CONTEXT),
        ];
        for (what, number, most) in bounds {
            if number == 0 || number > most {
                return Err(format!("its {what} is {number}, which is none between 1 and {most}"));
            }
        }
        if !self.heads.is_multiple_of(self.kept_heads) {
            return Err(format!(
                "its {} heads do not share {} kept ones",
                self.heads, self.kept_heads
            ));
        }
        if self.heads.saturating_mul(self.head_width) > 8 * WIDEST {
            return Err("its heads are absurdly wide".to_owned());
        }
        let rotaries = [Some(&self.rotary), self.windowed_rotary.as_ref()];
        for rotary in rotaries.into_iter().flatten() {
            rotary.check(self.head_width)?;
        }
        if self.windows.as_ref().is_some_and(|windows| windows.tokens == 0) {
            return Err("it has layers that see nothing".to_owned());
        }
        Ok(())
    }

    /// Returns whether a layer looks back only a little way.
    pub fn is_near_sighted(&self, layer: usize) -> bool {
        let windows = self.windows.as_ref();
        windows.is_some_and(|windows| windows.layers.get(layer) == Some(&true))
    }

    /// Counts the numbers of keys and values that a token leaves behind.
    pub fn kept_numbers(&self) -> u64 {
        2 * (self.layers * self.kept_heads) as u64 * self.head_width as u64
    }
}
