//! Collections: named sets of documents with one embedding model, one language, one index.

use serde::{Deserialize, Serialize};

use crate::{CollectionName, Language, ModelId};

/// A collection and how much is in it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Collection {
    /// The name, unique without regard to case.
    pub name: CollectionName,
    /// Names the index that holds its chunks; stays when the collection is renamed.
    pub index_id: String,
    /// The model that embeds its chunks and questions.
    pub embedding_model: ModelId,
    /// The language of its keyword index.
    pub language: Language,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// How many documents stand where.
    pub counts: CollectionCounts,
}

/// How many documents of a collection are in which state.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CollectionCounts {
    /// All documents.
    pub documents: u64,
    /// Those that can be searched.
    pub indexed: u64,
    /// Those still on their way.
    pub pending: u64,
    /// Those that failed or are of an unsupported sort.
    pub failed: u64,
    /// Chunks of the indexed documents.
    pub chunks: u64,
    /// Bytes of the originals.
    pub size_bytes: u64,
}

/// Whether the catalog and the index agree, over all collections.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IndexHealth {
    /// Documents in the catalog, whatever their state.
    pub documents: u64,
    /// Chunks in the index.
    pub chunks: u64,
    /// Documents on their way to being indexed.
    pub pending: u64,
    /// Chunks whose document is not indexed by the catalog's account.
    pub orphan_chunks: u64,
    /// Indexed documents whose chunks are not all in the index.
    pub documents_without_chunks: u64,
}
