//! What can go wrong in a catalog.

use quire_domain::ErrorKind;

/// An error of a catalog.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// No collection of that name.
    #[error("there is no collection `{name}`; `quire collections list` shows what there is")]
    NoSuchCollection {
        /// The name asked for.
        name: String,
    },
    /// The name belongs to another collection.
    #[error("a collection named `{name}` exists already; choose another name")]
    CollectionExists {
        /// The name.
        name: String,
    },
    /// No document of that id.
    #[error("there is no document `{id}`")]
    NoSuchDocument {
        /// The id asked for.
        id: String,
    },
    /// No conversation of that id.
    #[error("there is no conversation `{id}`")]
    NoSuchConversation {
        /// The id asked for.
        id: String,
    },
    /// No evaluation of that id.
    #[error("there is no evaluation `{id}`")]
    NoSuchEvaluation {
        /// The id asked for.
        id: String,
    },
    /// No file of that id.
    #[error("there is no file `{id}`")]
    NoSuchFile {
        /// The id asked for.
        id: String,
    },
    /// No vector store of that id, and no collection of that name.
    #[error("there is no vector store `{id}`, and no collection of that name")]
    NoSuchVectorStore {
        /// The id asked for.
        id: String,
    },
    /// The file is in other collections or in none.
    #[error("the file `{id}` is not in the collection `{collection}`")]
    FileNotInCollection {
        /// The file.
        id: String,
        /// The collection.
        collection: String,
    },
    /// No batch of files of that id.
    #[error("the collection `{collection}` has no batch of files `{id}`")]
    NoSuchFileBatch {
        /// The id asked for.
        id: String,
        /// The collection.
        collection: String,
    },
    /// No response of that id.
    #[error("there is no response `{id}`; those that are made with `store` false are not kept")]
    NoSuchResponse {
        /// The id asked for.
        id: String,
    },
    /// No thread of that id.
    #[error("there is no conversation `{id}`; make one with `POST /v1/conversations`")]
    NoSuchThread {
        /// The id asked for.
        id: String,
    },
    /// No item of that id in a thread.
    #[error("the conversation `{thread}` has no item `{id}`")]
    NoSuchThreadItem {
        /// The id asked for.
        id: String,
        /// The thread.
        thread: String,
    },
    /// The collection has no index being built.
    #[error(
        "collection `{name}` has no next index; change its language or embedding model to build one"
    )]
    NoNextIndex {
        /// The collection.
        name: String,
    },
    /// The collection has no index to go back to.
    #[error("collection `{name}` has no previous index to go back to")]
    NoPreviousIndex {
        /// The collection.
        name: String,
    },
    /// No source of that id.
    #[error("there is no source `{id}`; make it with `PUT /api/sources/{id}`")]
    NoSuchSource {
        /// The id asked for.
        id: String,
    },
    /// No plan of that id, or it has ended.
    #[error("there is no plan `{id}`, or it has ended; begin another one")]
    NoSuchPlan {
        /// The id asked for.
        id: String,
    },
    /// A key of a source that is unknown or has ended.
    #[error("the source has no key `{id}`; it may have been revoked already")]
    NoSuchKey {
        /// The id asked for.
        id: String,
    },
    /// A key that is unknown or has been revoked.
    #[error("there is no key `{name}`; `quire keys list` shows what there is")]
    NoSuchAccessKey {
        /// What was asked for.
        name: String,
    },
    /// The name belongs to another key.
    #[error("a key named `{name}` exists already; choose another name, or revoke that one first")]
    KeyExists {
        /// The name.
        name: String,
    },
    /// A collection that the caller's key does not open.
    #[error("this key does not open a collection `{name}`")]
    OutOfReach {
        /// The collection.
        name: String,
    },
    /// A source with files cannot go elsewhere.
    #[error(
        "source `{name}` has files and stays in its collection and folder; remove it and mirror it anew to have it elsewhere"
    )]
    SourceHasFiles {
        /// What the source is called.
        name: String,
    },
    /// A path of a source is too long with the folder of the collection before it.
    #[error("`{path}` is too long for a document's path; give the source a shorter folder")]
    PathTooLong {
        /// The whole path.
        path: String,
    },
    /// A pairing code that is unknown, used or ended.
    #[error("the pairing code is wrong or has ended; ask for a new one")]
    WrongCode,
    /// The page cursor is not one of ours.
    #[error("`{cursor}` is not a cursor; take it from `next` of the page before")]
    InvalidCursor {
        /// The refused cursor.
        cursor: String,
    },
    /// The file was written by a newer program, or is no catalog.
    #[error("the catalog could not be brought up to date; was it written by a newer Quire?")]
    Migration(#[source] rusqlite_migration::Error),
    /// The disk is full.
    #[error("no space is left on the disk of the data folder; free some and try again")]
    DiskFull,
    /// The database failed.
    #[error("the catalog failed")]
    Database(#[source] rusqlite::Error),
    /// A stored value is not one that this program writes.
    #[error("the catalog holds a value that is not understood in `{column}`")]
    Corrupt {
        /// Where it stands.
        column: &'static str,
    },
    /// The thread that worked on the database is gone.
    #[error("the catalog's worker stopped")]
    Stopped,
}

impl CatalogError {
    /// Sorts the error for the faces.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchCollection { .. }
            | Self::NoSuchDocument { .. }
            | Self::NoSuchConversation { .. }
            | Self::NoSuchEvaluation { .. }
            | Self::NoSuchFile { .. }
            | Self::NoSuchVectorStore { .. }
            | Self::FileNotInCollection { .. }
            | Self::NoSuchFileBatch { .. }
            | Self::NoSuchResponse { .. }
            | Self::NoSuchThread { .. }
            | Self::NoSuchThreadItem { .. }
            | Self::NoSuchSource { .. }
            | Self::NoSuchKey { .. }
            | Self::NoSuchAccessKey { .. }
            | Self::NoSuchPlan { .. } => ErrorKind::NotFound,
            Self::CollectionExists { .. }
            | Self::KeyExists { .. }
            | Self::SourceHasFiles { .. }
            | Self::NoNextIndex { .. }
            | Self::NoPreviousIndex { .. } => ErrorKind::Conflict,
            Self::InvalidCursor { .. }
            | Self::PathTooLong { .. }
            | Self::WrongCode
            | Self::OutOfReach { .. } => ErrorKind::InvalidInput,
            Self::DiskFull => ErrorKind::OutOfSpace,
            Self::Stopped => ErrorKind::Unavailable,
            Self::Migration(_) | Self::Database(_) | Self::Corrupt { .. } => ErrorKind::Internal,
        }
    }
}

impl From<rusqlite::Error> for CatalogError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Database(error),
        }
    }
}
