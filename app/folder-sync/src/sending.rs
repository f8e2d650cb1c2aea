//! Sending files: small ones in batches, large ones in pieces, each read just before it goes.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt, stream};
use quire_domain::sync::{
    BatchOp, BlobState, FileHash, OpResult, PlannedUpload, SourcePath, SyncLimits, WriteResult,
};

use crate::file_hash;
use crate::hashing::{HashedFolder, read_file};
use crate::listing::FolderFile;
use crate::mirror::{Mirror, MirrorError};
use crate::report::FileProblem;

/// Batches on their way at a time: one is read while the other is stored.
const IN_FLIGHT: usize = 2;
/// The most bytes of a batch that we make, below what a server takes: text grows when it is
/// written as JSON.
const BATCH_BYTES: u64 = 4 << 20;
/// Files above this go in pieces.
const LARGE: u64 = 2 << 20;

/// What became of the files that were sent.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Files that the mirror has now.
    pub done: u64,
    /// The bytes that were sent.
    pub bytes: u64,
    /// Files that changed meanwhile; the next look finds them.
    pub later: Vec<SourcePath>,
    /// Files that another device has written or deleted later.
    pub superseded: Vec<SourcePath>,
    /// Files that the mirror refused, or that could not be read.
    pub failed: Vec<FileProblem>,
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.done += other.done;
        self.bytes += other.bytes;
        self.later.extend(other.later);
        self.superseded.extend(other.superseded);
        self.failed.extend(other.failed);
    }
}

/// A file to send.
struct Job {
    upload: PlannedUpload,
    file: FolderFile,
    hash: FileHash,
}

/// Sends the files that a plan asks for; those whose hash is not known are left. A mirror that
/// cannot be reached ends it.
pub(crate) async fn send_files(
    mirror: &dyn Mirror,
    folder: &HashedFolder,
    (uploads, limits): (Vec<PlannedUpload>, SyncLimits),
    on_progress: &(dyn Fn(u64) + Sync),
) -> Result<Sent, MirrorError> {
    let jobs = uploads.into_iter().filter_map(|upload| {
        let file = folder.listing.files.get(&upload.path)?.clone();
        let hash = folder.hashes.get(&upload.path)?.clone();
        Some(Job { upload, file, hash })
    });
    let batches = cut(jobs.collect(), limits);
    let mut sent = Sent::default();
    let sending = batches.into_iter().map(|batch| send_batch(mirror, batch, limits));
    let mut sending = stream::iter(sending).buffer_unordered(IN_FLIGHT);
    while let Some(batch) = sending.next().await {
        sent.add(batch?);
        on_progress(sent.done + (sent.failed.len() + sent.later.len()) as u64);
    }
    Ok(sent)
}

/// Cuts files into batches; a large one takes no room, for its bytes go beside.
fn cut(jobs: Vec<Job>, limits: SyncLimits) -> Vec<Vec<Job>> {
    let most = BATCH_BYTES.min(limits.max_batch_bytes);
    let mut batches: Vec<Vec<Job>> = Vec::new();
    let mut size = 0;
    for job in jobs {
        let bytes = if job.file.stamp.size_bytes > LARGE { 0 } else { job.file.stamp.size_bytes };
        let is_full = |batch: &Vec<Job>| batch.len() >= limits.max_batch_ops || size + bytes > most;
        if batches.last().is_none_or(is_full) {
            batches.push(Vec::new());
            size = 0;
        }
        size += bytes;
        if let Some(batch) = batches.last_mut() {
            batch.push(job);
        }
    }
    batches
}

async fn send_batch(
    mirror: &dyn Mirror,
    batch: Vec<Job>,
    limits: SyncLimits,
) -> Result<Sent, MirrorError> {
    let mut sent = Sent::default();
    let mut ops = Vec::with_capacity(batch.len());
    let mut paths = Vec::with_capacity(batch.len());
    for job in batch {
        let path = job.upload.path.clone();
        let size = job.file.stamp.size_bytes;
        let prepared = if size > LARGE {
            prepare_large(mirror, job, limits).await?
        } else {
            prepare_small(job).await
        };
        match prepared {
            Ok(Some(op)) => {
                sent.bytes += size;
                ops.push(op);
                paths.push(path);
            }
            Ok(None) => sent.later.push(path),
            Err(reason) => sent.failed.push(FileProblem::unreadable(&path, reason)),
        }
    }
    if ops.is_empty() {
        return Ok(sent);
    }
    let reply = mirror.batch(ops).await?;
    for result in reply.results {
        if let Some(path) = paths.get(result.i) {
            note(&mut sent, path, result)?;
        }
    }
    Ok(sent)
}

