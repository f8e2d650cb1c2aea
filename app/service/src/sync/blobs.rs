//! Blobs: large files that come in pieces and can be resumed, whatever ends in between.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use quire_domain::sync::{BlobState, FileHash};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{BLOB_CHUNK, Sources, SyncError};
use crate::ServiceError;

/// How long pieces without a file are kept.
const KEPT: Duration = Duration::from_hours(48);

impl Sources {
    /// Says how much of a blob is there.
    pub async fn get_blob(&self, hash: &FileHash) -> Result<BlobState, ServiceError> {
        if self.find_content(hash).await?.is_some() {
            return Ok(BlobState::Whole);
        }
        Ok(BlobState::Partial(size(&self.unfinished(hash)).await?.unwrap_or(0)))
    }

    /// Appends a piece to a blob of `length` bytes at `offset`, which must be where it ends so far.
    /// The last piece makes it whole if its bytes have the hash; else all of it goes.
    pub async fn append_blob(
        &self,
        hash: &FileHash,
        offset: u64,
        length: u64,
        piece: &[u8],
    ) -> Result<BlobState, ServiceError> {
        let limit_bytes = self.parts.uploads.max_file_bytes;
        if length > limit_bytes {
            return Err(ServiceError::FileTooLarge { path: hash.to_string(), limit_bytes });
        }
        let size = piece.len() as u64;
        if size > BLOB_CHUNK || offset + size > length || (size == 0 && length > 0) {
            return Err(SyncError::InvalidPiece { limit: BLOB_CHUNK }.into());
        }
        let _writing = self.shared.blob_writes.lock().await;
        match self.get_blob(hash).await? {
            BlobState::Whole => return Ok(BlobState::Whole),
            BlobState::Partial(there) if there != offset => {
                return Err(SyncError::OffsetMismatch { offset: there }.into());
            }
            BlobState::Partial(_) => {}
        }
        if offset == 0 {
            sweep(&self.parts.folder.blobs()).await?;
        }
        let path = self.unfinished(hash);
        append(&path, piece).await.map_err(|error| ServiceError::io(&path, error))?;
        if offset + size < length {
            return Ok(BlobState::Partial(offset + size));
        }
        let actual = hash_file(&path).await.map_err(|error| ServiceError::io(&path, error))?;
        if actual != *hash {
            let removed = tokio::fs::remove_file(&path).await;
            removed.map_err(|error| ServiceError::io(&path, error))?;
            return Err(SyncError::DigestMismatch { expected: hash.clone(), actual }.into());
        }
        let moved = tokio::fs::rename(&path, self.finished(hash)).await;
        moved.map_err(|error| ServiceError::io(path, error))?;
        Ok(BlobState::Whole)
    }

    /// Finds bytes among the originals or the blobs and gives their size.
    pub(super) async fn find_content(&self, hash: &FileHash) -> Result<Option<u64>, ServiceError> {
        match size(&self.parts.folder.original(hash.content())).await? {
            Some(size) => Ok(Some(size)),
            None => size(&self.finished(hash)).await,
        }
    }

    /// Moves a blob to where originals lie, unless its bytes lie there.
    pub(super) async fn keep_blob(&self, hash: &FileHash) -> Result<(), ServiceError> {
        let original = self.parts.folder.original(hash.content());
        if size(&original).await?.is_none() {
            let moved = tokio::fs::rename(self.finished(hash), &original).await;
            moved.map_err(|error| ServiceError::io(original, error))?;
        }
        Ok(())
    }

    fn finished(&self, hash: &FileHash) -> PathBuf {
        self.parts.folder.blobs().join(hash.content().as_str())
    }

    fn unfinished(&self, hash: &FileHash) -> PathBuf {
        self.finished(hash).with_extension("part")
    }
}

async fn size(path: &Path) -> Result<Option<u64>, ServiceError> {
    match tokio::fs::metadata(path).await {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ServiceError::io(path, error)),
    }
}

async fn append(path: &Path, piece: &[u8]) -> std::io::Result<()> {
    let mut file = tokio::fs::File::options().create(true).append(true).open(path).await?;
    file.write_all(piece).await?;
    file.flush().await?;
    file.sync_data().await
}

async fn hash_file(path: &Path) -> std::io::Result<FileHash> {
    let mut file = tokio::fs::File::open(path).await?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).await?;
        if read == 0 {
            return Ok(FileHash::from_digest(hash.finalize().into()));
        }
        hash.update(&buffer[..read]);
    }
}

/// Removes blobs that nobody has come back for.
async fn sweep(folder: &Path) -> Result<(), ServiceError> {
    let failed = |error| ServiceError::io(folder, error);
    let mut entries = tokio::fs::read_dir(folder).await.map_err(failed)?;
    while let Some(entry) = entries.next_entry().await.map_err(failed)? {
        let changed = entry.metadata().await.and_then(|metadata| metadata.modified());
        let age = changed.map(|time| SystemTime::now().duration_since(time).unwrap_or_default());
        if age.is_ok_and(|age| age > KEPT) {
            tokio::fs::remove_file(entry.path()).await.map_err(failed)?;
        }
    }
    Ok(())
}
