//! The one struct of services and how it is opened.

use std::sync::Arc;

use quire_engines::ModelRuntime;
use quire_vectorstore::ChunkStore;

use crate::{ServiceConfig, ServiceError};

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
    _inner: Arc<()>,
}

impl Services {
    /// Opens the data folder, locks it for this process, and mends what a crash left behind.
    ///
    /// Does not start ingest: see [`Services::start_ingest`].
    pub async fn open(_config: ServiceConfig, _parts: Parts) -> Result<Self, ServiceError> {
        todo!()
    }
}
