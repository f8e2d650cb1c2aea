//! Removal: taking out of the store and off the disk what the catalog no longer knows.

use quire_catalog::PendingRemoval;
use quire_domain::{ContentHash, Document, DocumentId, IngestEvent, IngestTask};
use quire_vectorstore::{IndexId, StoreError};

use super::{Ingest, lock};
use crate::ServiceError;

/// Removals taken at a time, so that one statement of the store names no more documents.
const REMOVALS: usize = 512;

impl Ingest {
    /// Does every removal that is written down, those of one index at once. A crash before the end
    /// leaves the rest to the next start.
    pub(crate) async fn finish_removals(&self) -> Result<(), ServiceError> {
        let _writing = self.store_writes.lock().await;
        loop {
            let removals = self.parts.catalog.list_removals(REMOVALS).await?;
            if removals.is_empty() {
                return Ok(());
            }
            for of_index in removals.chunk_by(|one, other| one.index_id == other.index_id) {
                self.remove_chunks(of_index).await?;
                self.parts.catalog.finish_removals(of_index.to_vec()).await?;
            }
        }
    }

    /// Removes what goes from one index.
    async fn remove_chunks(&self, removals: &[PendingRemoval]) -> Result<(), ServiceError> {
        let Some(first) = removals.first() else { return Ok(()) };
        let index: IndexId = first.index_id.parse()?;
        let store = &self.parts.store;
        let documents: Option<Vec<DocumentId>> =
            removals.iter().map(|removal| removal.document_id.clone()).collect();
        let removed = match documents {
            Some(documents) => store.delete_documents(&index, &documents).await,
            None => store.drop_index(&index).await,
        };
        match removed {
            // An index that was never made, or is gone, holds nothing to remove.
            Ok(()) | Err(StoreError::NoSuchIndex { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes out what must go, now if that can be done; else the loop of upkeep does it, and searches
    /// show none of it meanwhile.
    pub(crate) async fn remove_or_leave_to_upkeep(&self) {
        if let Err(error) = self.finish_removals().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "removal is put off: {error}");
            self.wake(IngestTask::Upkeep);
        }
    }

    /// Notes contents that are of no use once the versions that replace them are indexed.
    pub(crate) fn supersede(&self, contents: impl IntoIterator<Item = ContentHash>) {
        lock(&self.superseded).extend(contents);
    }

    /// Removes an original and its text unless a document still has that content.
    pub(crate) async fn forget_content(&self, sha256: &ContentHash) -> Result<(), ServiceError> {
        self.forget_unless_used(sha256).await.map(|_gone| ())
    }

    /// Removes an original and its text, and returns whether it did: not so while a document has that
    /// content, or while searches still quote it.
    async fn forget_unless_used(&self, sha256: &ContentHash) -> Result<bool, ServiceError> {
        let _writing = self.content_writes.lock().await;
        if self.parts.catalog.is_content_used(sha256).await? {
            return Ok(false);
        }
        self.parts.catalog.delete_texts(sha256).await?;
        self.parts.originals.remove(sha256).await?;
        Ok(true)
    }

    /// Removes the originals that new versions have taken the place of. One that is still quoted stays
    /// on the list: its new version may be late. Those that a crash leaves behind go at the next start.
    pub(crate) async fn forget_superseded(&self) -> Result<(), ServiceError> {
        let mut superseded: Vec<ContentHash> = lock(&self.superseded).clone();
        superseded.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        superseded.dedup();
        for sha256 in superseded {
            if self.forget_unless_used(&sha256).await? {
                lock(&self.superseded).retain(|one| *one != sha256);
            }
        }
        Ok(())
    }

    /// Removes every original that no document has.
    pub(crate) async fn sweep_originals(&self) -> Result<(), ServiceError> {
        for sha256 in self.parts.originals.list().await? {
            self.forget_content(&sha256).await?;
        }
        Ok(())
    }

    /// Removes chunks, originals and texts of documents that are gone, and tells who listens.
    pub(crate) async fn finish_deletion(
        &self,
        documents: Vec<Document>,
    ) -> Result<(), ServiceError> {
        let Some(first) = documents.first() else { return Ok(()) };
        self.remove_or_leave_to_upkeep().await;
        // An index that lacked only these is complete.
        self.wake(IngestTask::Indexes);
        let counts = self.parts.catalog.count_documents(&first.collection).await?;
        for document in documents {
            self.forget_content(&document.sha256).await?;
            let (collection, document_id) = (document.collection, document.id);
            self.send(IngestEvent::Deleted { collection, document_id, counts });
        }
        Ok(())
    }
}