/// Sorts a result by what is to be done about it.
fn note(sent: &mut Sent, path: &SourcePath, result: OpResult) -> Result<(), MirrorError> {
    match (result.status, result.error) {
        (200..300 | 415, _) if result.result == Some(WriteResult::Superseded) => {
            sent.superseded.push(path.clone());
        }
        (200..300 | 415, _) => sent.done += 1,
        // It changed, or its blob went, since the plan: the next look begins with both.
        (404 | 412, _) => sent.later.push(path.clone()),
        (_, Some(error)) if error.code == "digest_mismatch" => sent.later.push(path.clone()),
        // Not about this file: nothing will be taken for a while.
        (429 | 500.., Some(error)) => {
            let (status, code, message) = (result.status, error.code, error.message);
            return Err(MirrorError::Refused { status, code, message });
        }
        (status, error) => {
            let (code, message) = match error {
                Some(error) => (error.code, error.message),
                None => ("refused".to_owned(), format!("the server answered {status}")),
            };
            sent.failed.push(FileProblem { path: path.to_string(), code, message, hint: None });
        }
    }
    Ok(())
}

/// An op, nothing if the file changed since it was listed, or why it cannot be read.
type Prepared = Result<Option<BatchOp>, String>;

async fn prepare_small(job: Job) -> Prepared {
    let read = move || {
        let Some(bytes) = read_file(&job.file).map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        // The memory's hash may be older than the last write of the file.
        let hash = file_hash(&bytes);
        let (text, b64) = match String::from_utf8(bytes) {
            Ok(text) if !text.contains(is_escaped) => (Some(text), None),
            Ok(text) => (None, Some(STANDARD.encode(text))),
            Err(error) => (None, Some(STANDARD.encode(error.as_bytes()))),
        };
        Ok(Some(put(job, hash, (text, b64, None))))
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| Err(error.to_string()))
}

/// Tells if JSON writes a character with six.
fn is_escaped(character: char) -> bool {
    character < ' ' && !matches!(character, '\n' | '\r' | '\t')
}

async fn prepare_large(
    mirror: &dyn Mirror,
    job: Job,
    limits: SyncLimits,
) -> Result<Prepared, MirrorError> {
    let length = job.file.stamp.size_bytes;
    let mut offset = match mirror.find_blob(&job.hash).await? {
        BlobState::Whole => length,
        BlobState::Partial(offset) => offset,
    };
    while offset < length {
        let piece = match read_piece(&job.file, offset, limits.blob_chunk).await {
            Ok(piece) if piece.is_empty() => return Ok(Ok(None)),
            Ok(piece) => piece,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Ok(None)),
            Err(error) => return Ok(Err(error.to_string())),
        };
        let read = piece.len() as u64;
        match mirror.append_blob(&job.hash, offset, length, piece).await {
            Ok(()) => offset += read,
            Err(error) if error.is("offset_mismatch") => match mirror.find_blob(&job.hash).await? {
                BlobState::Whole => offset = length,
                // Another client of the same file is at it; this one goes on where that is.
                BlobState::Partial(there) => offset = there,
            },
            // The file is no longer the one that was hashed.
            Err(error) if error.is("digest_mismatch") || error.is("invalid_piece") => {
                return Ok(Ok(None));
            }
            Err(error) => return Err(error),
        }
    }
    let (hash, blob) = (job.hash.clone(), job.hash.clone());
    Ok(Ok(Some(put(job, hash, (None, None, Some(blob))))))
}

async fn read_piece(file: &FolderFile, offset: u64, most: u64) -> std::io::Result<Vec<u8>> {
    let path = file.file.clone();
    let read = move || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut piece = Vec::new();
        file.take(most).read_to_end(&mut piece)?;
        Ok(piece)
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| Err(error.into()))
}

fn put(
    job: Job,
    hash: FileHash,
    (text, b64, blob): (Option<String>, Option<String>, Option<FileHash>),
) -> BatchOp {
    let PlannedUpload { path, if_match, if_none_match, .. } = job.upload;
    BatchOp::Put {
        path,
        hash: Some(hash),
        mtime: job.file.mtime_ms(),
        ctime: job.file.ctime_ms,
        text,
        b64,
        blob,
        if_match,
        if_none_match,
    }
}
