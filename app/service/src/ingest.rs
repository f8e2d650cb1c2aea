//! Ingest: the worker that takes documents from `accepted` to `indexed`, and its events.
//!
//! The worker takes documents from the ledger in groups: parse (in child processes, ahead of the
//! rest), chunk, embed, and one commit a group. Each step starts from what is stored, so a kill at
//! any moment is followed by the same steps and the same end.

mod build;
mod commit;
mod embed;
pub mod parse_worker;
mod parsing;
mod worker;

use std::sync::PoisonError;

use quire_domain::{CollectionName, Document, IngestEvent};
use tokio::sync::broadcast;

use crate::{ServiceError, Services};

impl Services {
    /// Starts the worker; it ends when `shut_down` is called.
    pub fn start_ingest(&self) {
        let mut worker = self.inner.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.is_none() {
            *worker = Some(tokio::spawn(worker::run(self.clone())));
        }
        drop(worker);
        self.start_watching();
    }

    /// Listens to everything that changes, in all collections. A listener that falls far behind
    /// gets `Lagged` and should list anew.
    pub fn subscribe(&self) -> broadcast::Receiver<IngestEvent> {
        self.inner.events.subscribe()
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

    /// Stops the worker at the next safe point and waits for it.
    pub async fn shut_down(&self) {
        self.inner.stopping.send_replace(true);
        self.stop_watching().await;
        let worker = self.inner.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker
            && worker.await.is_err()
        {
            tracing::error!("the ingest worker had panicked");
        }
    }

    /// Says whether the service is shutting down.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.inner.stopping.borrow()
    }

    /// Tells everybody who listens; nobody may.
    pub(crate) fn send(&self, event: IngestEvent) {
        let _listeners = self.inner.events.send(event);
    }

    /// Tells how a document stands.
    pub(crate) async fn announce(&self, document: &Document) -> Result<(), ServiceError> {
        let counts = self.inner.catalog.count_documents(&document.collection).await?;
        self.send(IngestEvent::Document { document: Box::new(document.clone()), counts });
        Ok(())
    }
}
