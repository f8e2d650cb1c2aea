//! The llama.cpp back end: chat models from GGUF files.
//!
//! [`LlamaGenerator`] is the public face. Behind it one thread a model owns the context (it borrows
//! the model and may not leave its thread) and works through a bounded inbox: `engine` is that
//! loop, `template` turns messages into the text a model expects, `stream` turns tokens into whole
//! characters without stop texts, `sampling` chooses tokens.

mod engine;
mod generator;
mod sampling;
mod stream;
mod template;

pub use generator::{LlamaGenerator, LlamaOptions};
