//! Collections: named sets of documents with one embedding model, one language, one index.

use serde::{Deserialize, Serialize};

use crate::{
    CollectionName, IndexChoice, IngestPause, Language, ModelId, NextIndex, PreviousIndex, Warning,
};

/// A collection and how much is in it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Collection {
    /// The name, unique without regard to case.
    pub name: CollectionName,
    /// Names the active index, which holds its chunks; stays when the collection is renamed.
    pub index_id: String,
    /// The model that embeds its chunks and questions.
    pub embedding_model: ModelId,
    /// The language of its keyword index.
    pub language: Language,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// How many documents stand where.
    pub counts: CollectionCounts,
    /// The index that is to take the place of the active one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_index: Option<NextIndex>,
    /// The index that was active before, kept for going back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_index: Option<PreviousIndex>,
    /// What its owner should know, such as that the model was not made for the language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl Collection {
    /// Makes the collection as it would be with the chosen index active; `None` if there is none.
    pub fn with_index(&self, choice: IndexChoice) -> Option<Self> {
        if choice == IndexChoice::Active {
            return Some(self.clone());
        }
        let NextIndex { index_id, embedding_model, language, .. } = self.next_index.clone()?;
        Some(Self { index_id, embedding_model, language, ..self.clone() })
    }
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
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
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
    /// Indexes whose files are damaged or gone, so that nothing can be said of them; the log says why.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unreadable_indexes: u64,
    /// What ingest waits for, if the machine is at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<IngestPause>,
}

/// Returns whether there are none, for what is told only if there are some.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}
