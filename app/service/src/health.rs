//! Health: whether the catalog and the index agree.

use std::collections::HashMap;

use quire_catalog::{IndexRecord, IndexRole};
use quire_domain::{DocumentId, IndexHealth};
use quire_vectorstore::{IndexId, IndexStats, StoreError};

use crate::{ServiceError, Services};

impl Services {
    /// Compares every index with the catalog's account of it.
    pub async fn index_health(&self) -> Result<IndexHealth, ServiceError> {
        // Between a commit to the store and its record in the catalog the two differ for a moment.
        let _quiet = self.inner.ingest.store_writes.lock().await;
        let mut health = IndexHealth { pauses: self.ingest_pauses(), ..IndexHealth::default() };
        for collection in self.inner.catalog.list_collections().await? {
            health.documents += collection.counts.documents;
            health.pending += collection.counts.pending;
        }
        let mut known: Vec<IndexId> = Vec::new();
        for record in self.inner.catalog.list_indexes().await? {
            known.push(self.compare(&record, &mut health).await?);
        }
        // Indexes that the catalog does not name are nobody's, unless it does not reach all that there are.
        if self.inner.sqlite.reach().is_whole() {
            self.count_orphans(&known, &mut health).await;
        }
        Ok(health)
    }

    /// Adds the chunks of indexes that are in the store alone.
    async fn count_orphans(&self, known: &[IndexId], health: &mut IndexHealth) {
        let indexes = match self.inner.store.list_indexes().await {
            Ok(indexes) => indexes,
            Err(error) => {
                tracing::error!("the indexes of the store cannot be listed: {error}");
                // One that could not be read is why.
                health.unreadable_indexes = health.unreadable_indexes.max(1);
                return;
            }
        };
        for index in indexes.iter().filter(|index| !known.contains(index)) {
            match self.stats_or_empty(index).await {
                Ok(stats) => {
                    health.chunks += stats.chunks;
                    health.orphan_chunks += stats.chunks;
                }
                Err(error) => note_unreadable(index, &error, health),
            }
        }
    }

    /// Adds what differs in one index; gives its name in the store.
    async fn compare(
        &self,
        record: &IndexRecord,
        health: &mut IndexHealth,
    ) -> Result<IndexId, ServiceError> {
        let index: IndexId = record.index.id.parse()?;
        let stats = match self.stats_or_empty(&index).await {
            Ok(stats) => stats,
            Err(error) => {
                note_unreadable(&index, &error, health);
                return Ok(index);
            }
        };
        let held = self.inner.catalog.list_indexed(index.as_str()).await?;
        let mut expected: HashMap<DocumentId, u32> = held.into_iter().collect();
        match record.role {
            IndexRole::Active => health.chunks += stats.chunks,
            // What a crash left there without a record is written again when it is built on.
            IndexRole::Next => {
                let unbuilt =
                    self.inner.catalog.list_unbuilt(index.as_str(), None, usize::MAX).await?;
                for one in unbuilt {
                    let found = stats.documents.get(&one.document.id).copied().unwrap_or(0);
                    expected.insert(one.document.id, u32::try_from(found).unwrap_or(u32::MAX));
                }
            }
            IndexRole::Previous => {}
        }
        for (document, count) in &stats.documents {
            let expected = expected.get(document).map_or(0, |count| u64::from(*count));
            health.orphan_chunks += count.saturating_sub(expected);
        }
        for (document, count) in expected {
            let found = stats.documents.get(&document).copied().unwrap_or(0);
            health.documents_without_chunks += u64::from(found < u64::from(count));
        }
        Ok(index)
    }

    async fn stats_or_empty(&self, index: &IndexId) -> Result<IndexStats, StoreError> {
        match self.inner.store.stats(index).await {
            Err(StoreError::NoSuchIndex { .. }) => Ok(IndexStats::default()),
            stats => stats,
        }
    }
}

/// Counts an index that cannot be read, and goes on: what is known of the others is wanted all the more then.
fn note_unreadable(index: &IndexId, error: &StoreError, health: &mut IndexHealth) {
    tracing::error!(index = %index, "index `{index}` cannot be read: {error}");
    health.unreadable_indexes += 1;
}
