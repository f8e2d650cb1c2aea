//! Text recognition (OCR): reads pages of a PDF that are pictures.
//!
//! Two networks of the ONNX format do the work, both run by `rten`, in this process: the detector finds
//! lines of text (`regions` makes rectangles of its map), the recogniser reads each of them. The models
//! are those of PaddleOCR (PP-OCR). Pages are drawn by a [`Device`](hayro_interpret::Device) of our own. Synchronous, and without any state but
//! the networks: [`OcrModel`] is a [`PageReader`](quire_ingest::PageReader), and what its lines are
//! together is decided by ingest.

mod error;
mod model;
mod render;

mod engine;

mod detector;
mod recogniser;
mod regions;

mod network;
mod picture;
mod threads;

pub use engine::{Engine, Line, ModelFiles, ReadPicture};
pub use error::OcrError;
pub use model::OcrModel;
pub use picture::Picture;
pub use regions::Region;
pub use render::{Drawn, draw};
