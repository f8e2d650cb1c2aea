//! The keys and values that a layer keeps of the tokens it has read.

use candle_core::{DType, Device, Result, Tensor};

/// How many tokens there is room for at first; the room doubles when it is full.
const FIRST_ROOM: usize = 256;

/// The keys and values of one layer: each (1, head, token, number), with more room than there are tokens.
///
/// Which of them count is known by whoever reads: what is put at a position takes the place of what was there.
pub struct Kept {
    keys: Tensor,
    values: Tensor,
    most_tokens: usize,
}

impl Kept {
    /// Makes room for heads of a width, up to so many tokens.
    pub fn new(
        (heads, width): (usize, usize),
        most_tokens: usize,
        kind: DType,
        device: &Device,
    ) -> Result<Self> {
        let sides = (1, heads, FIRST_ROOM.min(most_tokens), width);
        let keys = Tensor::zeros(sides, kind, device)?;
        Ok(Self { keys, values: Tensor::zeros(sides, kind, device)?, most_tokens })
    }

    /// Puts keys and values behind the first `position` tokens, and gives all that there is room for.
    pub fn put(
        &mut self,
        key: &Tensor,
        value: &Tensor,
        position: usize,
    ) -> Result<(&Tensor, &Tensor)> {
        let needed = position + key.dim(2)?;
        let room = self.keys.dim(2)?;
        if needed > room {
            let room = needed.max(2 * room).min(self.most_tokens.max(needed));
            self.keys = widen(&self.keys, position, room)?;
            self.values = widen(&self.values, position, room)?;
        }
        self.keys.slice_set(&key.contiguous()?, 2, position)?;
        self.values.slice_set(&value.contiguous()?, 2, position)?;
        Ok((&self.keys, &self.values))
    }
}

/// Makes room for more tokens, and keeps the first ones.
fn widen(tensor: &Tensor, kept: usize, room: usize) -> Result<Tensor> {
    let (one, heads, _, width) = tensor.dims4()?;
    let wider = Tensor::zeros((one, heads, room, width), tensor.dtype(), tensor.device())?;
    if kept > 0 {
        wider.slice_set(&tensor.narrow(2, 0, kept)?.contiguous()?, 2, 0)?;
    }
    Ok(wider)
}
