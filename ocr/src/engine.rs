//! The two networks together: from a picture to lines with their text.

use std::path::PathBuf;

use crate::OcrError;
use crate::detector::Detector;
use crate::picture::Picture;
use crate::recogniser::{Reading, Recogniser};
use crate::regions::Region;
use crate::threads::Threads;

/// A line that the network is less sure of is most often noise, such as a picture's edge or dirt, and is left out.
const LEAST_CONFIDENCE: f32 = 0.5;
/// A region that is so many times higher than wide may be a line that runs up or down.
const UPRIGHT: f32 = 1.5;
/// A page on which the lines are less sure than this on average may lie on its side or head.
const LYING: f32 = 0.75;

/// The files of a model.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// The network that finds lines of text.
    pub detector: PathBuf,
    /// The network that reads them.
    pub recogniser: PathBuf,
}

/// A line of text in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Where it stands, in pixels of the picture, in the direction in which it is read.
    pub region: Region,
    /// What it says.
    pub text: String,
    /// How sure the network is of it, from 0 to 1.
    pub confidence: f32,
}

/// What was read on a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadPicture {
    /// Its lines, in no order; places are in the picture as it was turned.
    pub lines: Vec<Line>,
    /// How many places look like text and could not be read.
    pub unread: usize,
    /// By how many quarters of a circle the picture was turned clockwise to be read.
    pub quarters: u8,
}

/// A model that reads pictures.
pub struct Engine {
    detector: Detector,
    recogniser: Recogniser,
    threads: Threads,
}

impl Engine {
    /// Opens the two networks of a model.
    pub fn open(files: &ModelFiles) -> Result<Self, OcrError> {
        Ok(Self {
            detector: Detector::open(&files.detector)?,
            recogniser: Recogniser::open(&files.recogniser)?,
            threads: Threads::start(),
        })
    }

    /// Reads a picture, which may lie on its side or head.
    pub fn read(&self, picture: &Picture) -> Result<ReadPicture, OcrError> {
        let mut best = self.read_upright(picture)?;
        let nothing_stands_there = best.lines.is_empty() && best.unread == 0;
        if nothing_stands_there || mean(&best.lines) >= LYING {
            return Ok(best);
        }
        for quarters in [2, 1, 3] {
            let read = self.read_upright(&picture.turned(quarters))?;
            if mean(&read.lines) > mean(&best.lines) {
                best = ReadPicture { quarters, ..read };
            }
            if mean(&best.lines) >= LYING {
                break;
            }
        }
        Ok(best)
    }

    fn read_upright(&self, picture: &Picture) -> Result<ReadPicture, OcrError> {
        let regions = self.detector.find(picture, &self.threads)?;
        let mut readings = self.recogniser.read(picture, &regions, &self.threads)?;
        let mut regions = regions;
        self.read_sideways(picture, &mut regions, &mut readings)?;
        let lines = regions.into_iter().zip(readings);
        let line = |(region, Reading { text, confidence })| Line {
            region,
            text: text.trim().to_owned(),
            confidence,
        };
        let mut lines: Vec<Line> = lines.map(line).filter(|line| !line.text.is_empty()).collect();
        let found = lines.len();
        lines.retain(|line| line.confidence >= LEAST_CONFIDENCE);
        let unread = found - lines.len();
        Ok(ReadPicture { lines, unread, quarters: 0 })
    }

    /// Reads high regions up and down, too, and keeps what is surest.
    fn read_sideways(
        &self,
        picture: &Picture,
        regions: &mut [Region],
        readings: &mut [Reading],
    ) -> Result<(), OcrError> {
        let is_high = |(_, region): &(usize, Region)| region.thickness >= region.length * UPRIGHT;
        let high: Vec<(usize, Region)> =
            regions.iter().copied().enumerate().filter(is_high).collect();
        for quarters in [1, 3] {
            let turned: Vec<Region> =
                high.iter().map(|(_, region)| region.read_turned(quarters)).collect();
            let read = self.recogniser.read(picture, &turned, &self.threads)?;
            for (((at, _), region), reading) in high.iter().zip(turned).zip(read) {
                if reading.confidence > readings[*at].confidence {
                    (regions[*at], readings[*at]) = (region, reading);
                }
            }
        }
        Ok(())
    }
}

/// Tells how sure the networks are of lines, on average over their characters.
fn mean(lines: &[Line]) -> f32 {
    let (mut sum, mut characters) = (0.0, 0.0);
    for line in lines {
        let length = line.text.chars().count() as f32;
        sum += line.confidence * length;
        characters += length;
    }
    if characters > 0.0 { sum / characters } else { 0.0 }
}
