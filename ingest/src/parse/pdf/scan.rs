//! Pages that are pictures: scans, and pages whose text is drawn. A [`PageReader`] recognises what they
//! say, and its lines take the way of all other lines.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_syntax::page::Page;
use quire_domain::{Recognition, Warning};

use super::glyphs::{Frame, Glyphs, turned_back};
use super::lines::Segment;
use crate::ParseError;
use crate::reader::{PageReader, PageReaderError, RecognisedLine, RecognisedPage};

/// A page is a picture if pictures cover this share of it and it has no more letters than these: those of a
/// stamp, a page number or the note of a scanner.
const COVERED: f32 = 0.5;
const FEW_LETTERS: usize = 100;
/// Lines whose height differs by less than this share from that of most of the page are of one size: the
/// height of a line that was recognised depends on its letters.
const SAME_SIZE: f32 = 0.25;
/// The size of type as a share of the height of a line that was recognised.
const SIZE: f32 = 0.77;
/// How far below the middle of such a line the baseline lies, in sizes of type.
const BASELINE: f32 = 0.27;
/// A page is read with little certainty if the mean is below this.
const UNSURE: f32 = 0.8;

/// What became of a page that is a picture.
#[derive(Debug)]
pub(super) enum Scan {
    /// It was read, but for so many places that look like text.
    Read(Recognition, usize),
    /// It was looked at, and nothing stands on it.
    Empty,
    /// No model is installed.
    NoModel,
    /// It could not be read, for this reason.
    Failed(String),
}

/// Says whether a page with these segments is a picture whose text is still to be read.
pub(super) fn is_picture(taken: &Glyphs<'_>, segments: &[Segment]) -> bool {
    let letters: usize = segments.iter().map(|segment| segment.text.chars().count()).sum();
    let (width, height) = taken.page_size;
    taken.pictured >= COVERED * width * height && letters <= FEW_LETTERS
}

/// Has a page read, and adds what it says to the segments that it has.
pub(super) fn read(page: &Page<'_>, reader: &dyn PageReader, segments: &mut Vec<Segment>) -> Scan {
    // A network that panics must not take the text with it that the page has.
    let read = catch_unwind(AssertUnwindSafe(|| reader.read_page(page)));
    let RecognisedPage { model, mut lines, unread } = match read {
        Ok(Ok(page)) => page,
        Ok(Err(PageReaderError::NotInstalled)) => return Scan::NoModel,
        Ok(Err(PageReaderError::Failed { reason })) => return Scan::Failed(reason),
        Err(_) => return Scan::Failed("text recognition crashed on it".to_owned()),
    };
    let size = page.render_dimensions();
    for line in &mut *lines {
        turn_back(line, size);
    }
    lines.retain(|line| !line.text.trim().is_empty() && !is_known(line, segments));
    if lines.is_empty() {
        return Scan::Empty;
    }
    let recognition = Recognition { model, confidence: mean_confidence(&lines) };
    let usual = usual_height(&lines);
    segments.extend(lines.into_iter().map(|line| segment(line, usual)));
    Scan::Read(recognition, unread)
}

/// Says what is to be known of how a page was read, or why it was not.
pub(super) fn warning(scan: &Scan, has_text: bool) -> Option<Warning> {
    let warning = |message: &str| Some(Warning::new("page_without_text", message));
    match scan {
        Scan::Read(recognition, unread) => unsure(recognition.confidence, *unread),
        Scan::Empty if has_text => None,
        Scan::Empty => warning("The page has no text, and none was recognised on its picture."),
        Scan::NoModel if has_text => {
            let message = "A picture covers the page, and what stands on it was not read.";
            Some(Warning::new("picture_unread", message))
        }
        Scan::NoModel => warning("The page has no text; it may be a scan or a picture."),
        Scan::Failed(reason) => {
            let message =
                format!("The text on the picture of the page was not recognised: {reason}.");
            Some(Warning::new("page_unread", message))
        }
    }
}

