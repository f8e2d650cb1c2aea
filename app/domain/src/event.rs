//! Progress of ingest, as it is told to the page, the API and the command line.

use serde::{Deserialize, Serialize};

use crate::{CollectionCounts, CollectionName, Document, DocumentId, NextIndex};

/// Something that changed in a collection.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum IngestEvent {
    /// A document came further, or failed.
    Document {
        /// As it is now.
        document: Box<Document>,
        /// The collection as a whole.
        counts: CollectionCounts,
    },
    /// Part of a document's chunks were embedded.
    Embedding {
        /// The collection.
        collection: CollectionName,
        /// The document.
        document_id: DocumentId,
        /// Chunks with a vector.
        done: u32,
        /// All its chunks.
        total: u32,
    },
    /// A document is gone.
    Deleted {
        /// The collection.
        collection: CollectionName,
        /// The document.
        document_id: DocumentId,
        /// The collection as a whole.
        counts: CollectionCounts,
    },
    /// The collection has another name; later events carry it.
    Renamed {
        /// The name so far.
        collection: CollectionName,
        /// The name from now on.
        name: CollectionName,
    },
    /// The index being built came further, became the active one, or was given up.
    Index {
        /// The collection.
        collection: CollectionName,
        /// As it is now; absent once there is none.
        next: Option<NextIndex>,
    },
    /// Documents of the collection wait after a fault of the machine, or go on after one.
    Paused {
        /// The collection.
        collection: CollectionName,
        /// What is waited for; absent once it goes on.
        pause: Option<IngestPause>,
    },
}

/// What ingest does, each in a loop of its own.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IngestTask {
    /// Documents are read, embedded and indexed.
    Documents,
    /// Indexes are built beside the active ones.
    Indexes,
    /// What is gone is removed, and the store is kept in order.
    Upkeep,
}

impl IngestTask {
    /// Every task, in the order in which they are declared.
    pub const ALL: [Self; 3] = [Self::Documents, Self::Indexes, Self::Upkeep];

    /// Shows the word used on the wire and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Indexes => "indexes",
            Self::Upkeep => "upkeep",
        }
    }
}

/// A task that waits after a fault of the disk, the store, the catalog or an engine. Nothing is
/// given up meanwhile.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IngestPause {
    /// What waits.
    pub task: IngestTask,
    /// What went wrong, as a sentence.
    pub reason: String,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// When it is tried again, in milliseconds since the Unix epoch.
    pub retry_at_ms: i64,
}

impl IngestEvent {
    /// Shows the collection that the event is about.
    pub fn collection(&self) -> &CollectionName {
        match self {
            Self::Document { document, .. } => &document.collection,
            Self::Embedding { collection, .. }
            | Self::Deleted { collection, .. }
            | Self::Renamed { collection, .. }
            | Self::Index { collection, .. }
            | Self::Paused { collection, .. } => collection,
        }
    }
}
