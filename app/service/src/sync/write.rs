//! Writes: bytes to their place, then the register and the ledger in one transaction.

use std::path::Path;

use quire_catalog::{AppliedWrite, AppliedWrites, Change, Outcome, Precondition, Write};
use quire_domain::sync::{
    DeviceId, FileEntry, FileHash, SourceId, SourcePath, WriteResult, clamp_ts,
};
use quire_domain::{CollectionName, IngestEvent, IngestTask};
use quire_folder_sync::{RuleSet, now_ms};
use tokio::io::AsyncReadExt;

use super::{Sources, SyncError};
use crate::ServiceError;
use crate::uploads::Upload;

/// How far into a file its format is looked for.
const SNIFF_BYTES: u64 = 4096;

/// A write of one path of a source.
pub struct FileWrite {
    /// The path.
    pub path: SourcePath,
    /// What must hold.
    pub precondition: Precondition,
    /// What is written.
    pub change: FileChange,
}

/// What is written at a path. Times are the client's.
pub enum FileChange {
    /// A file.
    Put {
        /// Its bytes.
        content: FileContent,
        /// The hash that they must have.
        expected: Option<FileHash>,
        /// When it was changed.
        mtime_ms: i64,
        /// When it was made.
        ctime_ms: Option<i64>,
    },
    /// The file of another path.
    Move {
        /// The path so far.
        from: SourcePath,
        /// The hash of its bytes.
        hash: FileHash,
        /// When it was changed; as it was if `None`.
        mtime_ms: Option<i64>,
        /// When it was renamed.
        ts_ms: i64,
    },
    /// Nothing more.
    Delete {
        /// When it was deleted.
        ts_ms: i64,
    },
}

/// Where the bytes of a file are.
pub enum FileContent {
    /// They came with the call.
    Upload(Upload),
    /// They were uploaded in pieces before.
    Blob(FileHash),
    /// The server has them, for this or another file.
    Known(FileHash),
}

/// A write that was done, or that there was no need to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// What became of it.
    pub result: WriteResult,
    /// Whether reading the file takes long.
    pub is_slow: bool,
}

/// What became of a write.
#[derive(Debug)]
pub struct WrittenFile {
    /// The path.
    pub path: SourcePath,
    /// What became of it.
    pub outcome: Result<Written, ServiceError>,
    /// What is at the path now.
    pub entry: Option<FileEntry>,
}

/// What became of several writes.
#[derive(Debug)]
pub struct WrittenFiles {
    /// The source's sequence number afterwards.
    pub seq: u64,
    /// One for each write, in their order.
    pub files: Vec<WrittenFile>,
}

/// A write whose bytes lie where they belong.
struct Placed {
    write: Write,
    effort: Effort,
    is_known: bool,
}

/// How much work a file will be to read.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Effort {
    Quick,
    Slow,
    Never,
}

impl Sources {
    /// Writes paths of a source. A write that fails changes nothing; the others are done.
    pub async fn write_files(
        &self,
        id: &SourceId,
        device: Option<&DeviceId>,
        writes: Vec<FileWrite>,
    ) -> Result<WrittenFiles, ServiceError> {
        let source = self.open(id).await?;
        let rules = RuleSet::new(&source.rules, self.parts.uploads.max_file_bytes)?;
        let (mut applied, placed) = {
            // Nobody may sweep up the bytes between their coming and the record of them.
            let _writing = self.parts.ingest.content_writes.lock().await;
            let mut placed = Vec::with_capacity(writes.len());
            for write in writes {
                let path = write.path.clone();
                placed.push((path, self.place(write, &rules).await));
            }
            let writes = placed.iter().filter_map(|(_, one)| one.as_ref().ok());
            let writes = writes.map(|one| one.write.clone()).collect();
            (self.parts.catalog.apply_writes(id, device, writes).await?, placed)
        };
        let seq = applied.seq;
        let mut outcomes = std::mem::take(&mut applied.writes).into_iter();
        let mut files = Vec::with_capacity(placed.len());
        for (path, placed) in placed {
            files.push(match placed {
                Ok(placed) => {
                    let Some(applied) = outcomes.next() else { continue };
                    self.forget_unused(&placed, &applied).await?;
                    finish(path, &placed, applied)
                }
                Err(error) => WrittenFile { path, outcome: Err(error), entry: None },
            });
        }
        self.follow_up(&source.collection, applied).await?;
        Ok(WrittenFiles { seq, files })
    }

    /// Does outside of the catalog what writes have made necessary, and tells who listens.
    pub(super) async fn follow_up(
        &self,
        collection: &CollectionName,
        applied: AppliedWrites,
    ) -> Result<(), ServiceError> {
        let AppliedWrites { changed, removed, replaced, .. } = applied;
        self.parts.ingest.supersede(replaced);
        self.parts.ingest.finish_deletion(removed).await?;
        if !changed.is_empty() {
            let counts = self.parts.catalog.count_documents(collection).await?;
            for document in changed {
                self.parts
                    .ingest
                    .send(IngestEvent::Document { document: Box::new(document), counts });
            }
            self.parts.ingest.wake(IngestTask::Documents);
        }
        self.tell_changed();
        Ok(())
    }

