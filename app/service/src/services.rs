//! The one struct of services and how it is opened.

use std::sync::{Arc, Mutex};

use quire_catalog::{
    Catalog, FolderMemory, SqliteCatalog, SqliteFolders, SqliteVectors, VectorCache,
};
use quire_domain::{ContentHash, IngestEvent};
use quire_engines::ModelRuntime;
use quire_retrieval::Retrieval;
use quire_vectorstore::ChunkStore;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;

use crate::data_folder::DataFolder;
use crate::sync::SyncState;
use crate::{ServiceConfig, ServiceError};

/// How many events a slow listener may lag behind before it is told to list anew.
const EVENT_CAPACITY: usize = 1024;

/// How long a small model takes for a token on a laptop, until it has shown.
const MS_PER_TOKEN: f64 = 20.0;

/// The concrete back ends, chosen by whoever starts the program.
pub struct Parts {
    /// Where chunks are kept.
    pub store: Arc<dyn ChunkStore>,
    /// Where models come from.
    pub models: Arc<dyn ModelRuntime>,
}

/// All use cases. Cheap to clone; every clone is the same service.
#[derive(Clone)]
pub struct Services {
    pub(crate) inner: Arc<Inner>,
}

/// What all clones share.
pub(crate) struct Inner {
    pub(crate) config: ServiceConfig,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) vectors: Arc<dyn VectorCache>,
    pub(crate) store: Arc<dyn ChunkStore>,
    pub(crate) models: Arc<dyn ModelRuntime>,
    /// Finds passages.
    pub(crate) retrieval: Retrieval,
    pub(crate) folder: DataFolder,
    pub(crate) events: broadcast::Sender<IngestEvent>,
    /// Held while the store is written and the ledger told, so that the two never cross.
    pub(crate) store_writes: tokio::sync::Mutex<()>,
    /// Held while an original comes to lie under its hash, or one without a document is removed.
    pub(crate) content_writes: tokio::sync::Mutex<()>,
    /// Contents that are of no use once the versions that replace them are indexed.
    pub(crate) superseded: Mutex<Vec<ContentHash>>,
    pub(crate) sync: SyncState,
    /// What is remembered of the files of watched folders.
    pub(crate) folder_memory: Arc<dyn FolderMemory>,
    /// Wakes the ingest worker.
    pub(crate) work: Notify,
    /// Becomes true when the service shuts down.
    pub(crate) stopping: watch::Sender<bool>,
    pub(crate) worker: Mutex<Option<JoinHandle<()>>>,
    /// How long this machine's chat model takes to read a token, learned as it reads.
    pub(crate) ms_per_token: Mutex<f64>,
}

impl Services {
    /// Opens the data folder, locks it for this process, and mends what a crash left behind.
    ///
    /// Does not start ingest: see [`Services::start_ingest`].
    pub async fn open(config: ServiceConfig, parts: Parts) -> Result<Self, ServiceError> {
        let folder = DataFolder::lock(&config.data_dir).await?;
        let catalog = SqliteCatalog::open(&folder.catalog_file()).await?;
        let vectors = SqliteVectors::open(&folder.vectors_file()).await?;
        let folder_memory = SqliteFolders::open(&folder.folders_file()).await?;
        let catalog: Arc<dyn Catalog> = Arc::new(catalog);
        let retrieval = Retrieval::new(
            Arc::clone(&catalog),
            Arc::clone(&parts.store),
            Arc::clone(&parts.models),
        );
        let services = Self {
            inner: Arc::new(Inner {
                config,
                catalog,
                vectors: Arc::new(vectors),
                store: parts.store,
                models: parts.models,
                retrieval,
                folder,
                events: broadcast::Sender::new(EVENT_CAPACITY),
                store_writes: tokio::sync::Mutex::new(()),
                content_writes: tokio::sync::Mutex::new(()),
                superseded: Mutex::new(Vec::new()),
                sync: SyncState::default(),
                folder_memory: Arc::new(folder_memory),
                work: Notify::new(),
                stopping: watch::Sender::new(false),
                worker: Mutex::new(None),
                ms_per_token: Mutex::new(MS_PER_TOKEN),
            }),
        };
        services.renew_indexes().await?;
        services.renew_texts().await?;
        services.finish_removals().await?;
        services.sweep_originals().await?;
        Ok(services)
    }

    /// Shows the settings.
    pub fn config(&self) -> &ServiceConfig {
        &self.inner.config
    }
}
