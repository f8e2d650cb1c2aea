//! Models: the traits that the rest of Quire uses, and the engines behind them.
//!
//! [`Embedder`], [`Reranker`], [`EntailmentJudge`] and [`Generator`] are one loaded model each; [`ModelRuntime`] finds
//! and loads them by name, and [`LocalRuntime`] does so from a [`ModelStore`] on this machine. [`Residents`] knows which
//! are in memory, and how long they stay. Back
//! ends are features: `llama` (llama.cpp, GGUF chat models) and `candle` (safetensors embedders and
//! rerankers, and chat models of both kinds; `candle-cuda` and `candle-metal` compute the latter on a graphics card).
//! [`Tokenizers`] counts a model's tokens without loading it. Without them the crate holds the traits,
//! [`chat`] (messages, templates, replies), the store, the [`scripted`] engines and [`remote`]: models that another
//! machine runs, which [`CompositeRuntime`] puts beside those of this one.

mod caller;
pub mod chat;
pub mod embedder;
pub mod error;
pub mod fair_queue;
mod foreground;
pub mod generator;
pub mod judge;
mod kernels;
mod key;
mod loaded;
mod nearest;
mod network;
mod prompt_log;
pub mod reranker;
pub mod residents;
pub mod runtime;
pub mod scripted;
mod tokenizers;
mod trial;
mod written;
mod written_file;

pub mod local;
pub mod remote;
pub mod store;

#[cfg(feature = "candle")]
pub mod candle;
#[cfg(feature = "llama")]
pub mod llama;

pub use caller::Caller;
pub use chat::{
    Chat, ChatMessage, ChatRole, Constraint, ContentPart, Image, Thinking, Tool, ToolCall,
    ToolChoice,
};
pub use embedder::{Cut, Embedder, EmbedderInfo, EmbedderOptions, Embeddings, TextRole};
pub use error::EngineError;
pub use generator::{
    Feature, FinishReason, FirstToken, GenerateEvent, GenerateRequest, Generation, GenerationWatch,
    Generator, GeneratorInfo, Prompt, TokenBias, TokenProbability, on_behalf_of,
};
pub use judge::{
    Entailment, EntailmentJudge, EntailmentLabel, EntailmentPair, JudgeInfo, PairTemplate,
};
pub use kernels::{Device, Kernels, RefusedKernels, SelfTest};
pub use key::Key;
pub use loaded::LoadedModel;
pub use local::{GgufEngine, LocalRuntime, RuntimeOptions};
pub use prompt_log::PROMPT_LOG;
pub use remote::{CompositeRuntime, Upstream, UpstreamFailure};
pub use reranker::{Reranker, RerankerInfo, Reranking};
pub use residents::{Capacity, MemoryBudget, Plan, Residents};
pub use runtime::ModelRuntime;
pub use store::{ModelStore, OCR_FILES, PullOptions, PullProgress};
pub use tokenizers::{TokenCount, Tokenizers};
pub use trial::Trial;
pub use written::Written;

pub use quire_domain::{Dry, GpuLayers, KvType, LoadOptions, LoraAdapter, Sampling, WhenFull, Xtc};
