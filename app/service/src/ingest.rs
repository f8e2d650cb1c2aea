//! Ingest: the part that takes documents from `accepted` to `indexed`, builds indexes, and keeps the
//! store in order.
//!
//! Three loops, each with a wake-up of its own: *documents* (`worker`), *indexes* (`build`) and
//! *upkeep* (`upkeep`). Each step starts from what is stored, so a kill at any moment is followed
//! by the same steps and the same end. What goes wrong is sorted by whose fault it is: see `fault`.

mod build;
mod commit;
mod cut;
mod embed;
mod fault;
mod jobs;
mod loops;
mod own_memory;
pub mod parse_file;
pub mod parse_worker;
mod parsing;
mod reading;
mod removal;
pub mod scans;
mod upkeep;
mod worker;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quire_catalog::{CollectionRecords, DocumentLedger, IndexRecords, TextRecords, VectorCache};
use quire_domain::{CollectionName, ContentHash, Document, IngestEvent, IngestPause, IngestTask};
use quire_engines::ModelRuntime;
use quire_vectorstore::ChunkStore;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinHandle;

use crate::{ServiceError, Services};

pub(crate) use parsing::{Parser, parser};

/// What ingest needs of the catalog.
pub(crate) trait IngestCatalog:
    CollectionRecords + IndexRecords + DocumentLedger + TextRecords
{
}

impl<T: CollectionRecords + IndexRecords + DocumentLedger + TextRecords> IngestCatalog for T {}

/// The originals on disk.
#[async_trait::async_trait]
pub(crate) trait Originals: Send + Sync {
    /// Finds an original and checks that it can be opened; `None` if there is none.
    async fn find(&self, sha256: &ContentHash) -> Result<Option<std::path::PathBuf>, ServiceError>;

    /// Removes an original; one that is gone already is as good.
    async fn remove(&self, sha256: &ContentHash) -> Result<(), ServiceError>;

    /// Lists all originals.
    async fn list(&self) -> Result<Vec<ContentHash>, ServiceError>;
}

/// What ingest works with.
pub(crate) struct IngestParts {
    pub catalog: Arc<dyn IngestCatalog>,
    pub vectors: Arc<dyn VectorCache>,
    pub store: Arc<dyn ChunkStore>,
    pub models: Arc<dyn ModelRuntime>,
    pub originals: Arc<dyn Originals>,
    pub parser: Arc<dyn Parser>,
    pub events: broadcast::Sender<IngestEvent>,
    pub stopping: watch::Receiver<bool>,
}

/// How much an index has grown since it was last maintained.
#[derive(Clone, Copy, Debug, Default)]
struct Growth {
    chunks: u64,
    /// Whether it is to be maintained now.
    is_due: bool,
}

/// Ingest and what its loops share.
pub(crate) struct Ingest {
    pub(crate) parts: IngestParts,
    /// Held while the store is written and the ledger told, so that the two never cross.
    pub(crate) store_writes: tokio::sync::Mutex<()>,
    /// Held while an original comes to lie under its hash, or one without a document is removed.
    pub(crate) content_writes: tokio::sync::Mutex<()>,
    /// Contents that are of no use once the versions that replace them are indexed.
    pub(crate) superseded: Mutex<Vec<ContentHash>>,
    /// Indexes that have grown since they were last maintained.
    grown: Mutex<HashMap<String, Growth>>,
    wakes: [Notify; IngestTask::ALL.len()],
    pauses: Mutex<HashMap<IngestTask, IngestPause>>,
    running: Mutex<Vec<(IngestTask, JoinHandle<()>)>>,
}

impl Ingest {
    /// Puts the parts together; nothing runs yet.
    pub(crate) fn new(parts: IngestParts) -> Self {
        Self {
            parts,
            store_writes: tokio::sync::Mutex::new(()),
            content_writes: tokio::sync::Mutex::new(()),
            superseded: Mutex::default(),
            grown: Mutex::default(),
            wakes: Default::default(),
            pauses: Mutex::default(),
            running: Mutex::default(),
        }
    }

