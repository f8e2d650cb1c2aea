//! The loops between the matrix products, written so that the compiler vectorises them.
//!
//! candle's own take a library call a number (`erf`, `exp`), which costs more than the products.
//! Each is an in-place candle operation over contiguous rows, or a plain function on slices.

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, Layout, Result, bail};

/// The width of the accumulators: two AVX2 registers of floats.
const LANES: usize = 16;

/// Computes e^x to about 1e-7 of its value, for x from -87 to 88 (clamped).
///
/// After Cephes' `expf`: e^x = 2^n e^r with |r| <= ln(2)/2 and a polynomial of degree 6.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it rounds to a whole number.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN2_HIGH, x);
    let r = n.mul_add(-LN2_LOW, r);
    let p = 1.987_569_1e-4_f32;
    let p = p.mul_add(r, 1.398_199_9e-3);
    let p = p.mul_add(r, 8.333_452e-3);
    let p = p.mul_add(r, 4.166_579_6e-2);
    let p = p.mul_add(r, 1.666_666_5e-1);
    let p = p.mul_add(r, 0.5);
    let p = p.mul_add(r * r, r) + 1.0;
    // The low bits of `shifted` hold n; moved into the exponent they make 2^n.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    p * power
}

/// Computes x Φ(x), the exact GELU, to about 5e-7.
///
/// The error function is Abramowitz and Stegun 7.1.26 (absolute error 1.5e-7).
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call would keep the loop from being vectorised")]
fn gelu(x: f32) -> f32 {
    let a = (x * std::f32::consts::FRAC_1_SQRT_2).abs();
    let t = 1.0 / a.mul_add(0.327_591_1, 1.0);
    let p = 1.061_405_4_f32;
    let p = p.mul_add(t, -1.453_152_1);
    let p = p.mul_add(t, 1.421_413_8);
    let p = p.mul_add(t, -0.284_496_74);
    let p = p.mul_add(t, 0.254_829_6);
    let tail = p * t * exp(-a * a);
    let erf = (1.0 - tail).copysign(x);
    0.5 * x * (1.0 + erf)
}

fn sum(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

fn squared_deviations(values: &[f32], mean: f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            let deviation = value - mean;
            *lane = deviation.mul_add(deviation, *lane);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|value| (value - mean).powi(2)).sum::<f32>()
}

fn maximum(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// The parameters of one layer normalisation.
pub struct Norm {
    /// What each number is multiplied with.
    pub weight: Vec<f32>,
    /// What is added to it.
    pub bias: Vec<f32>,
    /// What is added to the variance.
    pub epsilon: f32,
}

impl Norm {
    /// Normalises one row.
    pub fn apply(&self, row: &mut [f32]) {
        let length = row.len() as f32;
        let mean = sum(row) / length;
        let variance = squared_deviations(row, mean) / length;
        let scale = 1.0 / (variance + self.epsilon).sqrt();
        for ((value, weight), bias) in row.iter_mut().zip(&self.weight).zip(&self.bias) {
            *value = ((*value - mean) * scale).mul_add(*weight, *bias);
        }
    }
}

/// What is applied to a layer, after its bias.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Activation {
    /// GELU by the error function.
    Gelu,
    /// The larger of x and 0.
    Relu,
    /// The hyperbolic tangent, of poolers.
    Tanh,
}

impl Activation {
    /// Finds an activation by its name in a `config.json`.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "gelu" => Some(Self::Gelu),
            "relu" => Some(Self::Relu),
            "tanh" => Some(Self::Tanh),
            _ => None,
        }
    }
}

/// Adds a bias to each row.
pub struct AddBias<'a>(pub &'a [f32]);

impl InplaceOp1 for AddBias<'_> {
    fn name(&self) -> &'static str {
        "add-bias"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        for row in contiguous(storage, layout)?.chunks_exact_mut(self.0.len()) {
            for (value, bias) in row.iter_mut().zip(self.0) {
                *value += bias;
            }
        }
        Ok(())
    }
}

/// Adds a bias to each row, then the activation.
pub struct Activate<'a> {
    /// The bias.
    pub bias: &'a [f32],
    /// The activation.
    pub activation: Activation,
}

