//! What Quire knows about languages: sentences, terms, tokens and words with a meaning for the program.
//!
//! Pure and synchronous. It knows no document, no store and no model.

pub mod words;

mod analyzer;
pub mod names;
mod questions;
pub mod sentences;
mod tokens;
pub mod units;

mod lexicon;

pub use analyzer::{ANALYZER_VERSION, Analyzer};
pub use lexicon::{Found, Lexicon, Meaning};
pub use questions::{AnswerKind, kind_of_answer, language_of_question, tables_of_question};
pub use tokens::{Token, TokenKind, tokens};
pub use words::Words;
