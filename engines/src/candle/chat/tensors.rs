//! Where the numbers of a network come from, whatever the file is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QTensor, ggml_file};
use candle_core::{DType, Device, Error, Result, Tensor, bail};

use crate::store::safetensors::{TensorPlace, held_bytes, read_places};

/// The tensors of a model's files, by name.
///
/// Contract: what is given has the sides that were asked for, else it is an error; nothing is read twice but what is
/// asked for twice.
pub trait Tensors {
    /// Returns whether there is a tensor of this name.
    fn has(&self, name: &str) -> bool;

    /// Reads a matrix that rows are multiplied with: outputs by inputs.
    fn matrix(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<QMatMul>;

    /// Reads numbers, 32 bits wide, on the processor.
    fn numbers(&mut self, name: &str, count: usize) -> Result<Vec<f32>>;

    /// Lists what was never asked for and is part of the network.
    fn unread(&self) -> Vec<String>;
}

/// The safetensors files of a folder.
pub struct SafetensorsFolder {
    places: BTreeMap<String, TensorPlace>,
    read: BTreeSet<String>,
    device: Device,
}

impl SafetensorsFolder {
    /// Reads the heads of the files.
    pub fn open(folder: &Path, device: &Device) -> std::io::Result<Self> {
        Ok(Self { places: read_places(folder)?, read: BTreeSet::new(), device: device.clone() })
    }

    /// Tells in what most of its numbers are kept: the type of its largest tensor.
    pub fn kind(&self) -> Option<DType> {
        let largest = self.places.values().max_by_key(|place| place.bytes)?;
        kind_of(&largest.kind).ok()
    }

    /// Counts the bytes of its tensors as they are held in memory.
    pub fn held_bytes(&self) -> u64 {
        self.places.values().map(held_bytes).sum()
    }

    fn read(&mut self, name: &str, sides: &[usize]) -> Result<(DType, Vec<u8>)> {
        let Some(place) = self.places.get(name) else { bail!("it has no tensor `{name}`") };
        if place.shape != sides {
            bail!("tensor `{name}` has the sides {:?} instead of {sides:?}", place.shape);
        }
        let kind = kind_of(&place.kind).map_err(|error| error.context(name.to_owned()))?;
        let mut file = File::open(&place.file)?;
        file.seek(SeekFrom::Start(place.offset))?;
        let mut bytes = Vec::new();
        file.take(place.bytes).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != place.bytes {
            bail!("tensor `{name}` lies behind the end of the file: it was cut off");
        }
        self.read.insert(name.to_owned());
        Ok((kind, bytes))
    }
}

impl Tensors for SafetensorsFolder {
    fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    fn matrix(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<QMatMul> {
        let (kind, bytes) = self.read(name, &[outputs, inputs])?;
        let device = self.device.clone();
        if device.is_cpu() && kind == DType::BF16 {
            // candle's own product would widen the whole matrix anew for every token.
            let (kind, sides) = (GgmlDType::BF16, vec![outputs, inputs]);
            let matrix = ggml_file::qtensor_from_ggml(kind, &bytes, sides, &device)?;
            return Ok(QMatMul::QTensor(Arc::new(matrix)));
        }
        let matrix = Tensor::from_raw_buffer(&bytes, kind, &[outputs, inputs], &device)?;
        Ok(QMatMul::Tensor(if device.is_cpu() { matrix.to_dtype(DType::F32)? } else { matrix }))
    }

    fn numbers(&mut self, name: &str, count: usize) -> Result<Vec<f32>> {
        let (kind, bytes) = self.read(name, &[count])?;
        let numbers = Tensor::from_raw_buffer(&bytes, kind, &[count], &Device::Cpu)?;
        numbers.to_dtype(DType::F32)?.to_vec1()
    }

    fn unread(&self) -> Vec<String> {
        let is_unread = |name: &&String| !self.read.contains(*name) && !is_made_anew(name);
        self.places.keys().filter(is_unread).cloned().collect()
    }
}

/// Returns whether a tensor only keeps what is computed when a network is loaded.
fn is_made_anew(name: &str) -> bool {
    ["inv_freq", "masked_bias", "attn.bias"].iter().any(|ending| name.ends_with(ending))
}

fn kind_of(kind: &str) -> Result<DType> {
    match kind {
        "F32" => Ok(DType::F32),
        "F16" => Ok(DType::F16),
        "BF16" => Ok(DType::BF16),
        other => {
            Err(Error::msg(format!("its numbers are of the type {other}, not F32, F16 or BF16")))
        }
    }
}

/// Tells what candle says went wrong, without where in its code: it adds that if the environment asks for backtraces.
pub fn tell_error(error: &Error) -> String {
    let text = error.to_string();
    text.split("\n   0: ").next().unwrap_or_default().trim_end().to_owned()
}

/// Gives a quantised matrix as it is multiplied with: 32-bit numbers as they are, and 16-bit ones on the processor only
/// if they are of the wide kind, whose sums do not overflow.
pub fn unpack(matrix: QTensor, device: &Device) -> Result<QMatMul> {
    let is_narrow = matches!(matrix.dtype(), GgmlDType::F32 | GgmlDType::F16);
    if is_narrow || (matrix.dtype() == GgmlDType::BF16 && !device.is_cpu()) {
        return Ok(QMatMul::Tensor(matrix.dequantize(device)?));
    }
    Ok(QMatMul::QTensor(Arc::new(matrix)))
}