/// Says what is doubtful in a text that was recognised.
fn unsure(confidence: Option<f32>, unread: usize) -> Option<Warning> {
    let mut parts = Vec::new();
    if let Some(mean) = confidence.filter(|mean| *mean < UNSURE) {
        let certainty = mean * 100.0;
        parts.push(format!(
            "The text was recognised on a picture of the page, with little certainty ({certainty:.0} of 100)."
        ));
    }
    if unread > 0 {
        let places = if unread == 1 { "place looks" } else { "places look" };
        parts.push(format!("{unread} {places} like text and could not be read."));
    }
    (!parts.is_empty()).then(|| Warning::new("unsure_recognition", parts.join(" ")))
}

/// Says how pages that are pictures come to be read.
pub(super) fn no_model(pages: usize) -> Warning {
    let (is, it) =
        if pages == 1 { ("page is a picture", "it") } else { ("pages are pictures", "them") };
    let message = format!(
        "{pages} {is} of text, and no model that reads {it} is installed. Install one with \
         `quire models pull ppocr`, then have the document read again, such as with \
         `quire documents retry ID`."
    );
    Warning::new("no_ocr_model", message)
}

/// Says why nothing could be read of a document whose pages have no text.
pub(super) fn error(scans: &[Scan]) -> ParseError {
    let mut failures = scans.iter().filter_map(|scan| match scan {
        Scan::Failed(reason) => Some(reason.clone()),
        _ => None,
    });
    if scans.iter().any(|scan| matches!(scan, Scan::NoModel)) {
        ParseError::Scan
    } else if let Some(reason) = failures.next() {
        ParseError::Unrecognised { reason }
    } else {
        ParseError::NoText
    }
}

/// Turns the box of a line so that it runs from left to right, as the places of glyphs are turned.
fn turn_back(line: &mut RecognisedLine, page_size: (f32, f32)) {
    let turned = |x, y| turned_back((x, y), line.turns, page_size);
    let ((ax, ay), (bx, by)) = (turned(line.x0, line.y0), turned(line.x1, line.y1));
    (line.x0, line.y0, line.x1, line.y1) = (ax.min(bx), ay.min(by), ax.max(bx), ay.max(by));
}

/// Says whether the page has the text of a line already, at the same place.
fn is_known(line: &RecognisedLine, segments: &[Segment]) -> bool {
    let area = (line.x1 - line.x0) * (line.y1 - line.y0);
    let covered = segments.iter().filter(|segment| segment.turns == line.turns).map(|segment| {
        let across = line.x1.min(segment.x1) - line.x0.max(segment.x0);
        let (top, bottom) = (segment.y - segment.size, segment.y + segment.size * 0.3);
        let down = line.y1.min(bottom) - line.y0.max(top);
        across.max(0.0) * down.max(0.0)
    });
    covered.sum::<f32>() > area * 0.5
}

/// Tells how sure the model is on average over the characters, if it says so for every line.
fn mean_confidence(lines: &[RecognisedLine]) -> Option<f32> {
    let (mut sum, mut characters) = (0.0, 0.0);
    for line in lines {
        let length = line.text.chars().count() as f32;
        sum += line.confidence? * length;
        characters += length;
    }
    Some(sum / characters)
}

/// Finds the height of most lines, by their letters.
fn usual_height(lines: &[RecognisedLine]) -> f32 {
    let mut heights: Vec<(f32, usize)> =
        lines.iter().map(|line| (line.y1 - line.y0, line.text.chars().count())).collect();
    heights.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = heights.iter().map(|(_, letters)| letters).sum::<usize>() / 2;
    let mut before = 0;
    for (height, letters) in heights {
        before += letters;
        if before > half {
            return height;
        }
    }
    0.0
}

fn segment(line: RecognisedLine, usual: f32) -> Segment {
    let height = line.y1 - line.y0;
    let is_usual = (height - usual).abs() <= SAME_SIZE * usual;
    // Sizes in whole points, so that small differences between pages are none.
    let size = ((if is_usual { usual } else { height }) * SIZE).round().max(1.0);
    let RecognisedLine { text, x0, x1, y0, y1, turns, .. } = line;
    // The middle is surer than the edges.
    let baseline = f32::midpoint(y0, y1) + BASELINE * size;
    Segment::recognised(&text, Frame { x0, y0: baseline, x1, y1 }, (size, turns))
}

#[cfg(test)]
mod tests;
