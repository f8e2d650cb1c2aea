//! Getting models for a caller: begun on a thread that may block, told about as it comes, and stopped when nobody listens any
//! more; a later call goes on from there.

use quire_domain::ModelId;
use quire_engines::store::Reference;
use quire_engines::{EngineError, ModelStore, PullOptions, PullProgress};
use quire_service::ServiceError;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::Span;

use super::error::ApiError;
use super::v1::error::{from_service, unsupported};
use crate::HttpOptions;

/// What is to be got.
#[derive(Debug)]
pub enum Wanted {
    /// A model of the catalog, and of no other place.
    OfCatalog(ModelId),
    /// What a person names.
    Named(Reference),
}

/// A model that is being got, for as long as this is kept.
#[derive(Debug)]
pub struct Pulling {
    told: watch::Receiver<Option<PullProgress>>,
    work: JoinHandle<Result<(), EngineError>>,
}

/// Opens the folder of the models; a server without one neither gets nor deletes any.
pub fn open_store(options: &HttpOptions) -> Result<ModelStore, ApiError> {
    let folder = options
        .models
        .as_ref()
        .ok_or_else(|| unsupported("model", "Getting and deleting models"))?;
    Ok(ModelStore::new(folder))
}

/// Begins to get a model.
pub fn begin(store: ModelStore, options: PullOptions, wanted: Wanted) -> Pulling {
    let (teller, told) = watch::channel(None);
    let span = Span::current();
    let work = spawn_blocking(move || {
        span.in_scope(|| Handle::current().block_on(pull(&store, &options, &wanted, teller)))
    });
    Pulling { told, work }
}

async fn pull(
    store: &ModelStore,
    options: &PullOptions,
    wanted: &Wanted,
    teller: watch::Sender<Option<PullProgress>>,
) -> Result<(), EngineError> {
    let tell = |progress| {
        teller.send_replace(Some(progress));
    };
    let pulled = async {
        match wanted {
            Wanted::OfCatalog(name) => store.pull(name, options, &tell).await,
            Wanted::Named(reference) => store.pull_reference(reference, options, &tell).await,
        }
    };
    tokio::select! {
        pulled = pulled => pulled.map(drop),
        () = teller.closed() => Ok(()),
    }
}

impl Pulling {
    /// Waits until more has come, and says how much; `None` when no more will.
    pub async fn next(&mut self) -> Option<PullProgress> {
        self.told.changed().await.ok()?;
        self.told.borrow_and_update().clone()
    }

    /// Waits for the end, and says why the model is not there if it is not.
    pub async fn end(self) -> Result<(), ApiError> {
        // What is told is listened to until then: else it would stop.
        let Self { told: _told, work } = self;
        work.await.map_err(|error| ApiError::internal(&error))?.map_err(failed)
    }
}

/// Says what went wrong with the models on disk.
pub fn failed(error: EngineError) -> ApiError {
    from_service(ServiceError::Engine(error))
}
