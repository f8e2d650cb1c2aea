//! What can go wrong in a use case.

use std::path::PathBuf;

use quire_catalog::CatalogError;
use quire_domain::{CollectionName, ErrorKind, InvalidName};
use quire_engines::EngineError;
use quire_retrieval::RetrievalError;
use quire_vectorstore::StoreError;

use crate::sync::SyncError;

/// An error of a use case; [`ServiceError::kind`] sorts it for the faces.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// A name breaks its rules.
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
    /// No model of the sort is installed.
    #[error(
        "there is no reranking model; `quire models list --available` shows which can be pulled"
    )]
    NoReranker,
    /// A number is not one that can be asked for.
    #[error("`{what}` is {value}; it must be 1 to {most}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// What it was.
        value: u32,
        /// The highest that is allowed.
        most: u32,
    },
    /// Search was asked for what it cannot do.
    #[error(transparent)]
    Retrieval(RetrievalError),
    /// Nothing of a collection can be searched.
    #[error("`{collection}` has no documents that can be searched yet; add some")]
    NothingIndexed {
        /// Its name.
        collection: CollectionName,
    },
    /// Sync failed or refused.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// A question or query has no words.
    #[error("the {what} is empty; write a few words")]
    Empty {
        /// "question" or "query".
        what: &'static str,
    },
    /// A question is limited to what no document is.
    #[error("no document of this collection is {what}")]
    NothingInScope {
        /// What was asked for, as "at or below `a`".
        what: String,
    },
    /// Documents that are to be read whole are too long for the model's context.
    #[error(
        "the documents are longer than the {room} tokens that `{model}` can read at once; limit the question to fewer of them, or read everything passage by passage"
    )]
    DocumentsTooLong {
        /// What fits beside question and answer.
        room: usize,
        /// The chat model.
        model: quire_domain::ModelId,
    },
    /// A question is too long for the model's context.
    #[error(
        "the question has {tokens} tokens and `{model}` has room for {limit}; shorten it, or choose a model with a larger context"
    )]
    QuestionTooLong {
        /// Its size.
        tokens: usize,
        /// What fits beside instructions and answer.
        limit: usize,
        /// The chat model.
        model: quire_domain::ModelId,
    },
    /// A file is over the size limit.
    #[error("file `{path}` is larger than {limit_bytes} bytes, the limit for one file")]
    FileTooLarge {
        /// Its name.
        path: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// A page number the document does not have.
    #[error("document `{document}` has no page {page}; it has {pages}")]
    NoSuchPage {
        /// The document.
        document: quire_domain::DocumentId,
        /// The page asked for.
        page: u32,
        /// How many there are.
        pages: u32,
    },
    /// The document has pages, and none was named.
    #[error("document `{document}` has {pages} pages; name one with `?page=N`")]
    PageNeeded {
        /// The document.
        document: quire_domain::DocumentId,
        /// How many there are.
        pages: u32,
    },
    /// The document has no text (yet).
    #[error("document `{document}` has no stored text: it is {status}")]
    NoText {
        /// The document.
        document: quire_domain::DocumentId,
        /// How far it has come.
        status: &'static str,
    },
    /// A line of a file or a request is not what it must be.
    #[error("line {number}: {problem}")]
    BadLine {
        /// Which one, from 1.
        number: usize,
        /// What is wrong.
        problem: String,
    },
    /// An answer failed while it was made.
    #[error("{message}")]
    AnswerFailed {
        /// The sort of error.
        kind: ErrorKind,
        /// What happened.
        message: String,
    },
    /// The next index of a collection cannot be built.
    #[error(
        "the next index of `{collection}` cannot be built: {reason}; mend that and change the collection again, or give the index up"
    )]
    IndexFailed {
        /// The collection.
        collection: quire_domain::CollectionName,
        /// Why.
        reason: String,
    },
    /// The next index of a collection is not complete.
    #[error("the next index of `{collection}` is not ready: it holds {done} of {total} documents")]
    IndexNotReady {
        /// The collection.
        collection: quire_domain::CollectionName,
        /// Documents that it holds.
        done: u64,
        /// Documents that it must hold.
        total: u64,
    },
    /// Another process owns the data folder.
    #[error(
        "the data folder `{}` is in use by another Quire (process {pid}); stop it, or give this one another folder with `--data`",
        path.display()
    )]
    DataFolderInUse {
        /// The folder.
        path: PathBuf,
        /// The owner, if known.
        pid: String,
    },
    /// The data folder cannot be made or written to.
    #[error(
        "the data folder cannot be used: `{}`: {source}; make it writable for you, or choose another with `--data` or `$QUIRE_DATA`",
        path.display()
    )]
    DataFolderUnwritable {
        /// What could not be made or opened.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The disk is full.
    #[error("no space is left on the disk of `{}`; free some and try again", path.display())]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// A file of the data folder could not be read or written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Something panicked; the log has its words.
    #[error("{task} failed unexpectedly; the log says more")]
    Panicked {
        /// What was being done.
        task: &'static str,
    },
    /// A background task ended before its time.
    #[error("a background task stopped: {task}")]
    TaskStopped {
        /// Which one.
        task: &'static str,
    },
}

impl ServiceError {
    /// Returns whether it is about a collection that the caller's key does not open.
    pub fn is_out_of_reach(&self) -> bool {
        matches!(self, Self::Catalog(CatalogError::OutOfReach { .. }))
    }

    /// Sorts the error for the faces.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Catalog(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Engine(error) => error.kind(),
            Self::Retrieval(error) => error.kind(),
            Self::Sync(error) => error.kind(),
            Self::AnswerFailed { kind, .. } => *kind,
            Self::Name(_)
            | Self::Empty { .. }
            | Self::BadLine { .. }
            | Self::OutOfRange { .. }
            | Self::NothingIndexed { .. }
            | Self::PageNeeded { .. } => ErrorKind::InvalidInput,
            Self::QuestionTooLong { .. }
            | Self::DocumentsTooLong { .. }
            | Self::FileTooLarge { .. } => ErrorKind::TooLarge,
            Self::NoSuchPage { .. }
            | Self::NoText { .. }
            | Self::NothingInScope { .. }
            | Self::NoReranker => ErrorKind::NotFound,
            Self::DataFolderInUse { .. }
            | Self::IndexFailed { .. }
            | Self::IndexNotReady { .. } => ErrorKind::Conflict,
            Self::DiskFull { .. } => ErrorKind::OutOfSpace,
            Self::TaskStopped { .. } => ErrorKind::Unavailable,
            Self::Io { .. } | Self::Panicked { .. } | Self::DataFolderUnwritable { .. } => {
                ErrorKind::Internal
            }
        }
    }

    /// Makes an error of a failed file operation; a full disk has a kind of its own.
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            std::io::ErrorKind::StorageFull => Self::DiskFull { path },
            _ => Self::Io { path, source },
        }
    }
}

impl From<RetrievalError> for ServiceError {
    /// Keeps an error of a catalog, store or model what it is, whichever part met it.
    fn from(error: RetrievalError) -> Self {
        match error {
            RetrievalError::Name(error) => Self::Name(error),
            RetrievalError::Catalog(error) => Self::Catalog(error),
            RetrievalError::Store(error) => Self::Store(error),
            RetrievalError::Engine(error) => Self::Engine(error),
            error => Self::Retrieval(error),
        }
    }
}
