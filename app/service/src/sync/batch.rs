//! Batches: ops as they come over the wire, each with a result of its own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt, stream};
use quire_catalog::Precondition;
use quire_domain::ErrorKind;
use quire_domain::sync::{
    BatchOp, BatchReply, DeviceId, FileHash, OpError, OpResult, SourceId, SourcePath, WriteResult,
};
use serde_json::Value;

use super::{
    FileChange, FileContent, FileWrite, MAX_BATCH_BYTES, MAX_BATCH_OPS, Sources, SyncError,
    WrittenFile,
};
use crate::{ServiceError, Upload};

/// Files of a batch that are written to disk at a time.
const FILES_AT_A_TIME: usize = 8;

/// An op that was understood, or why it was not.
type Decoded = Result<FileWrite, (Option<SourcePath>, ServiceError)>;

impl Sources {
    /// Does the ops of a batch. One that cannot be understood or done has an error as its result;
    /// the others are done.
    pub async fn write_batch(
        &self,
        id: &SourceId,
        device: Option<&DeviceId>,
        ops: Vec<Value>,
    ) -> Result<BatchReply, ServiceError> {
        if ops.len() > MAX_BATCH_OPS {
            return Err(SyncError::TooMany { what: "ops", limit: MAX_BATCH_OPS as u64 }.into());
        }
        self.open(id).await?;
        let decoded = stream::iter(ops).map(|op| self.decode(op)).buffered(FILES_AT_A_TIME);
        let decoded: Vec<Decoded> = decoded.collect().await;
        let size = |one: &Decoded| match one {
            Ok(FileWrite {
                change: FileChange::Put { content: FileContent::Upload(upload), .. },
                ..
            }) => upload.size_bytes(),
            _ => 0,
        };
        if decoded.iter().map(size).sum::<u64>() > MAX_BATCH_BYTES {
            return Err(SyncError::TooMany { what: "bytes", limit: MAX_BATCH_BYTES }.into());
        }
        let mut refused = Vec::with_capacity(decoded.len());
        let mut writes = Vec::with_capacity(decoded.len());
        for one in decoded {
            match one {
                Ok(write) => {
                    writes.push(write);
                    refused.push(None);
                }
                Err(reason) => refused.push(Some(reason)),
            }
        }
        let written = self.write_files(id, device, writes).await?;
        let mut files = written.files.into_iter();
        let mut results = Vec::with_capacity(refused.len());
        for (i, refused) in refused.into_iter().enumerate() {
            let result = match refused {
                Some((path, error)) => Some(show_refused(i, path, &error)),
                None => files.next().map(|file| show(i, file)),
            };
            results.extend(result);
        }
        Ok(BatchReply { seq: written.seq, results })
    }

    async fn decode(&self, op: Value) -> Decoded {
        let path = ["path", "to"].iter().find_map(|key| op.get(key)?.as_str()?.parse().ok());
        let op = serde_json::from_value(op)
            .map_err(|error| SyncError::InvalidOp { reason: error.to_string() });
        match op {
            Ok(op) => self.understand(op).await.map_err(|error| (path, error)),
            Err(error) => Err((path, error.into())),
        }
    }

    async fn understand(&self, op: BatchOp) -> Result<FileWrite, ServiceError> {
        Ok(match op {
            BatchOp::Put { path, hash, mtime, ctime, text, b64, blob, if_match, if_none_match } => {
                let content = self.content(&path, Bytes { text, b64, blob }, hash.as_ref()).await?;
                let change =
                    FileChange::Put { content, expected: hash, mtime_ms: mtime, ctime_ms: ctime };
                let precondition = precondition(if_match, if_none_match.as_deref())?;
                FileWrite { path, precondition, change }
            }
            BatchOp::Move { from, to, hash, ts } => FileWrite {
                path: to,
                precondition: Precondition::None,
                change: FileChange::Move { from, hash, mtime_ms: None, ts_ms: ts },
            },
            BatchOp::Delete { path, ts, if_match } => FileWrite {
                path,
                precondition: precondition(if_match, None)?,
                change: FileChange::Delete { ts_ms: ts },
            },
        })
    }

