//! Why a picture could not be read.

use std::path::PathBuf;

/// The reason that a picture was not read, or that no model could be had for it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OcrError {
    /// A file of the model is missing or damaged.
    #[error("`{}` cannot be read as a network: {reason}; pull the model again", file.display())]
    Load {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The network does not state what its classes mean.
    #[error("`{}` does not state the characters that it reads; pull another model", file.display())]
    Characters {
        /// The file.
        file: PathBuf,
    },
    /// The network failed on a picture.
    #[error("the network failed: {reason}")]
    Run {
        /// What went wrong.
        reason: String,
    },
    /// The network answers in another shape than those that read text.
    #[error(
        "the network answers in the shape {shape:?}, which is not one of text recognition; pull another model"
    )]
    Shape {
        /// The shape.
        shape: Vec<usize>,
    },
    /// A picture on the page is too large to be unpacked.
    #[error("it holds a picture of {width} by {height} pixels, which is too large to be unpacked")]
    Pixels {
        /// Its width in pixels.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// The page has no size that can be drawn.
    #[error("the page is {width} by {height} points large and cannot be drawn")]
    Size {
        /// Its width in points, rounded.
        width: i64,
        /// Its height.
        height: i64,
    },
}
