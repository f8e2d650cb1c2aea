//! The candle back end: embedding and reranking models from safetensors, on the processor.
//!
//! [`CandleEmbedder`] and [`CandleReranker`] are the public faces. Below them: `tokens` cuts text
//! into tokens, `families` chooses the network (an `encoder`) by a model's configuration: `bert` is
//! the one of our own, with its vectorised loops in `kernels`, `borrowed` has others. `pooled` and `classifier` make a
//! vector or a score of what a network gives, and `workers` holds the threads that run it, one a
//! core, each on whole small batches: no thread ever waits for another within a layer.

mod bert;
mod borrowed;
mod classifier;
mod config;
mod embedder;
mod encoder;
mod families;
mod kernels;
mod pooled;
mod reranker;
mod tokens;
mod weights;
mod workers;

pub use embedder::CandleEmbedder;
pub use reranker::{CandleReranker, RerankerOptions};
