//! Sync: folders and vaults that clients mirror into collections, after the protocol whose words
//! are in [`quire_domain::sync`].
//!
//! The vault is the truth. Every call can be repeated: what a write does follows from the register
//! of its path alone ([`quire_domain::sync::Stamp`]), so retries, reorderings and several devices
//! end in the same state. Bytes are stored first and the catalog told afterwards, in one
//! transaction a call; what a crash leaves in between is swept up at the next start.

pub mod error;

mod sources;

mod batch;
mod blobs;
mod write;

mod comparison;
mod plan;

mod changes;
mod pairing;
mod progress;

mod local_mirror;
mod peers;
mod watched;

use std::sync::Arc;
use std::time::Duration;

use quire_catalog::{CollectionRecords, DocumentLedger, SourceKeys, SourceLedger};
use quire_domain::sync::SyncLimits;
use quire_folder_sync::FolderMemory;
use tokio::sync::watch;

use crate::collections::Collections;
use crate::data_folder::DataFolder;
use crate::ingest::Ingest;
use crate::uploads::Uploads;

pub use error::SyncError;
pub use local_mirror::LocalMirror;
pub use pairing::AccessKey;
pub use peers::PeerFile;
use watched::WatchedFolders;
pub use write::{FileChange, FileContent, FileWrite, Written, WrittenFile, WrittenFiles};

/// The version of how files are read and cut.
const PIPELINE_VERSION: u32 = 1;
/// How long deletions are remembered: a device that was away longer must plan anew.
const TOMBSTONE_AGE: Duration = Duration::from_hours(90 * 24);
/// The most ops of a batch.
const MAX_BATCH_OPS: usize = 64;
/// The most bytes of files in a batch.
const MAX_BATCH_BYTES: u64 = 8 << 20;
/// The most bytes of one piece of a blob.
const BLOB_CHUNK: u64 = 4 << 20;
/// The most files of one page of a plan: about 10 MB of JSON.
const MAX_PLAN_FILES: usize = 100_000;

/// What sync needs of the catalog.
pub(crate) trait SourceCatalog:
    CollectionRecords + DocumentLedger + SourceLedger + SourceKeys
{
}

impl<T: CollectionRecords + DocumentLedger + SourceLedger + SourceKeys> SourceCatalog for T {}

/// What sync works with.
pub(crate) struct SourceParts {
    pub catalog: Arc<dyn SourceCatalog>,
    /// Where the bytes of files and of blobs lie.
    pub folder: Arc<DataFolder>,
    pub uploads: Arc<Uploads>,
    /// Makes the collection that a plugin without pairing names.
    pub collections: Arc<Collections>,
    /// Told of every document that came, changed or went.
    pub ingest: Arc<Ingest>,
    /// What is remembered of the files of watched folders.
    pub folder_memory: Arc<dyn FolderMemory>,
    pub stopping: watch::Receiver<bool>,
}

/// The part of the services that mirrors folders and vaults into collections.
pub struct Sources {
    parts: SourceParts,
    /// What all that share the data folder share, whatever they reach.
    shared: Arc<Shared>,
}

/// What is there once a process.
struct Shared {
    /// Counts changes of any source, so that those who wait for one look again.
    changed: watch::Sender<u64>,
    /// Held while a piece of a blob is written.
    blob_writes: tokio::sync::Mutex<()>,
    /// Folders that this process watches.
    folders: WatchedFolders,
    /// Held while the source of another program's plugin is looked for and made.
    making_for_peers: tokio::sync::Mutex<()>,
}

impl Sources {
    /// Puts the parts together; no folder is watched yet.
    pub(crate) fn new(parts: SourceParts) -> Self {
        let shared = Shared {
            changed: watch::Sender::new(0),
            blob_writes: tokio::sync::Mutex::new(()),
            folders: WatchedFolders::default(),
            making_for_peers: tokio::sync::Mutex::new(()),
        };
        Self { parts, shared: Arc::new(shared) }
    }

    /// Gives the same over a catalog of another reach.
    pub(crate) fn within(
        &self,
        catalog: Arc<dyn SourceCatalog>,
        collections: Arc<Collections>,
    ) -> Self {
        let parts = &self.parts;
        let parts = SourceParts {
            catalog,
            folder: Arc::clone(&parts.folder),
            uploads: Arc::clone(&parts.uploads),
            collections,
            ingest: Arc::clone(&parts.ingest),
            folder_memory: Arc::clone(&parts.folder_memory),
            stopping: parts.stopping.clone(),
        };
        Self { parts, shared: Arc::clone(&self.shared) }
    }
}

fn limits(max_file_bytes: u64) -> SyncLimits {
    SyncLimits {
        max_batch_ops: MAX_BATCH_OPS,
        max_batch_bytes: MAX_BATCH_BYTES,
        max_file_bytes,
        blob_chunk: BLOB_CHUNK,
        max_plan_files: MAX_PLAN_FILES,
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
