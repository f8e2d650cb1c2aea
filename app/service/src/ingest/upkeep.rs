//! The loop of upkeep: takes out of the store and off the disk what the catalog no longer knows, and
//! keeps the store's files and search structures in order.

use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::IngestTask;
use quire_vectorstore::StoreError;

use super::loops::{Step, Work, drive};
use super::{Growth, Ingest, lock};
use crate::ServiceError;

/// Vectors kept in the cache: about 400 MB of 384 numbers each.
const VECTORS_KEPT: usize = 250_000;
/// Chunks that came since the cache was last looked through, after which it is again: looking takes
/// as long as the cache is large, so it is not done with every step.
const SHRINK_AFTER: u64 = 25_000;

/// Works until the service shuts down.
pub(super) async fn run(ingest: Arc<Ingest>) {
    drive(ingest, Upkeep::default()).await;
}

/// What the loop remembers.
#[derive(Default)]
pub(super) struct Upkeep {
    /// Whether the indexes were looked at since the program began: a crash may have left work.
    has_looked: bool,
    /// Chunks that came since the cache was last shrunk.
    uncounted: u64,
}

#[async_trait]
impl Work for Upkeep {
    fn task(&self) -> IngestTask {
        IngestTask::Upkeep
    }

    async fn step(&mut self, ingest: &Arc<Ingest>) -> Result<Step, ServiceError> {
        ingest.finish_removals().await?;
        ingest.forget_superseded().await?;
        self.maintain(ingest).await?;
        Ok(Step::Idle)
    }
}

impl Upkeep {
    /// Compacts the indexes that have grown; one that is in order costs next to nothing.
    async fn maintain(&mut self, ingest: &Ingest) -> Result<(), ServiceError> {
        if !self.has_looked {
            for record in ingest.parts.catalog.list_indexes().await? {
                lock(&ingest.grown).entry(record.index.id).or_default().is_due = true;
            }
            self.has_looked = true;
        }
        loop {
            let due = lock(&ingest.grown)
                .iter()
                .find(|(_, growth)| growth.is_due)
                .map(|(id, growth)| (id.clone(), *growth));
            let Some((id, growth)) = due else { break };
            match ingest.parts.store.maintain(&id.parse()?).await {
                // Nothing of it is indexed yet, or it was just given up.
                Ok(()) | Err(StoreError::NoSuchIndex { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            self.uncounted += growth.chunks;
            // What came meanwhile counts for the next time.
            let mut grown = lock(&ingest.grown);
            let rest = grown.get(&id).map_or(0, |now| now.chunks.saturating_sub(growth.chunks));
            if rest == 0 {
                grown.remove(&id);
            } else {
                grown.insert(id, Growth { chunks: rest, is_due: false });
            }
        }
        if self.uncounted >= SHRINK_AFTER {
            ingest.parts.vectors.shrink_vectors(VECTORS_KEPT).await?;
            self.uncounted = 0;
        }
        Ok(())
    }
}
