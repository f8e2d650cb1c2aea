//! Chat models by candle: networks that write text, from safetensors or from GGUF files.
//!
//! [`CandleGenerator`] is the public face. `loading` puts a model together: `config`, `folder` and `gguf` read what its
//! files say, as a `shape`, `names` and a `vocabulary`; `tensors` reads the numbers. `network` is what computes, out of
//! `layer`s that each have their `kept` keys and values, and `rotary` positions. `engine` is the loop of the thread that owns it.
//! Prompts, replies, forms and the choice of tokens are the business of `crate::chat`, as for llama.cpp.

mod config;
mod engine;
mod folder;
mod generator;
mod gguf;
mod kept;
mod layer;
mod loading;
mod names;
mod network;
mod rotary;
mod shape;
mod tensors;
mod vocabulary;

pub use generator::{CandleGenerator, ChatOptions};
