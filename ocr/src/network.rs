//! Running a network of the ONNX format with `rten`.

use std::path::Path;

use rten::{Model, RunOptions, Value};
use rten_tensor::{Layout, NdTensor, NdTensorView};

use crate::OcrError;
use crate::threads::Threads;

/// Reads a network.
pub fn open(file: &Path) -> Result<Model, OcrError> {
    Model::load_file(file)
        .map_err(|error| OcrError::Load { file: file.to_owned(), reason: error.to_string() })
}

/// Runs a network with one input and one output.
pub fn run(model: &Model, input: NdTensor<f32, 4>, threads: &Threads) -> Result<Value, OcrError> {
    let options = RunOptions::default().with_thread_pool(Some(threads.pool()));
    model
        .run_one(input.into(), Some(options))
        .map_err(|error| OcrError::Run { reason: error.to_string() })
}

/// Looks at an output as numbers in `N` dimensions.
pub fn view<const N: usize>(value: &Value) -> Result<NdTensorView<'_, f32, N>, OcrError> {
    value.try_into().map_err(|_| OcrError::Shape { shape: value.shape().to_vec() })
}
