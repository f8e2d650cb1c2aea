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
}

impl IngestEvent {
    /// Shows the collection that the event is about.
    pub fn collection(&self) -> &CollectionName {
        match self {
            Self::Document { document, .. } => &document.collection,
            Self::Embedding { collection, .. }
            | Self::Deleted { collection, .. }
            | Self::Renamed { collection, .. }
            | Self::Index { collection, .. } => collection,
        }
    }
}
