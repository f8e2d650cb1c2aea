//! Health: whether the catalog and the index agree.

use std::collections::HashMap;

use quire_domain::{DocumentId, IndexHealth};
use quire_vectorstore::{IndexId, IndexStats, StoreError};

use crate::{ServiceError, Services};

impl Services {
    /// Compares every collection's catalog with its index.
    pub async fn index_health(&self) -> Result<IndexHealth, ServiceError> {
        // Between a commit to the store and its record in the catalog the two differ for a moment.
        let _quiet = self.inner.store_writes.lock().await;
        let mut health = IndexHealth::default();
        let mut known: Vec<IndexId> = Vec::new();
        for collection in self.inner.catalog.list_collections().await? {
            health.documents += collection.counts.documents;
            health.pending += collection.counts.pending;
            let index: IndexId = collection.index_id.parse()?;
            let stats = self.stats_or_empty(&index).await?;
            let indexed = self.inner.catalog.list_indexed(index.as_str()).await?;
            let expected: HashMap<DocumentId, u32> = indexed.into_iter().collect();
            health.chunks += stats.chunks;
            for (document, count) in &stats.documents {
                let expected = expected.get(document).map_or(0, |count| u64::from(*count));
                health.orphan_chunks += count.saturating_sub(expected);
            }
            for (document, count) in expected {
                let found = stats.documents.get(&document).copied().unwrap_or(0);
                health.documents_without_chunks += u64::from(found < u64::from(count));
            }
            known.push(index);
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

    async fn stats_or_empty(&self, index: &IndexId) -> Result<IndexStats, ServiceError> {
        match self.inner.store.stats(index).await {
            Err(StoreError::NoSuchIndex { .. }) => Ok(IndexStats::default()),
            stats => Ok(stats?),
        }
    }
}
