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
        for index in self.inner.store.list_indexes().await? {
            if !known.contains(&index) {
                let stats = self.stats_or_empty(&index).await?;
                health.chunks += stats.chunks;
                health.orphan_chunks += stats.chunks;
            }
        }
        Ok(health)
    }

    /// Adds what differs in one index; gives its name in the store.
    async fn compare(
        &self,
        record: &IndexRecord,
        health: &mut IndexHealth,
    ) -> Result<IndexId, ServiceError> {
        let index: IndexId = record.index.id.parse()?;
        let stats = self.stats_or_empty(&index).await?;
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

    async fn stats_or_empty(&self, index: &IndexId) -> Result<IndexStats, ServiceError> {
        match self.inner.store.stats(index).await {
            Err(StoreError::NoSuchIndex { .. }) => Ok(IndexStats::default()),
            stats => Ok(stats?),
        }
    }
}
