//! Rotary positions: how a network is told where a token stands.
//!
//! After Su et al., "`RoFormer`" (2021), with the ways of reaching further than the network was trained for that models
//! state: linear, Llama 3's, and a factor for each frequency (Phi's "long rope", and `rope_freqs` of GGUF files).

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::rotary_emb;

/// How positions are told.
#[derive(Clone, Debug, PartialEq)]
pub struct RotaryShape {
    /// From which number the frequencies are made.
    pub base: f64,
    /// How many numbers of a head are turned: an even number.
    pub width: usize,
    /// How the frequencies are changed.
    pub scaling: Scaling,
    /// Whether the two numbers that are turned together are neighbours; else they are half a width apart.
    pub is_interleaved: bool,
}

/// How frequencies are changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Scaling {
    /// Not at all.
    None,
    /// All are divided.
    Linear(f64),
    /// The low ones are divided, those between a little.
    Llama3 {
        /// By what.
        factor: f64,
        /// Below which the low ones are, in turns within the trained context.
        low: f64,
        /// Above which the high ones are.
        high: f64,
        /// The trained context.
        trained: f64,
    },
    /// Each is divided by a number of its own.
    Each {
        /// The numbers, one a frequency.
        divisors: Vec<f32>,
        /// What sines and cosines are multiplied with.
        attention: f64,
    },
}

impl RotaryShape {
    /// Refuses what cannot be turned.
    pub fn check(&self, head_width: usize) -> std::result::Result<(), String> {
        let width = self.width;
        if width == 0 || !width.is_multiple_of(2) || width > head_width {
            return Err(format!("{width} numbers of {head_width} cannot be turned"));
        }
        if !(self.base > 0.0 && self.base.is_finite()) {
            return Err(format!("`rope_theta` is {}", self.base));
        }
        if let Scaling::Each { divisors, .. } = &self.scaling
            && divisors.len() != width / 2
        {
            return Err(format!("{} factors do not fit {} frequencies", divisors.len(), width / 2));
        }
        Ok(())
    }

    /// Gives the frequencies, in turns of one radian a position.
    fn frequencies(&self) -> Vec<f32> {
        let plain = |pair: usize| {
            let exponent = (2 * pair) as f64 / self.width as f64;
            1.0 / self.base.powf(exponent)
        };
        let changed = |pair: usize| {
            let frequency = plain(pair);
            match &self.scaling {
                Scaling::None => frequency,
                Scaling::Linear(factor) => frequency / factor,
                Scaling::Each { divisors, .. } => frequency / f64::from(divisors[pair]),
                &Scaling::Llama3 { factor, low, high, trained } => {
                    let turns = trained * frequency / (2.0 * std::f64::consts::PI);
                    let share = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                    share * frequency + (1.0 - share) * frequency / factor
                }
            }
        };
        (0..self.width / 2).map(|pair| changed(pair) as f32).collect()
    }
}

/// The sines and cosines of all positions of a context.
#[derive(Clone, Debug)]
pub struct Rotary {
    /// Positions by pairs.
    cos: Tensor,
    sin: Tensor,
    width: usize,
    is_interleaved: bool,
}

impl Rotary {
    /// Computes them for so many positions.
    pub fn new(
        shape: &RotaryShape,
        positions: usize,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let frequencies = shape.frequencies();
        let size = (positions, frequencies.len());
        let scale = match shape.scaling {
            Scaling::Each { attention, .. } => attention as f32,
            _ => 1.0,
        };
        let mut cos = Vec::with_capacity(size.0 * size.1);
        let mut sin = Vec::with_capacity(size.0 * size.1);
        for position in 0..positions {
            for frequency in &frequencies {
                let (s, c) = (position as f32 * frequency).sin_cos();
                cos.push(c * scale);
                sin.push(s * scale);
            }
        }
        let table = |numbers| Tensor::from_vec(numbers, size, device)?.to_dtype(dtype);
        let (width, is_interleaved) = (shape.width, shape.is_interleaved);
        Ok(Self { cos: table(cos)?, sin: table(sin)?, width, is_interleaved })
    }

    /// Turns rows of heads, (1, head, token, number), whose first token stands at `position`.
    pub fn turn(&self, rows: &Tensor, position: usize) -> Result<Tensor> {
        let tokens = rows.dim(2)?;
        let cos = self.cos.narrow(0, position, tokens)?;
        let sin = self.sin.narrow(0, position, tokens)?;
        let turn = |rows: &Tensor| {
            let rows = rows.contiguous()?;
            if self.is_interleaved {
                rotary_emb::rope_i(&rows, &cos, &sin)
            } else {
                rotary_emb::rope(&rows, &cos, &sin)
            }
        };
        let width = rows.dim(D::Minus1)?;
        if width == self.width {
            return turn(rows);
        }
        let turned = turn(&rows.narrow(D::Minus1, 0, self.width)?)?;
        let rest = rows.narrow(D::Minus1, self.width, width - self.width)?;
        Tensor::cat(&[&turned, &rest.contiguous()?], D::Minus1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(scaling: Scaling) -> RotaryShape {
        RotaryShape { base: 10_000.0, width: 8, scaling, is_interleaved: false }
    }

    #[test]
    fn frequencies_fall_and_are_scaled() {
        let plain = shape(Scaling::None).frequencies();
        let expected = [1.0, 0.1, 0.01, 0.001];
        assert!(plain.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{plain:?}");
        let halves = shape(Scaling::Linear(2.0)).frequencies();
        assert!(halves.iter().zip(&plain).all(|(a, b)| (a * 2.0 - b).abs() < 1e-6), "{halves:?}");
        let each = Scaling::Each { divisors: vec![1.0, 1.0, 2.0, 4.0], attention: 1.0 };
        let each = shape(each).frequencies();
        assert!((each[2] * 2.0 - plain[2]).abs() < 1e-6 && (each[0] - plain[0]).abs() < 1e-6);
    }

    #[test]
    fn llama_3_keeps_high_frequencies_and_divides_low_ones() {
        let scaling = Scaling::Llama3 { factor: 8.0, low: 1.0, high: 4.0, trained: 1000.0 };
        let (plain, scaled) = (shape(Scaling::None).frequencies(), shape(scaling).frequencies());
        // 159, 16, 1.6 and .16 turns within the trained context.
        assert!((scaled[0] - plain[0]).abs() < 1e-6 && (scaled[1] - plain[1]).abs() < 1e-6);
        assert!(scaled[2] < plain[2] && scaled[2] > plain[2] / 8.0);
        assert!((scaled[3] - plain[3] / 8.0).abs() < 1e-7);
    }

    #[test]
    fn what_cannot_be_turned_is_refused() {
        assert!(shape(Scaling::None).check(8).is_ok());
        assert!(shape(Scaling::None).check(6).is_err());
        assert!(RotaryShape { width: 7, ..shape(Scaling::None) }.check(8).is_err());
        assert!(RotaryShape { base: 0.0, ..shape(Scaling::None) }.check(8).is_err());
        let few = Scaling::Each { divisors: vec![1.0], attention: 1.0 };
        assert!(shape(few).check(8).is_err());
    }
}
