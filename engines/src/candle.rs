//! The candle back end: embedding, reranking and entailment models from safetensors, on the processor, and chat models
//! from safetensors and GGUF files.
//!
//! [`CandleEmbedder`], [`CandleReranker`], [`CandleJudge`] and [`CandleGenerator`] are the public faces; the last one has
//! its own folder, `chat`. Below the others `tokens`
//! turns text into tokens, and `premise` a long text into several; `families` chooses the network (an
//! `encoder`) by a model's configuration. `bert` is the one of our own, with its vectorised loops in
//! `kernels`; `nomic_bert`, `modern_bert` and `deberta_v2` are candle-transformers', and so is BERT where a graphics card
//! computes (`bert_on_card`). `pooled` and
//! `classifier` make a vector or logits of what a network gives, and `workers` holds the threads that
//! run it, one a core, each on whole small batches: no thread ever waits for another within a layer.

mod bert;
mod bert_on_card;
mod chat;
mod classifier;
mod config;
mod deberta_v2;
mod embedder;
mod encoder;
mod families;
mod judge;
mod kernels;
mod modern_bert;
mod nomic_bert;
mod pooled;
mod premise;
mod reranker;
mod tokens;
mod weights;
mod workers;

#[cfg(not(any(feature = "candle-cuda", feature = "candle-metal")))]
#[path = "candle/device_processor.rs"]
mod device;
#[cfg(any(feature = "candle-cuda", feature = "candle-metal"))]
#[path = "candle/device_card.rs"]
mod device;

pub use chat::{CandleGenerator, ChatOptions};
pub use device::USES_CARDS;
pub use embedder::{CandleEmbedder, open_token_count};
pub use judge::{CandleJudge, JudgeOptions};
pub use reranker::{CandleReranker, RerankerOptions};
