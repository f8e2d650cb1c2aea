//! Writes of the paths of a source, and what becomes of them.

use quire_domain::sync::{FileEntry, FileHash, SourcePath, WriteResult};
use quire_domain::{ContentHash, Document};

/// What must hold for a write to be done; one that holds lets it win whatever its time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Precondition {
    /// Nothing: the greater stamp wins.
    None,
    /// The file is there with these bytes.
    Matches(FileHash),
    /// No file is there.
    Absent,
}

/// What is to be written at a path. Times are within the server's bounds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// A file whose bytes lie among the originals.
    Put {
        /// The hash of its bytes.
        hash: FileHash,
        /// Its size.
        size_bytes: u64,
        /// When it was changed.
        mtime_ms: i64,
        /// When it was made.
        ctime_ms: Option<i64>,
        /// The time that decides.
        ts_ms: i64,
    },
    /// The file of another path, whose bytes are these.
    Move {
        /// The path so far.
        from: SourcePath,
        /// The hash of its bytes.
        hash: FileHash,
        /// When it was changed; as it was at `from` if `None`.
        mtime_ms: Option<i64>,
        /// The time that decides.
        ts_ms: i64,
    },
    /// Nothing more.
    Delete {
        /// The time that decides.
        ts_ms: i64,
    },
}

/// A write of a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Write {
    /// The path.
    pub path: SourcePath,
    /// What must hold.
    pub precondition: Precondition,
    /// What is written.
    pub change: Change,
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was done, or there was nothing to do.
    Done(WriteResult),
    /// The precondition does not hold.
    PreconditionFailed,
    /// A move of bytes that the source does not have at `from`.
    UnknownHash,
    /// The document's path belongs to another source.
    PathTaken {
        /// What that source is called.
        source: String,
    },
    /// Another file of the source differs only in case, and a device of it tells no case.
    CaseCollision {
        /// The other file.
        path: SourcePath,
    },
}

/// What became of a write, and what is at its path now.
#[derive(Clone, Debug, PartialEq)]
pub struct AppliedWrite {
    /// What became of it.
    pub outcome: Outcome,
    /// What is at its path now.
    pub entry: Option<FileEntry>,
}

/// What became of several writes, and what must be done outside of the catalog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppliedWrites {
    /// The source's sequence number afterwards.
    pub seq: u64,
    /// One for each write, in their order.
    pub writes: Vec<AppliedWrite>,
    /// Documents that are queued or have another path.
    pub changed: Vec<Document>,
    /// Documents that are gone; their chunks are written down as removals.
    pub removed: Vec<Document>,
    /// Contents that new versions took the place of.
    pub replaced: Vec<ContentHash>,
}