    /// Starts the loops that do not run yet.
    pub(crate) fn start(self: &Arc<Self>) {
        let mut running = lock(&self.running);
        if running.is_empty() {
            running.extend([
                (IngestTask::Documents, tokio::spawn(worker::run(Arc::clone(self)))),
                (IngestTask::Indexes, tokio::spawn(build::run(Arc::clone(self)))),
                (IngestTask::Upkeep, tokio::spawn(upkeep::run(Arc::clone(self)))),
            ]);
        }
    }

    /// Waits for the loops, which end at their next safe point once `stopping` is true. Those that
    /// make work for others are waited for first.
    pub(crate) async fn join(&self) {
        let running = std::mem::take(&mut *lock(&self.running));
        for (task, handle) in running {
            if handle.await.is_err() {
                tracing::error!("the loop of {} had panicked", task.as_str());
            }
        }
    }

    /// Wakes a loop: there may be work for it.
    pub(crate) fn wake(&self, task: IngestTask) {
        self.wakes[task as usize].notify_one();
    }

    /// Lists the loops that wait after a fault of the machine, and why.
    pub(crate) fn pauses(&self) -> Vec<IngestPause> {
        let pauses = lock(&self.pauses);
        let in_order = IngestTask::ALL.iter().filter_map(|task| pauses.get(task));
        in_order.cloned().collect()
    }

    /// Returns whether the service is shutting down.
    fn is_stopping(&self) -> bool {
        *self.parts.stopping.borrow()
    }

    /// Tells everybody who listens; nobody may.
    pub(crate) fn send(&self, event: IngestEvent) {
        let _listeners = self.parts.events.send(event);
    }

    /// Tells how a document stands.
    pub(crate) async fn announce(&self, document: &Document) -> Result<(), ServiceError> {
        let counts = self.parts.catalog.count_documents(&document.collection).await?;
        self.send(IngestEvent::Document { document: Box::new(document.clone()), counts });
        Ok(())
    }
}

/// Locks what no panic can leave half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Services {
    /// Starts the loops of ingest; they end when `shut_down` is called.
    pub fn start_ingest(&self) {
        self.inner.ingest.start();
        self.sources.start_watching();
    }

    /// Listens to everything that changes, in all collections. A listener that falls far behind
    /// gets `Lagged` and should list anew.
    pub fn subscribe(&self) -> broadcast::Receiver<IngestEvent> {
        self.inner.ingest.parts.events.subscribe()
    }

    /// Lists what ingest waits for, after a fault of the disk, the store, the catalog or an engine.
    /// Nothing is lost or given up meanwhile.
    pub fn ingest_pauses(&self) -> Vec<IngestPause> {
        self.inner.ingest.pauses()
    }

    /// Waits until no document of the collection is on its way.
    pub async fn wait_until_idle(&self, collection: &CollectionName) -> Result<(), ServiceError> {
        let mut events = self.subscribe();
        let mut stopping = self.inner.stopping.subscribe();
        loop {
            if self.inner.catalog.count_documents(collection).await?.pending == 0 {
                return Ok(());
            }
            tokio::select! {
                event = events.recv() => {
                    if matches!(event, Err(broadcast::error::RecvError::Closed)) {
                        return Err(ServiceError::TaskStopped { task: "ingest" });
                    }
                }
                _ = stopping.wait_for(|stopping| *stopping) => {
                    return Err(ServiceError::TaskStopped { task: "ingest" });
                }
            }
        }
    }

    /// Stops what brings documents, then the loops of ingest, at their next safe points.
    pub async fn shut_down(&self) {
        self.inner.stopping.send_replace(true);
        self.sources.stop_watching().await;
        self.inner.ingest.join().await;
    }
}

#[cfg(test)]
mod tests;
