//! What an answer must be like, beyond what the model would write by itself.

// Only engines compile grammars.
#[cfg(any(feature = "candle", feature = "llama"))]
mod gbnf;
#[cfg(any(feature = "candle", feature = "llama"))]
mod grammar;

use serde_json::Value;

#[cfg(any(feature = "candle", feature = "llama"))]
use gbnf::to_lark;
#[cfg(any(feature = "candle", feature = "llama"))]
pub use grammar::{Grammars, Guard, form_of};

/// A form that the text of an answer is held to, token by token. A thought that the prompt has begun is free.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// A JSON object, whatever it holds.
    JsonObject,
    /// JSON that keeps to a schema, by draft 2020-12.
    JsonSchema(Value),
    /// Text that a regular expression matches as a whole.
    Regex(String),
    /// Text of a grammar in Lark's notation, from its rule `start`.
    Lark(String),
    /// Text of a grammar in llama.cpp's notation, from its rule `root`.
    Gbnf(String),
}
