//! What an answer must be like, beyond what the model would write by itself.

// Only engines compile grammars.
#[cfg(feature = "llama")]
mod gbnf;

use serde_json::Value;

#[cfg(feature = "llama")]
pub(crate) use gbnf::to_lark;

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