    /// Brings the bytes of a write to where originals lie and checks them.
    async fn place(&self, write: FileWrite, rules: &RuleSet) -> Result<Placed, ServiceError> {
        let FileWrite { path, precondition, change } = write;
        let now = now_ms();
        let (change, effort, is_known) = match change {
            FileChange::Put { content, expected, mtime_ms, ctime_ms } => {
                let is_known = matches!(content, FileContent::Known(_));
                let (hash, size_bytes) =
                    self.place_content(&path, content, expected, rules).await?;
                let original = self.parts.folder.original(hash.content());
                let effort = foresee(&path, &original).await?;
                let ts_ms = clamp_ts(mtime_ms, now);
                (Change::Put { hash, size_bytes, mtime_ms, ctime_ms, ts_ms }, effort, is_known)
            }
            FileChange::Move { from, hash, mtime_ms, ts_ms } => {
                if let Some(why) = rules.leaves_out(&path, 0) {
                    return Err(SyncError::Excluded { path, why }.into());
                }
                let ts_ms = clamp_ts(ts_ms, now);
                (Change::Move { from, hash, mtime_ms, ts_ms }, Effort::Quick, true)
            }
            FileChange::Delete { ts_ms } => {
                (Change::Delete { ts_ms: clamp_ts(ts_ms, now) }, Effort::Quick, true)
            }
        };
        Ok(Placed { write: Write { path, precondition, change }, effort, is_known })
    }

    async fn place_content(
        &self,
        path: &SourcePath,
        content: FileContent,
        expected: Option<FileHash>,
        rules: &RuleSet,
    ) -> Result<(FileHash, u64), ServiceError> {
        let (hash, size_bytes) = match &content {
            FileContent::Upload(upload) => (upload.sha256().clone().into(), upload.size_bytes()),
            FileContent::Blob(hash) | FileContent::Known(hash) => {
                let size = self.find_content(hash).await?;
                (hash.clone(), size.ok_or_else(|| SyncError::UnknownHash { hash: hash.clone() })?)
            }
        };
        if let Some(expected) = expected.filter(|expected| *expected != hash) {
            return Err(SyncError::DigestMismatch { expected, actual: hash }.into());
        }
        if let Some(why) = rules.leaves_out(path, size_bytes) {
            return Err(SyncError::Excluded { path: path.clone(), why }.into());
        }
        match content {
            FileContent::Upload(upload) => {
                upload.keep(&self.parts.folder.original(hash.content())).await?;
            }
            FileContent::Blob(_) | FileContent::Known(_) => self.keep_blob(&hash).await?,
        }
        Ok((hash, size_bytes))
    }

    /// Removes bytes that were brought for a write that did not need them.
    async fn forget_unused(
        &self,
        placed: &Placed,
        applied: &AppliedWrite,
    ) -> Result<(), ServiceError> {
        let Change::Put { hash, .. } = &placed.write.change else { return Ok(()) };
        if matches!(applied.outcome, Outcome::Done(WriteResult::Queued | WriteResult::Moved)) {
            return Ok(());
        }
        self.parts.ingest.forget_content(hash.content()).await
    }
}

fn finish(path: SourcePath, placed: &Placed, applied: AppliedWrite) -> WrittenFile {
    let AppliedWrite { outcome, entry } = applied;
    let is_put = matches!(placed.write.change, Change::Put { .. });
    let outcome = match outcome {
        Outcome::Done(WriteResult::Queued) if placed.effort == Effort::Never => {
            Ok(WriteResult::Stored)
        }
        Outcome::Done(WriteResult::Queued) if is_put && placed.is_known => Ok(WriteResult::Reused),
        Outcome::Done(result) => Ok(result),
        Outcome::PreconditionFailed => {
            let current = entry.clone().map(Box::new);
            Err(SyncError::PreconditionFailed { path: path.clone(), current })
        }
        Outcome::UnknownHash => Err(match &placed.write.change {
            Change::Put { hash, .. } | Change::Move { hash, .. } => {
                SyncError::UnknownHash { hash: hash.clone() }
            }
            Change::Delete { .. } => SyncError::NoSuchFile { path: path.clone() },
        }),
        Outcome::PathTaken { source } => {
            Err(SyncError::PathTaken { path: path.clone(), owner: source })
        }
        Outcome::CaseCollision { path: other } => {
            Err(SyncError::CaseCollision { path: path.clone(), other })
        }
    };
    let is_slow = placed.effort == Effort::Slow;
    let outcome = outcome.map(|result| Written { result, is_slow }).map_err(ServiceError::from);
    WrittenFile { path, outcome, entry }
}

/// Tells from the first bytes of a file how much work it will be to read it.
async fn foresee(path: &SourcePath, original: &Path) -> Result<Effort, ServiceError> {
    let failed = |error| ServiceError::io(original, error);
    let file = tokio::fs::File::open(original).await.map_err(failed)?;
    let mut head = Vec::new();
    file.take(SNIFF_BYTES).read_to_end(&mut head).await.map_err(failed)?;
    // What is in a ZIP archive stands at its end.
    if head.starts_with(b"PK") {
        return Ok(Effort::Slow);
    }
    let Ok(path) = path.as_str().parse() else { return Ok(Effort::Quick) };
    Ok(match quire_ingest::detect_format(&path, &head) {
        Ok(format) if !format.is_text() => Effort::Slow,
        Err(error) if error.is_unsupported() => Effort::Never,
        _ => Effort::Quick,
    })
}
