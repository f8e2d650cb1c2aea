//! What can go wrong while passages are found.

use quire_catalog::CatalogError;
use quire_domain::{ErrorKind, InvalidName};
use quire_engines::EngineError;
use quire_vectorstore::StoreError;

/// An error of retrieval; [`RetrievalError::kind`] sorts it for the faces.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetrievalError {
    /// The catalog holds a name that breaks its rules.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The catalog failed or refused.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The chunk store failed or refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A model failed or is missing.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no constant of this name that a sweep could try.
    #[error("`{name}` is no constant of search; the constants are `{known}`")]
    NoSuchConstant {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// A constant cannot have this value.
    #[error("`{name}` cannot be {value}; it must be 0 to {most}")]
    NotTunable {
        /// The constant.
        name: &'static str,
        /// The value.
        value: f32,
        /// The highest value that makes sense.
        most: f32,
    },
}

impl RetrievalError {
    /// Sorts the error for the faces.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Catalog(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Engine(error) => error.kind(),
            Self::Name(_) | Self::NoSuchConstant { .. } | Self::NotTunable { .. } => {
                ErrorKind::InvalidInput
            }
        }
    }
}
