//! The network that finds lines of text in a picture.

use std::path::Path;

use rten::Model;
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};

use crate::picture::Picture;
use crate::regions::{self, Region};
use crate::threads::Threads;
use crate::{OcrError, network};

/// The network halves its input five times.
const MULTIPLE: usize = 32;
/// The longer side of what the network sees, in pixels. Pictures that are larger are made smaller: see
/// `docs/decisions/155-scans-are-read-in-the-worker.md`.
const LONGEST: usize = 1280;
/// The shorter side is at least this.
const SHORTEST: usize = 32;
/// The mean and the deviation of the pictures that it was trained with (blue, green, red).
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// Finds lines of text.
pub struct Detector {
    model: Model,
}

impl Detector {
    /// Reads the network from an ONNX file.
    pub fn open(file: &Path) -> Result<Self, OcrError> {
        Ok(Self { model: network::open(file)? })
    }

    /// Finds the lines of text in a picture, in no order.
    pub fn find(&self, picture: &Picture, threads: &Threads) -> Result<Vec<Region>, OcrError> {
        let (width, height) = size((picture.width(), picture.height()));
        let mut input = NdTensor::<f32, 4>::zeros([1, 3, height, width]);
        let whole = Region::upright(0.0, 0.0, picture.width() as f32, picture.height() as f32);
        picture.cut(&whole, (width, height), |plane, column, row, value| {
            input[[0, plane, row, column]] = (value / 255.0 - MEAN[plane]) / DEVIATION[plane];
        });
        let output = network::run(&self.model, input, threads)?;
        let map: NdTensorView<'_, f32, 4> = network::view(&output)?;
        let [_, _, rows, columns] = map.shape();
        if columns == 0 || rows == 0 {
            return Ok(Vec::new());
        }
        let map = map.to_contiguous();
        let map = map.data();
        let map = map.get(..rows * columns).unwrap_or_default();
        let scale =
            (picture.width() as f32 / columns as f32, picture.height() as f32 / rows as f32);
        let found = regions::find(map, columns);
        Ok(found.into_iter().map(|region| region.scaled(scale)).collect())
    }
}

/// Gives the size in which a picture is looked at.
fn size((width, height): (usize, usize)) -> (usize, usize) {
    let longer = width.max(height) as f32;
    let scale = (LONGEST as f32 / longer).min(1.0);
    let side = |pixels: usize| {
        let wanted = pixels as f32 * scale / MULTIPLE as f32;
        (wanted.round() as usize * MULTIPLE).max(SHORTEST)
    };
    (side(width), side(height))
}
