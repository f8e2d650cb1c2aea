//! Uploads: bytes that come in pieces and end up under their hash.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use quire_domain::ContentHash;
use quire_domain::hex::hex;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::ServiceError;
use crate::data_folder::DataFolder;

/// Takes the bytes of one upload, piece by piece; dropping it leaves nothing behind.
pub struct UploadWriter {
    name: String,
    file: File,
    path: TemporaryPath,
    hash: Sha256,
    size_bytes: u64,
    limit_bytes: u64,
}

/// A complete upload that is not a document yet; dropping it leaves nothing behind.
pub struct Upload {
    sha256: ContentHash,
    size_bytes: u64,
    path: TemporaryPath,
}

/// A file that is removed when it is dropped without having been moved.
struct TemporaryPath(PathBuf);

impl Drop for TemporaryPath {
    fn drop(&mut self) {
        // It is missing once it was moved; else the next start removes what is left here.
        let _missing = std::fs::remove_file(&self.0);
    }
}

impl UploadWriter {
    /// Appends bytes; over the size limit it is `FileTooLarge`.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ServiceError> {
        self.size_bytes += bytes.len() as u64;
        if self.size_bytes > self.limit_bytes {
            let path = self.name.clone();
            return Err(ServiceError::FileTooLarge { path, limit_bytes: self.limit_bytes });
        }
        self.hash.update(bytes);
        self.file.write_all(bytes).await.map_err(|error| ServiceError::io(&self.path.0, error))
    }

    /// Ends the upload: the bytes are on disk, and their hash is known.
    pub async fn finish(mut self) -> Result<Upload, ServiceError> {
        let flushed = self.file.flush().await;
        flushed.map_err(|error| ServiceError::io(&self.path.0, error))?;
        let synced = self.file.sync_data().await;
        synced.map_err(|error| ServiceError::io(&self.path.0, error))?;
        let sha256 = hex(&self.hash.finalize()).parse()?;
        Ok(Upload { sha256, size_bytes: self.size_bytes, path: self.path })
    }
}

impl Upload {
    /// Shows the hash of its bytes.
    pub fn sha256(&self) -> &ContentHash {
        &self.sha256
    }

    /// Shows how many bytes there are.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Moves the bytes to where originals lie; the same bytes may lie there already.
    pub(crate) async fn keep(self, original: &Path) -> Result<(), ServiceError> {
        let moved = tokio::fs::rename(&self.path.0, original).await;
        moved.map_err(|error| ServiceError::io(original, error))
    }
}

/// The part of the services that takes bytes in.
pub struct Uploads {
    pub(crate) folder: Arc<DataFolder>,
    /// The largest file that is taken.
    pub(crate) max_file_bytes: u64,
}

impl Uploads {
    /// Starts an upload; `name` is only for messages.
    pub async fn begin(&self, name: &str) -> Result<UploadWriter, ServiceError> {
        let path = self.folder.uploads().join(uuid::Uuid::now_v7().to_string());
        let file = File::create(&path).await.map_err(|error| ServiceError::io(&path, error))?;
        Ok(UploadWriter {
            name: name.to_owned(),
            file,
            path: TemporaryPath(path),
            hash: Sha256::new(),
            size_bytes: 0,
            limit_bytes: self.max_file_bytes,
        })
    }
}
