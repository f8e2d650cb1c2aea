//! Chat models that candle runs: against candle-transformers' own networks, and what they do with requests and files.

mod broken;
mod families;
mod gguf;
mod requests;
mod writing;
