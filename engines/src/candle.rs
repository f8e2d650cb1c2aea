//! The candle back end: embedding models of the BERT family from safetensors, on the processor.
//!
//! [`CandleEmbedder`] is the public face. Below it: [`tokens`](self) cuts text into tokens, `bert`
//! is the network, `kernels` holds its vectorised loops, and `workers` the threads that run it, one
//! a core, each on whole small batches: no thread ever waits for another within a layer.

mod bert;
mod config;
mod embedder;
mod kernels;
mod workers;

pub use embedder::{CandleEmbedder, CandleOptions};
