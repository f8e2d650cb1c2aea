//! A model as ingest sees it: it reads pages.

use quire_domain::ModelId;
use quire_ingest::{Page, PageReader, PageReaderError, RecognisedLine, RecognisedPage};

use crate::engine::{Engine, Line, ModelFiles, ReadPicture};
use crate::render::{Drawn, draw};
use crate::{OcrError, Region};

/// A line that is so many times longer than high tells in which direction the lines of a page run.
const LONG: f32 = 6.0;

/// How much a region is longer than its text at both ends, as a share of its height: measured on a manual.
const MARGIN: f32 = 0.15;

/// A model that reads pages that are pictures.
pub struct OcrModel {
    id: ModelId,
    engine: Engine,
}

impl OcrModel {
    /// Reads a model: some 30 MB, in tenths of a second.
    pub fn open(id: ModelId, files: &ModelFiles) -> Result<Self, OcrError> {
        Ok(Self { id, engine: Engine::open(files)? })
    }

    fn recognise(&self, page: &Page<'_>) -> Result<RecognisedPage, OcrError> {
        let Drawn { picture, scale } = draw(page)?;
        let size = (picture.width() as f32 / scale, picture.height() as f32 / scale);
        let ReadPicture { lines, unread, quarters } = self.engine.read(&picture)?;
        let slope = slope(&lines);
        let place = Place { scale, slope, page: size, quarters };
        let lines = lines.into_iter().map(|line| place.line(line)).collect();
        Ok(RecognisedPage { model: self.id.clone(), lines, unread })
    }
}

impl PageReader for OcrModel {
    fn read_page(&self, page: &Page<'_>) -> Result<RecognisedPage, PageReaderError> {
        let failed = |error: OcrError| PageReaderError::Failed { reason: error.to_string() };
        self.recognise(page).map_err(failed)
    }
}

/// Finds how much the lines of a page lean: the tangent of the angle of most long lines.
fn slope(lines: &[Line]) -> f32 {
    let of = |region: &Region| region.direction.1 / region.direction.0;
    let is_long = |line: &&Line| {
        line.region.direction.0 > 0.7 && line.region.length > LONG * line.region.thickness
    };
    let mut slopes: Vec<f32> = lines.iter().filter(is_long).map(|line| of(&line.region)).collect();
    slopes.sort_by(f32::total_cmp);
    slopes.get(slopes.len() / 2).copied().unwrap_or(0.0)
}

/// How places in the picture become places on the page.
struct Place {
    /// Pixels a point.
    scale: f32,
    /// How much lines lean, which is taken out, so that what stands in one line has one height.
    slope: f32,
    /// Width and height of the page as it is shown, in points.
    page: (f32, f32),
    /// By how many quarters the page had to be turned to be read.
    quarters: u8,
}

impl Place {
    fn line(&self, line: Line) -> RecognisedLine {
        let Line { region, text, confidence } = line;
        let region = region.shortened(MARGIN * region.thickness);
        let (dx, dy) = region.direction;
        let (x0, y0, x1, y1) = if dx > 0.7 {
            // A straight line, or one that leans as all of them do.
            let (x, y) = region.point(region.length / 2.0, region.thickness / 2.0);
            let (half, middle) = (region.length / 2.0, y - x * self.slope);
            (x - half, middle - region.thickness / 2.0, x + half, middle + region.thickness / 2.0)
        } else {
            region.bounds()
        };
        let turns = if dx > 0.7 {
            0
        } else if dx < -0.7 {
            2
        } else if dy > 0.0 {
            1
        } else {
            3
        };
        let [x0, y0, x1, y1] = [x0, y0, x1, y1].map(|pixels| pixels / self.scale);
        let (x0, y0, x1, y1) = self.on_page((x0, y0, x1, y1));
        let turns = (turns + 4 - self.quarters % 4) % 4;
        RecognisedLine { text, confidence: Some(confidence), x0, y0, x1, y1, turns }
    }

    /// Turns a box back to where it stands on the page as it is shown.
    fn on_page(&self, (x0, y0, x1, y1): (f32, f32, f32, f32)) -> (f32, f32, f32, f32) {
        let (width, height) = self.page;
        match self.quarters % 4 {
            0 => (x0, y0, x1, y1),
            1 => (y0, height - x1, y1, height - x0),
            2 => (width - x1, height - y1, width - x0, height - y0),
            _ => (width - y1, x0, width - y0, x1),
        }
    }
}

#[cfg(test)]
mod tests;
