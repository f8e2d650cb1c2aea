//! The seam to text recognition (OCR): what reads a page that has no text of its own.
//!
//! A reader draws the page and recognises what stands on it. It needs a model, which may not be
//! installed; parsing goes on without. Where lines belong, and what they are together, is decided here, as
//! for all other text of a page.

/// A page of a PDF, as `hayro-syntax` reads it.
pub use hayro_syntax::page::Page;
use quire_domain::ModelId;
use serde::{Deserialize, Serialize};

/// Recognises the text on the picture of a page.
pub trait PageReader {
    /// Reads a page; blocks for seconds. The lines come in no order.
    fn read_page(&self, page: &Page<'_>) -> Result<RecognisedPage, PageReaderError>;
}

/// The text that was recognised on a page.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct RecognisedPage {
    /// The model that read it.
    pub model: ModelId,
    /// Its lines, or the cells of its tables.
    pub lines: Vec<RecognisedLine>,
    /// How many places look like text and could not be read.
    pub unread: usize,
}

/// A line of text that was recognised, in its box: points from the top left corner of the page as it is shown.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct RecognisedLine {
    /// What it says; not empty.
    pub text: String,
    /// How sure the model is of it, from 0 to 1, if it says so.
    pub confidence: Option<f32>,
    /// Left edge.
    pub x0: f32,
    /// Upper edge.
    pub y0: f32,
    /// Right edge.
    pub x1: f32,
    /// Lower edge.
    pub y1: f32,
    /// Quarter turns of the direction in which it runs, clockwise.
    pub turns: u8,
}

/// Why a page was not read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PageReaderError {
    /// No model that recognises text is installed.
    #[error("no model that recognises text is installed")]
    NotInstalled,
    /// The page could not be drawn, or the model failed.
    #[error("{reason}")]
    Failed {
        /// What went wrong, as a clause.
        reason: String,
    },
}

/// The reader where none is installed.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReader;

impl PageReader for NoReader {
    fn read_page(&self, _: &Page<'_>) -> Result<RecognisedPage, PageReaderError> {
        Err(PageReaderError::NotInstalled)
    }
}
