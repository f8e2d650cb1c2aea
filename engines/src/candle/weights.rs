//! The tensors of a safetensors file, by the names that transformers gives them.

use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device, Result, Tensor, bail};

use super::kernels::{AddBias, Norm};

/// A layer that multiplies and adds.
pub struct Linear {
    /// Inputs by outputs: the layout that the product reads without packing it anew.
    pub weight: Tensor,
    /// What is added; one number an output.
    pub bias: Vec<f32>,
}

impl Linear {
    /// Applies the layer to each row.
    pub fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let rows = rows.matmul(&self.weight)?;
        rows.inplace_op1(&AddBias(&self.bias))?;
        Ok(rows)
    }
}

/// The tensors of a BERT-like model, whose network may be one part of several.
pub struct Weights<'a> {
    file: SliceSafetensors<'a>,
    names: Vec<String>,
    prefix: &'static str,
}

impl<'a> Weights<'a> {
    /// Reads the head of a file, and finds under which prefix the network is.
    pub fn open(file: &'a [u8]) -> Result<Self> {
        let file = SliceSafetensors::new(file)?;
        let names: Vec<String> = file.tensors().into_iter().map(|(name, _)| name).collect();
        let prefix = ["", "bert.", "roberta.", "deberta.", "model."]
            .into_iter()
            .find(|prefix| names.contains(&format!("{prefix}embeddings.word_embeddings.weight")));
        let Some(prefix) = prefix else { bail!("it has no word embeddings") };
        Ok(Self { file, names, prefix })
    }

    /// Tells if there is a tensor of this full name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|it| it == name)
    }

    /// Tells what stands before the names of the network's tensors, such as `bert.`.
    pub fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// Reads the numbers of a tensor of the network.
    pub fn numbers(&self, name: &str) -> Result<Vec<f32>> {
        self.tensor(&format!("{}{name}", self.prefix))?.flatten_all()?.to_vec1()
    }

    /// Reads a layer of the network.
    pub fn linear(&self, name: &str) -> Result<Linear> {
        self.head(&format!("{}{name}", self.prefix))
    }

    /// Reads a layer beside the network, by its full name.
    pub fn head(&self, name: &str) -> Result<Linear> {
        let weight = self.tensor(&format!("{name}.weight"))?.t()?.contiguous()?;
        Ok(Linear { weight, bias: self.tensor(&format!("{name}.bias"))?.to_vec1()? })
    }

    /// Reads a normalisation of the network.
    pub fn norm(&self, name: &str, epsilon: f64) -> Result<Norm> {
        Ok(Norm {
            weight: self.numbers(&format!("{name}.weight"))?,
            bias: self.numbers(&format!("{name}.bias"))?,
            epsilon: epsilon as f32,
        })
    }

    fn tensor(&self, name: &str) -> Result<Tensor> {
        self.file.load(name, &Device::Cpu)?.to_dtype(DType::F32)
    }
}
