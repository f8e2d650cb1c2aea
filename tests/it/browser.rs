//! The real page in Chromium, on the built binary: documents and collections, settings, tools, evaluation,
//! and, with the small real models, answers; without a chat model, quotes.

mod driver;

mod answers;
mod asking;
mod collections;
mod evaluation;
mod evidence;
mod notes;
mod originals;
mod settings;
mod sources;
mod tools;
