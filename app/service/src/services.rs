//! The one struct of services and how it is opened.

use std::sync::{Arc, Mutex};

use quire_catalog::{Catalog, SqliteCatalog, SqliteFolders, SqliteVectors, VectorCache};
use quire_engines::ModelRuntime;
use quire_folder_sync::FolderMemory;
use quire_retrieval::Retrieval;
use quire_vectorstore::ChunkStore;
use tokio::sync::{broadcast, watch};

use crate::data_folder::DataFolder;
use crate::ingest::{Ingest, IngestParts, parser};
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
    pub(crate) folder: Arc<DataFolder>,
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) sync: SyncState,
    /// What is remembered of the files of watched folders.
    pub(crate) folder_memory: Arc<dyn FolderMemory>,
    /// Becomes true when the service shuts down.
    pub(crate) stopping: watch::Sender<bool>,
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
        let (catalog, vectors) = (Arc::new(catalog), Arc::new(vectors));
        let retrieval = Retrieval::new(
            Arc::clone(&catalog) as _,
            Arc::clone(&parts.store),
            Arc::clone(&parts.models),
        );
        let folder = Arc::new(folder);
        let stopping = watch::Sender::new(false);
        let ingest = Ingest::new(IngestParts {
            catalog: Arc::clone(&catalog) as _,
            vectors: Arc::clone(&vectors) as _,
            store: Arc::clone(&parts.store),
            models: Arc::clone(&parts.models),
            originals: Arc::clone(&folder) as _,
            parser: parser(&config.ingest),
            events: broadcast::Sender::new(EVENT_CAPACITY),
            stopping: stopping.subscribe(),
        });
        let services = Self {
            inner: Arc::new(Inner {
                config,
                catalog,
                vectors,
                store: parts.store,
                models: parts.models,
                retrieval,
                folder,
                ingest: Arc::new(ingest),
                sync: SyncState::default(),
                folder_memory: Arc::new(folder_memory),
                stopping,
                ms_per_token: Mutex::new(MS_PER_TOKEN),
            }),
        };
        services.renew_indexes().await?;
        services.renew_texts().await?;
        services.inner.ingest.finish_removals().await?;
        services.inner.ingest.sweep_originals().await?;
        Ok(services)
    }

    /// Shows the settings.
    pub fn config(&self) -> &ServiceConfig {
        &self.inner.config
    }
}