    async fn content(
        &self,
        path: &SourcePath,
        bytes: Bytes,
        hash: Option<&FileHash>,
    ) -> Result<FileContent, ServiceError> {
        let invalid = |reason: &str| SyncError::InvalidOp { reason: reason.to_owned() };
        Ok(match (bytes, hash) {
            (Bytes { text: Some(text), b64: None, blob: None }, _) => {
                FileContent::Upload(self.upload(path, text.as_bytes()).await?)
            }
            (Bytes { text: None, b64: Some(b64), blob: None }, _) => {
                let bytes = STANDARD.decode(b64).map_err(|_| invalid("`b64` is not Base64"))?;
                FileContent::Upload(self.upload(path, &bytes).await?)
            }
            (Bytes { text: None, b64: None, blob: Some(blob) }, _) => FileContent::Blob(blob),
            (Bytes { text: None, b64: None, blob: None }, Some(hash)) => {
                FileContent::Known(hash.clone())
            }
            (Bytes { text: None, b64: None, blob: None }, None) => {
                return Err(invalid("a put needs one of `text`, `b64`, `blob` or `hash`").into());
            }
            _ => {
                return Err(invalid("a put has only one of `text`, `b64` and `blob`").into());
            }
        })
    }

    async fn upload(&self, path: &SourcePath, bytes: &[u8]) -> Result<Upload, ServiceError> {
        let mut writer = self.parts.uploads.begin(path.as_str()).await?;
        writer.write(bytes).await?;
        writer.finish().await
    }
}

/// The bytes of a put, in the one way of three that was chosen.
struct Bytes {
    text: Option<String>,
    b64: Option<String>,
    blob: Option<FileHash>,
}

fn precondition(
    if_match: Option<FileHash>,
    if_none_match: Option<&str>,
) -> Result<Precondition, SyncError> {
    match (if_match, if_none_match) {
        (None, None) => Ok(Precondition::None),
        (Some(hash), None) => Ok(Precondition::Matches(hash)),
        (None, Some("*")) => Ok(Precondition::Absent),
        _ => Err(SyncError::InvalidOp {
            reason: "`if_none_match` is `*` and excludes `if_match`".to_owned(),
        }),
    }
}

fn show(i: usize, file: WrittenFile) -> OpResult {
    let WrittenFile { path, outcome, entry } = file;
    let written = match outcome {
        Ok(written) => written,
        Err(error) => return show_refused(i, Some(path), &error),
    };
    let status = match written.result {
        WriteResult::Stored => 415,
        WriteResult::Queued | WriteResult::Reused if written.is_slow => 202,
        _ => 200,
    };
    let etag = entry.filter(quire_domain::sync::FileEntry::is_live).and_then(|entry| entry.hash);
    OpResult { i, status, path: Some(path), etag, result: Some(written.result), error: None }
}

fn show_refused(i: usize, path: Option<SourcePath>, error: &ServiceError) -> OpResult {
    let (status, code) = match error {
        ServiceError::Sync(error) => (error.status(), error.code()),
        error => match error.kind() {
            ErrorKind::TooLarge => (413, "too_large"),
            ErrorKind::OutOfSpace => (507, "disk_full"),
            ErrorKind::InvalidInput => (422, "invalid_op"),
            _ => (500, "internal_error"),
        },
    };
    let message = match status {
        500 => {
            tracing::error!(error = error as &dyn std::error::Error, "a write failed: {error}");
            "something went wrong inside Quire; send it again".to_owned()
        }
        _ => error.to_string(),
    };
    let current = match error {
        ServiceError::Sync(SyncError::PreconditionFailed { current, .. }) => current.clone(),
        _ => None,
    };
    let error = Some(OpError { code: code.to_owned(), message, current });
    OpResult { i, status, path, etag: None, result: None, error }
}
