//! What is remembered of folders that are synced: hashes of unchanged files, and memos.
//!
//! A cache: all of it can be thrown away, and costs reading the files once. The catalog keeps it in a
//! SQLite file of its own.

use std::collections::HashMap;
use std::error::Error;

use async_trait::async_trait;
use quire_domain::sync::FileHash;

/// What tells that a file was not written since it was hashed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FileStamp {
    /// Its size.
    pub size_bytes: u64,
    /// When it was changed, in nanoseconds since the Unix epoch.
    pub mtime_ns: i64,
    /// Its number in the file system; 0 if there is none.
    pub inode: u64,
}

/// The hash that a file had.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownHash {
    /// What it looked like then.
    pub stamp: FileStamp,
    /// Its hash.
    pub hash: FileHash,
}

/// What is remembered of folders could not be read or written; the cause is that of whoever keeps it.
#[derive(Debug, thiserror::Error)]
#[error("what is remembered of the folder cannot be read or written: {0}")]
pub struct MemoryError(pub Box<dyn Error + Send + Sync>);

/// Remembers hashes by folder and path, and memos by name. Every call happens as a whole or not at all.
#[async_trait]
pub trait FolderMemory: Send + Sync {
    /// Gives all hashes that are known below a folder, by path.
    async fn list_known_hashes(
        &self,
        root: &str,
    ) -> Result<HashMap<String, KnownHash>, MemoryError>;

    /// Notes hashes of files below a folder, and forgets those of files that are gone.
    async fn put_known_hashes(
        &self,
        root: &str,
        known: Vec<(String, KnownHash)>,
        gone: Vec<String>,
    ) -> Result<(), MemoryError>;

    /// Finds a memo.
    async fn find_memo(&self, name: &str) -> Result<Option<String>, MemoryError>;

    /// Writes a memo down.
    async fn put_memo(&self, name: &str, value: &str) -> Result<(), MemoryError>;
}
