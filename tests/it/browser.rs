//! The real page in Chromium, on the built binary: documents and collections, evaluation, and, with
//! the small real models, answers.

mod driver;

mod answers;
mod collections;
mod evaluation;
