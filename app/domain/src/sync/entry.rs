//! Entries: what the server knows of each path of a source, deletions included.

use serde::{Deserialize, Serialize};

use super::{DeviceId, FileHash, SourcePath, Stamp};
use crate::{DocumentId, Failure};

/// What was last written at a path. A put stands over a deletion of the same time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EntryOp {
    /// It was deleted.
    Delete,
    /// It was put there.
    Put,
}

/// How far the index has come with a file.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// It can be searched.
    Indexed,
    /// It waits or is being read.
    Queued,
    /// It could not be read; `reason` says why.
    Failed,
    /// It is kept, but is of a sort that is not read.
    Skipped,
    /// Its document was deleted or replaced by hand; the next plan asks for the file again.
    Lost,
}

/// A path of a source as the server knows it: a file, or the trace of one.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileEntry {
    /// The path.
    pub path: SourcePath,
    /// Whether the file is there or was deleted.
    pub op: EntryOp,
    /// The hash of its bytes, or of its last bytes if it was deleted; absent if a file was
    /// deleted that the server never had.
    pub hash: Option<FileHash>,
    /// When the file was changed.
    #[serde(rename = "mtime")]
    pub mtime_ms: i64,
    /// When it was made, if the client said so.
    #[serde(rename = "ctime", default, skip_serializing_if = "Option::is_none")]
    pub ctime_ms: Option<i64>,
    /// Its size.
    #[serde(rename = "size")]
    pub size_bytes: u64,
    /// The time that decides between writes: see [`Stamp`].
    #[serde(rename = "ts")]
    pub ts_ms: i64,
    /// The device that wrote it.
    pub device: Option<DeviceId>,
    /// The source's sequence number when it was written.
    pub seq: u64,
    /// The document it is in its collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_id: Option<DocumentId>,
    /// How far the index has come; absent for deletions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<FileStatus>,
    /// Why it failed or is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Failure>,
}

impl FileEntry {
    /// Gives what decides between this and another write of the path.
    pub fn stamp(&self) -> Stamp {
        let hash = self.hash.clone().filter(|_| self.is_live());
        Stamp { ts_ms: self.ts_ms, op: self.op, hash }
    }

    /// Returns whether the file is there.
    pub fn is_live(&self) -> bool {
        self.op == EntryOp::Put
    }

    /// Returns whether the file is there and its document is, with its bytes.
    pub fn is_whole(&self) -> bool {
        self.is_live() && self.status != Some(FileStatus::Lost)
    }
}

/// The trace of a deleted file, kept for at least 90 days.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tombstone {
    /// The path.
    pub path: SourcePath,
    /// When it was deleted.
    pub deleted_at: i64,
    /// The device that deleted it.
    pub device: Option<DeviceId>,
    /// The hash of its last bytes, if the server had it.
    pub last_hash: Option<FileHash>,
    /// The source's sequence number afterwards.
    pub seq: u64,
}

/// A page of entries, `GET /api/sources/{sid}/files`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryPage {
    /// Files that are there, by path.
    pub files: Vec<FileEntry>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// What changed, oldest first, `GET /api/sources/{sid}/changes`.
///
/// Each path comes once, with its last change, so that reading from 0 gives the whole source.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePage {
    /// The changes by `seq`.
    pub changes: Vec<FileEntry>,
    /// What to ask for next with `since`.
    pub seq: u64,
    /// Whether there are more already.
    pub more: bool,
}
