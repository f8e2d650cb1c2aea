//! What Quire knows about languages: sentences, terms and words with a meaning for the program.
//!
//! Pure and synchronous. It knows no document, no store and no model.

mod analyzer;
pub mod names;
pub mod sentences;

pub use analyzer::{ANALYZER_VERSION, Analyzer};
