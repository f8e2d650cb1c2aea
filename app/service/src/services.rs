//! The one struct of services and how it is opened.

use std::sync::{Arc, Mutex};

use quire_catalog::{Catalog, Reach, SqliteCatalog, SqliteFolders, SqliteVectors, VectorCache};
use quire_engines::ModelRuntime;
use quire_retrieval::Retrieval;
use quire_vectorstore::ChunkStore;
use tokio::sync::{broadcast, watch};

use crate::access::Access;
use crate::collections::Collections;
use crate::conversations::Conversations;
use crate::data_folder::DataFolder;
use crate::documents::Documents;
use crate::evaluation::Evaluations;
use crate::files::Files;
use crate::ingest::{Ingest, IngestParts, parser};
use crate::kept::Kept;
use crate::models::Models;
use crate::sync::{SourceParts, Sources};
use crate::uploads::Uploads;
use crate::vector_stores::VectorStores;
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

/// All use cases: each part by its name, and here what takes several of them. Cheap to clone; every
/// clone is the same service.
#[derive(Clone)]
pub struct Services {
    /// Collections and their indexes.
    pub collections: Arc<Collections>,
    /// Documents.
    pub documents: Arc<Documents>,
    /// Files, whether they are documents or not.
    pub files: Arc<Files>,
    /// Collections as clients of the OpenAI API know them.
    pub vector_stores: Arc<VectorStores>,
    /// Bytes on their way in.
    pub uploads: Arc<Uploads>,
    /// Folders and vaults that are mirrored.
    pub sources: Arc<Sources>,
    /// Questions and answers that are kept.
    pub conversations: Arc<Conversations>,
    /// Responses and threads of the OpenAI API.
    pub kept: Arc<Kept>,
    /// Models, by their names.
    pub models: Arc<Models>,
    /// Keys that open the server.
    pub access: Arc<Access>,
    /// Reports, and the questions that they are made with.
    pub evaluations: Arc<Evaluations>,
    pub(crate) inner: Arc<Inner>,
}

/// What all clones share.
pub(crate) struct Inner {
    pub(crate) config: ServiceConfig,
    pub(crate) catalog: Arc<dyn Catalog>,
    /// The same, from which one of another reach is made.
    pub(crate) sqlite: Arc<SqliteCatalog>,
    folder: Arc<DataFolder>,
    pub(crate) vectors: Arc<dyn VectorCache>,
    pub(crate) store: Arc<dyn ChunkStore>,
    /// Finds passages.
    pub(crate) retrieval: Arc<Retrieval>,
    pub(crate) ingest: Arc<Ingest>,
    /// Becomes true when the service shuts down.
    pub(crate) stopping: watch::Sender<bool>,
    /// How long this machine's chat model takes to read a token, learned as it reads.
    pub(crate) ms_per_token: Arc<Mutex<f64>>,
}

/// The parts that keep something of their own.
struct Made {
    collections: Arc<Collections>,
    uploads: Arc<Uploads>,
    sources: Arc<Sources>,
    models: Arc<Models>,
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
        let ingest = Arc::new(ingest);
        let uploads = Arc::new(Uploads {
            folder: Arc::clone(&folder),
            max_file_bytes: config.ingest.max_file_bytes,
        });
        let models = Arc::new(Models {
            runtime: Arc::clone(&parts.models),
            chat: config.chat_model.clone(),
            embedding: config.embedding_model.clone(),
            judge: config.judge_model.clone(),
        });
        let inner = Inner {
            config,
            catalog: Arc::clone(&catalog) as _,
            sqlite: Arc::clone(&catalog),
            folder: Arc::clone(&folder),
            vectors,
            store: parts.store,
            retrieval: Arc::new(retrieval),
            ingest: Arc::clone(&ingest),
            stopping: stopping.clone(),
            ms_per_token: Arc::new(Mutex::new(MS_PER_TOKEN)),
        };
        let collections = Arc::new(Collections {
            catalog: Arc::clone(&catalog) as _,
            models: parts.models,
            ingest: Arc::clone(&ingest),
            default_model: inner.config.embedding_model.clone(),
        });
        let sources = Arc::new(Sources::new(SourceParts {
            catalog: Arc::clone(&catalog) as _,
            folder,
            uploads: Arc::clone(&uploads),
            collections: Arc::clone(&collections),
            ingest: Arc::clone(&ingest),
            folder_memory: Arc::new(folder_memory),
            stopping: stopping.subscribe(),
        }));
        let services = Self::assemble(inner, Made { collections, uploads, sources, models });
        services.collections.renew_indexes().await?;
        services.documents.renew_texts().await?;
        ingest.finish_removals().await?;
        ingest.sweep_originals().await?;
        Ok(services)
    }

    /// Gives services that know of these collections and nothing else: whatever is asked of them, all other
    /// collections and what is in them do not exist. All else is shared.
    #[must_use]
    pub fn within(&self, reach: Reach) -> Self {
        let whole = &self.inner;
        let catalog = Arc::new(whole.sqlite.within(reach));
        let inner = Inner {
            config: whole.config.clone(),
            catalog: Arc::clone(&catalog) as _,
            sqlite: Arc::clone(&catalog),
            folder: Arc::clone(&whole.folder),
            vectors: Arc::clone(&whole.vectors),
            store: Arc::clone(&whole.store),
            retrieval: Arc::clone(&whole.retrieval),
            ingest: Arc::clone(&whole.ingest),
            stopping: whole.stopping.clone(),
            ms_per_token: Arc::clone(&whole.ms_per_token),
        };
        let collections = Arc::new(Collections {
            catalog: Arc::clone(&catalog) as _,
            models: Arc::clone(&self.collections.models),
            ingest: Arc::clone(&whole.ingest),
            default_model: self.collections.default_model.clone(),
        });
        let sources = Arc::new(self.sources.within(catalog, Arc::clone(&collections)));
        let (uploads, models) = (Arc::clone(&self.uploads), Arc::clone(&self.models));
        Self::assemble(inner, Made { collections, uploads, sources, models })
    }

    /// Makes the parts that keep nothing of their own.
    fn assemble(inner: Inner, made: Made) -> Self {
        let Made { collections, uploads, sources, models } = made;
        let catalog = &inner.sqlite;
        let documents = Arc::new(Documents {
            catalog: Arc::clone(catalog) as _,
            folder: Arc::clone(&inner.folder),
            ingest: Arc::clone(&inner.ingest),
        });
        let files = Arc::new(Files {
            catalog: Arc::clone(catalog) as _,
            folder: Arc::clone(&inner.folder),
            ingest: Arc::clone(&inner.ingest),
        });
        let vector_stores = Arc::new(VectorStores {
            catalog: Arc::clone(catalog) as _,
            collections: Arc::clone(&collections),
        });
        let kept = Arc::new(Kept { catalog: Arc::clone(catalog) as _ });
        let evaluations = Arc::new(Evaluations {
            catalog: Arc::clone(catalog) as _,
            models: Arc::clone(&models),
        });
        let conversations = Arc::new(Conversations { catalog: Arc::clone(catalog) as _ });
        let access = Arc::new(Access { catalog: Arc::clone(catalog) as _ });
        Self {
            collections,
            documents,
            files,
            vector_stores,
            uploads,
            sources,
            conversations,
            kept,
            models,
            evaluations,
            access,
            inner: Arc::new(inner),
        }
    }

    /// Shows the settings.
    pub fn config(&self) -> &ServiceConfig {
        &self.inner.config
    }
}
