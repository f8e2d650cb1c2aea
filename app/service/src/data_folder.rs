//! The data folder: its lock, its files, and the originals under their hashes.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use quire_domain::ContentHash;

use crate::ServiceError;
use crate::ingest::Originals;

/// The name of the file of what is remembered of synced folders; `quire sync` uses it too.
pub const FOLDERS_FILE: &str = "folders.sqlite";

/// A data folder that this process owns.
pub struct DataFolder {
    root: PathBuf,
    /// Locked for as long as it is open.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is missing and locks it; another owner is `DataFolderInUse`.
    pub async fn lock(root: &Path) -> Result<Self, ServiceError> {
        let root = root.to_owned();
        let lock = move || lock(root);
        tokio::task::spawn_blocking(lock)
            .await
            .map_err(|_| ServiceError::TaskStopped { task: "opening the data folder" })?
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file of the catalog.
    pub fn catalog_file(&self) -> PathBuf {
        self.root.join("catalog.sqlite")
    }

    /// The file of the cache of vectors.
    pub fn vectors_file(&self) -> PathBuf {
        self.root.join("vectors.sqlite")
    }

    /// The file of what is remembered of synced folders.
    pub fn folders_file(&self) -> PathBuf {
        self.root.join(FOLDERS_FILE)
    }

    /// Where the original of some content lies.
    pub fn original(&self, sha256: &ContentHash) -> PathBuf {
        self.originals().join(sha256.as_str())
    }

    /// The folder of originals.
    pub fn originals(&self) -> PathBuf {
        self.root.join("files")
    }

    /// The folder of blobs: files that come in pieces, complete and not. It outlives the process.
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// The folder of uploads that are not complete.
    pub fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }
}

#[async_trait]
impl Originals for DataFolder {
    async fn find(&self, sha256: &ContentHash) -> Result<Option<PathBuf>, ServiceError> {
        let path = self.original(sha256);
        match tokio::fs::File::open(&path).await {
            Ok(_) => Ok(Some(path)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ServiceError::io(path, error)),
        }
    }

    async fn remove(&self, sha256: &ContentHash) -> Result<(), ServiceError> {
        let path = self.original(sha256);
        match tokio::fs::remove_file(&path).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(ServiceError::io(path, error)),
            _ => Ok(()),
        }
    }

    async fn list(&self) -> Result<Vec<ContentHash>, ServiceError> {
        let folder = self.originals();
        let failed = |error| ServiceError::io(&folder, error);
        let mut entries = tokio::fs::read_dir(&folder).await.map_err(failed)?;
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            // What is not named as originals are was put there by others, and stays.
            found.extend(entry.file_name().to_string_lossy().parse::<ContentHash>().ok());
        }
        Ok(found)
    }
}

/// Says if a data folder cannot be made or written to, and why; nothing in it is changed.
pub fn check_data_folder(root: &Path) -> Result<(), ServiceError> {
    open_lock(root).map(|_| ())
}

/// Who owns a data folder just now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FolderOwner {
    /// Nobody, or there is no such folder.
    Nobody,
    /// A process of this number.
    Process(u32),
    /// A process of a number that cannot be read.
    Unknown,
}

/// Finds out who owns a data folder. A lock is let go by whatever ends its process, so that what a crash leaves behind
/// counts for nothing.
pub fn find_folder_owner(root: &Path) -> Result<FolderOwner, ServiceError> {
    let path = root.join("lock");
    let mut lock = match File::options().read(true).write(true).open(&path) {
        Ok(lock) => lock,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(FolderOwner::Nobody),
        Err(error) => return Err(unusable(&path, error)),
    };
    match lock.try_lock() {
        // It is let go with the file.
        Ok(()) => Ok(FolderOwner::Nobody),
        Err(TryLockError::WouldBlock) => {
            let pid = read_pid(&mut lock).parse();
            Ok(pid.map_or(FolderOwner::Unknown, FolderOwner::Process))
        }
        Err(TryLockError::Error(error)) => Err(ServiceError::io(path, error)),
    }
}

/// Reads the number of the process that locked the file; nothing if it cannot be read.
fn read_pid(lock: &mut File) -> String {
    let mut pid = String::new();
    let _unread = lock.read_to_string(&mut pid);
    pid.trim().to_owned()
}

/// Makes the folder if it is missing, and opens the file that it is locked by.
fn open_lock(root: &Path) -> Result<(PathBuf, File), ServiceError> {
    make(root)?;
    let path = root.join("lock");
    let mut options = File::options();
    let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
    let lock = opened.map_err(|error| unusable(&path, error))?;
    Ok((path, lock))
}

fn make(path: &Path) -> Result<(), ServiceError> {
    std::fs::create_dir_all(path).map_err(|error| unusable(path, error))
}

fn unusable(path: &Path, source: std::io::Error) -> ServiceError {
    match ServiceError::io(path, source) {
        ServiceError::Io { path, source } => ServiceError::DataFolderUnwritable { path, source },
        // A full disk says what to do by itself.
        error => error,
    }
}

fn lock(root: PathBuf) -> Result<DataFolder, ServiceError> {
    let (path, mut lock) = open_lock(&root)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            // The number is only for the message; without it the message still says what to do.
            let pid = Some(read_pid(&mut lock)).filter(|pid| !pid.is_empty());
            let pid = pid.unwrap_or_else(|| "unknown".to_owned());
            return Err(ServiceError::DataFolderInUse { path: root, pid });
        }
        Err(TryLockError::Error(error)) => return Err(ServiceError::io(path, error)),
    }
    let write = lock.set_len(0).and_then(|()| write!(lock, "{}", std::process::id()));
    write.map_err(|error| ServiceError::io(&path, error))?;
    let folder = DataFolder { root, _lock: lock };
    make(&folder.originals())?;
    make(&folder.blobs())?;
    // Whatever lies among the uploads now belongs to a process that is gone.
    let uploads = folder.uploads();
    if uploads.exists() {
        std::fs::remove_dir_all(&uploads).map_err(|error| ServiceError::io(&uploads, error))?;
    }
    make(&uploads)?;
    Ok(folder)
}
