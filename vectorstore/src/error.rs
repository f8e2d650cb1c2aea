//! What can go wrong in a chunk store.

use quire_domain::ErrorKind;

use crate::IndexId;

/// An error of a chunk store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Not a valid index name.
    #[error("`{value}` is not an index name")]
    InvalidIndexId {
        /// The refused name.
        value: String,
    },
    /// The index is not there.
    #[error("index `{index}` does not exist")]
    NoSuchIndex {
        /// Its name.
        index: IndexId,
    },
    /// The index is there, but made otherwise.
    #[error("index `{index}` exists with another number of dimensions or language")]
    SpecMismatch {
        /// Its name.
        index: IndexId,
    },
    /// A vector is of the wrong length.
    #[error("a vector has {actual} dimensions, index `{index}` has {expected}")]
    WrongDimensions {
        /// The index.
        index: IndexId,
        /// What it takes.
        expected: usize,
        /// What came.
        actual: usize,
    },
    /// The store on disk failed.
    #[error("the vector store failed to {action}")]
    Backend {
        /// What was being done.
        action: &'static str,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Sorts the error for the faces.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidIndexId { .. } | Self::WrongDimensions { .. } => ErrorKind::InvalidInput,
            Self::NoSuchIndex { .. } => ErrorKind::NotFound,
            Self::SpecMismatch { .. } => ErrorKind::Conflict,
            Self::Backend { .. } => ErrorKind::Internal,
        }
    }
}
