//! Models that another machine runs, behind any address that speaks `OpenAI`'s protocol: an *upstream*.
//!
//! Their names begin with the upstream's: `office/llama-3.3-70b`. What they are asked leaves this machine, so nobody
//! falls back on one: a model of an upstream is asked only by its full name. [`CompositeRuntime`] puts them beside the
//! models of this machine. There is no tokenizer for them: tokens are estimated, on the high side.

mod client;
mod failure;
mod key;
mod listing;
mod settings;

mod embedder;
mod events;
mod generator;
mod request;
mod reranker;

mod runtime;

pub use client::Upstream;
pub use failure::UpstreamFailure;
pub use key::KeyPlace;
pub use listing::Listed;
pub use runtime::{CompositeRuntime, CompositeTokenizers};
pub use settings::{
    RemoteModelSettings, UpstreamName, UpstreamSettings, read_upstreams, write_upstreams,
};

/// Estimates the tokens of a text for a model whose tokenizer is not here: a token has three bytes or more in
/// almost every text, so that the estimate is on the high side.
pub fn estimate_tokens(text: &str) -> usize {
    text.len().div_ceil(3)
}

#[cfg(test)]
mod tests;
