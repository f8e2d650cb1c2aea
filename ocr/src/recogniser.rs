//! The network that reads a line of text.

use std::path::Path;

use rten::Model;
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};

use crate::picture::Picture;
use crate::regions::Region;
use crate::threads::Threads;
use crate::{OcrError, network};

/// The network sees lines of this height, in pixels.
const HEIGHT: usize = 48;
/// Lines are read together as long as they are no wider than this in sum, in pixels.
const BATCH_WIDTH: usize = 6_000;
/// A strip is at least and at most so wide. A line that is longer is pressed together.
const NARROWEST: usize = 16;
const WIDEST: usize = 3_200;
/// Under this name the model states its characters, one a line.
const CHARACTERS: &str = "character";

/// What a line says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The text; empty if there is none.
    pub text: String,
    /// How sure the network is of its characters on average, from 0 to 1.
    pub confidence: f32,
}

/// Reads lines of text.
pub struct Recogniser {
    model: Model,
    /// The characters by the network's classes; the first is none.
    characters: Vec<String>,
}

impl Recogniser {
    /// Reads the network, with its characters, from an ONNX file.
    pub fn open(file: &Path) -> Result<Self, OcrError> {
        let model = network::open(file)?;
        let stated = model
            .metadata()
            .get(CHARACTERS)
            .ok_or_else(|| OcrError::Characters { file: file.to_owned() })?;
        let mut characters = vec![String::new()];
        characters.extend(stated.lines().map(str::to_owned));
        characters.push(" ".to_owned());
        Ok(Self { model, characters })
    }

    /// Reads lines, each in a region of the picture; the answers are in the order of the regions.
    pub fn read(
        &self,
        picture: &Picture,
        regions: &[Region],
        threads: &Threads,
    ) -> Result<Vec<Reading>, OcrError> {
        let mut order: Vec<(usize, usize)> =
            regions.iter().map(strip_width).enumerate().map(|(at, width)| (width, at)).collect();
        order.sort_unstable();
        let mut readings = vec![Reading::default(); regions.len()];
        let mut rest = &order[..];
        while let Some((first, _)) = rest.first() {
            // Widths grow, so that a batch is as wide as its last line, times its lines.
            let fits = |count: &usize| {
                rest.get(count - 1)
                    .is_some_and(|(width, _)| width * count <= BATCH_WIDTH.max(*first))
            };
            let count = (1..=rest.len()).take_while(fits).last().unwrap_or(1);
            let (batch, others) = rest.split_at(count);
            rest = others;
            let lines: Vec<Region> = batch.iter().map(|(_, at)| regions[*at]).collect();
            for (reading, (_, at)) in
                self.read_batch(picture, &lines, threads)?.into_iter().zip(batch)
            {
                readings[*at] = reading;
            }
        }
        Ok(readings)
    }

    fn read_batch(
        &self,
        picture: &Picture,
        lines: &[Region],
        threads: &Threads,
    ) -> Result<Vec<Reading>, OcrError> {
        let width = lines.iter().map(strip_width).max().unwrap_or(NARROWEST);
        let mut input = NdTensor::<f32, 4>::zeros([lines.len(), 3, HEIGHT, width]);
        for (at, line) in lines.iter().enumerate() {
            picture.cut(line, (strip_width(line), HEIGHT), |plane, column, row, value| {
                input[[at, plane, row, column]] = value / 127.5 - 1.0;
            });
        }
        let output = network::run(&self.model, input, threads)?;
        let chances: NdTensorView<'_, f32, 3> = network::view(&output)?;
        let [count, _, classes] = chances.shape();
        if count != lines.len() || classes != self.characters.len() {
            return Err(OcrError::Shape { shape: chances.shape().to_vec() });
        }
        Ok((0..count).map(|line| decode(chances.slice(line), &self.characters)).collect())
    }
}

/// Reads the likeliest characters: one that comes several times in a row is one, and between two equal
/// ones stands none (CTC, Graves et al. 2006).
fn decode(steps: NdTensorView<'_, f32, 2>, characters: &[String]) -> Reading {
    let mut reading = Reading::default();
    let (mut last, mut count) = (0, 0);
    for step in 0..steps.size(0) {
        let (class, chance) = likeliest(steps.slice(step));
        if class != 0 && class != last {
            reading.text.push_str(characters.get(class).map_or("", String::as_str));
            reading.confidence += chance;
            count += 1;
        }
        last = class;
    }
    if count > 0 {
        reading.confidence /= count as f32;
    }
    reading
}

/// Finds the likeliest class of a step.
fn likeliest(chances: NdTensorView<'_, f32, 1>) -> (usize, f32) {
    let start = (0, f32::MIN);
    let chances = chances.iter().copied().enumerate();
    chances.fold(start, |best, next| if next.1 > best.1 { next } else { best })
}

/// Gives the width of a line that is made as high as the network wants it.
fn strip_width(line: &Region) -> usize {
    let width = HEIGHT as f32 * line.length / line.thickness.max(1.0);
    (width.ceil() as usize).clamp(NARROWEST, WIDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_classes_are_one_character_unless_none_stands_between() {
        let characters = ["", "l", "o", " "].map(str::to_owned);
        // Each step: none, `l`, `o`, blank.
        let steps = [
            [0.1, 0.8, 0.1, 0.0],
            [0.1, 0.9, 0.0, 0.0],
            [0.9, 0.1, 0.0, 0.0],
            [0.0, 0.6, 0.4, 0.0],
            [0.0, 0.0, 0.7, 0.3],
            [0.0, 0.1, 0.1, 0.8],
        ];
        let steps = NdTensor::from_data([6, 4], steps.concat());
        let reading = decode(steps.view(), &characters);
        assert_eq!(reading.text, "llo ");
        assert!((reading.confidence - (0.8 + 0.6 + 0.7 + 0.8) / 4.0).abs() < 1e-6);
        let nothing = NdTensor::from_data([1, 4], vec![1.0, 0.0, 0.0, 0.0]);
        assert_eq!(decode(nothing.view(), &characters), Reading::default());
    }

    #[test]
    fn strips_are_as_wide_as_their_line_within_bounds() {
        let width = |length, thickness| strip_width(&Region::upright(0.0, 0.0, length, thickness));
        assert_eq!(width(480.0, 24.0), 960);
        assert_eq!(width(2.0, 50.0), NARROWEST);
        assert_eq!(width(1e9, 1.0), WIDEST);
    }
}
