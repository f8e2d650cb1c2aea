//! Ingest: the worker that takes documents from `accepted` to `indexed`, and its events.

use quire_domain::{CollectionName, IngestEvent};
use tokio::sync::broadcast;

use crate::{ServiceError, Services};

impl Services {
    /// Starts the worker; it ends when `shut_down` is called.
    pub fn start_ingest(&self) {
        todo!()
    }

    /// Listens to everything that changes, in all collections. A listener that falls far behind
    /// gets `Lagged` and should list anew.
    pub fn subscribe(&self) -> broadcast::Receiver<IngestEvent> {
        todo!()
    }

    /// Waits until no document of the collection is on its way.
    pub async fn wait_until_idle(&self, _collection: &CollectionName) -> Result<(), ServiceError> {
        todo!()
    }

    /// Stops the worker at the next safe point and waits for it.
    pub async fn shut_down(&self) {
        todo!()
    }
}
