//! Where chunks are kept and found: the [`ChunkStore`] contract, its stores, and fusion.
//!
//! Two stores keep the contract: [`MemoryStore`], for tests and small tools, and `LanceStore`
//! (feature `lance`), on disk. No Arrow or Lance type is in any public signature.

pub mod store;

pub mod error;
pub mod fusion;
pub mod memory;

#[cfg(feature = "lance")]
pub mod lance;

mod ranking;

#[cfg(test)]
mod contract;

pub use error::StoreError;
pub use fusion::{FUSION_DEPTH, FusedHit, FusionHints, FusionWeights, fuse};
#[cfg(feature = "lance")]
pub use lance::LanceStore;
pub use memory::MemoryStore;
pub use store::{
    ChunkFilter, ChunkStore, DocumentChunks, IndexId, IndexSpec, IndexStats, ScoredChunk,
    StoredChunk,
};