impl InplaceOp1 for Activate<'_> {
    fn name(&self) -> &'static str {
        "bias-activation"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        for row in contiguous(storage, layout)?.chunks_exact_mut(self.bias.len()) {
            let pairs = row.iter_mut().zip(self.bias);
            match self.activation {
                Activation::Gelu => pairs.for_each(|(value, bias)| *value = gelu(*value + bias)),
                Activation::Relu => {
                    pairs.for_each(|(value, bias)| *value = (*value + bias).max(0.0));
                }
                Activation::Tanh => pairs.for_each(|(value, bias)| *value = (*value + bias).tanh()),
            }
        }
        Ok(())
    }
}

/// Turns each row of `width` scores into weights that add up to 1.
pub struct Softmax {
    /// The length of a row.
    pub width: usize,
}

impl InplaceOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        for row in contiguous(storage, layout)?.chunks_exact_mut(self.width) {
            let largest = maximum(row);
            for value in &mut *row {
                *value = exp(*value - largest);
            }
            let scale = 1.0 / sum(row);
            for value in row {
                *value *= scale;
            }
        }
        Ok(())
    }
}

/// Adds a bias and the residual (the second tensor) to each row, then normalises it.
pub struct ResidualNorm<'a> {
    /// The bias.
    pub bias: &'a [f32],
    /// The normalisation.
    pub norm: &'a Norm,
}

impl InplaceOp2 for ResidualNorm<'_> {
    fn name(&self) -> &'static str {
        "residual-norm"
    }

    fn cpu_fwd(
        &self,
        storage: &mut CpuStorage,
        layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> Result<()> {
        let Some((start, end)) = residual_layout.contiguous_offsets() else {
            bail!("the residual is not contiguous");
        };
        let residual = &residual.as_slice::<f32>()?[start..end];
        let width = self.bias.len();
        let rows = contiguous(storage, layout)?.chunks_exact_mut(width);
        for (row, residual) in rows.zip(residual.chunks_exact(width)) {
            for ((value, bias), residual) in row.iter_mut().zip(self.bias).zip(residual) {
                *value += bias + residual;
            }
            self.norm.apply(row);
        }
        Ok(())
    }
}

fn contiguous<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        bail!("the tensor is not contiguous");
    };
    match storage {
        CpuStorage::F32(values) => Ok(&mut values[start..end]),
        _ => bail!("the tensor does not hold f32"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(from: f32, to: f32) -> impl Iterator<Item = f32> {
        (0..=20_000).map(move |step| from + (to - from) * step as f32 / 20_000.0)
    }

    #[test]
    fn exp_is_within_2e_7_of_its_value() {
        for x in steps(-80.0, 80.0) {
            let exact = f64::from(x).exp();
            let error = (f64::from(exp(x)) - exact).abs() / exact;
            assert!(error < 2e-7, "exp({x}) is off by {error:e}");
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn gelu_is_within_1e_6() {
        for x in steps(-12.0, 12.0) {
            let exact = f64::from(candle_exact_gelu(x));
            let error = (f64::from(gelu(x)) - exact).abs();
            assert!(error < 1e-6, "gelu({x}) is off by {error:e}");
        }
    }

    fn candle_exact_gelu(x: f32) -> f32 {
        let x = candle_core::Tensor::new(&[x], &candle_core::Device::Cpu).expect("a tensor");
        x.gelu_erf().and_then(|y| y.to_vec1::<f32>()).expect("one number")[0]
    }

    #[test]
    fn rows_of_any_length_are_normalised() {
        for length in [1, 7, 16, 33, 384] {
            let mut row: Vec<f32> = (0..length).map(|i| ((i * 37) % 11) as f32 - 4.0).collect();
            let norm = Norm { weight: vec![1.0; length], bias: vec![0.0; length], epsilon: 1e-12 };
            norm.apply(&mut row);
            let mean = row.iter().sum::<f32>() / length as f32;
            assert!(mean.abs() < 1e-5, "length {length}: mean {mean}");
        }
    }
}
