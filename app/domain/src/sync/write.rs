//! Writes: one file at a time, or a batch of ops with a result for each.

use serde::{Deserialize, Serialize};

use super::{FileEntry, FileHash, SourcePath};

/// Several writes at once, `POST /api/sources/{sid}/batch`.
///
/// Never all or nothing: each op has a result of its own, and a batch may be sent again. A deletion
/// and a put of the same bytes in one batch, in either order, are a rename and embed nothing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchRequest {
    /// At most `limits.max_batch_ops` of them.
    pub ops: Vec<BatchOp>,
}

/// One write of a batch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum BatchOp {
    /// Puts a file. Its bytes come as `text`, as `b64`, or, uploaded before, as `blob`; with
    /// `hash` alone the server uses bytes it has, or answers 404 `unknown_hash`. Further members
    /// such as `meta` are accepted and not used: the server reads the file itself.
    Put {
        /// The path.
        path: SourcePath,
        /// The hash of the bytes; other bytes than these are 422 `digest_mismatch`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<FileHash>,
        /// When it was changed: the time that decides between writes.
        mtime: i64,
        /// When it was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ctime: Option<i64>,
        /// The file's text, if it is UTF-8.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// The file's bytes in Base64 (standard alphabet, padded).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        b64: Option<String>,
        /// The hash of bytes uploaded with `PATCH /api/blobs/{hash}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        blob: Option<FileHash>,
        /// Writes whatever its time, if the server has just this version; else 412.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_match: Option<FileHash>,
        /// `*`: writes whatever its time, if the server has no file there; else 412.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_none_match: Option<String>,
    },
    /// Renames a file whose bytes did not change: the same as deleting one path and putting the
    /// other, but nothing is uploaded or embedded. 404 `unknown_hash` if the server lacks the
    /// bytes: send a put and a deletion.
    Move {
        /// The path so far.
        from: SourcePath,
        /// The path from now on.
        to: SourcePath,
        /// The hash of the bytes.
        hash: FileHash,
        /// When it was renamed.
        ts: i64,
    },
    /// Deletes a file; the same for one that is gone or was never there.
    Delete {
        /// The path.
        path: SourcePath,
        /// When it was deleted.
        ts: i64,
        /// Deletes whatever its time, if the server has just this version; else 412.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_match: Option<FileHash>,
    },
}

/// What became of a write.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WriteResult {
    /// The file is stored and waits to be indexed.
    Queued,
    /// As `queued`, with bytes that the server had already.
    Reused,
    /// The file is stored, but is of a sort that is not read.
    Stored,
    /// The file was renamed; its index entries are kept.
    Moved,
    /// The file is gone, and no search finds it any more.
    Deleted,
    /// The server had just this already; a later time was noted.
    Unchanged,
    /// The server has a later write of this path; nothing changed.
    Superseded,
}

/// What became of one op.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpResult {
    /// The number of the op, from 0.
    pub i: usize,
    /// As an HTTP status: 200 done, 202 stored and slow to read (PDF, DOCX), 415 stored and not
    /// read, 404 `unknown_hash`, 409 `path_taken` or `case_collision`, 412 `precondition_failed`,
    /// 413 `too_large`, 422 `digest_mismatch`, `excluded` or `invalid_op`, 507 `disk_full`.
    pub status: u16,
    /// The path that was written; absent if the op could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<SourcePath>,
    /// The hash of what the server has there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<FileHash>,
    /// What was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<WriteResult>,
    /// Why it was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<OpError>,
}

/// Why an op was not done.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpError {
    /// A stable word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// What the server has at the path, with a 412.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Box<FileEntry>>,
}

/// What became of a batch.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchReply {
    /// The source's sequence number afterwards.
    pub seq: u64,
    /// One result for each op, in their order.
    pub results: Vec<OpResult>,
}
