//! Removal: taking out of the store and off the disk what the catalog no longer knows.

use std::sync::PoisonError;

use quire_catalog::PendingRemoval;
use quire_domain::{ContentHash, Document, DocumentId, IngestEvent};
use quire_vectorstore::{IndexId, StoreError};

use crate::{ServiceError, Services};

impl Services {
    /// Does every removal that is written down, those of one index at once. A crash before the end
    /// leaves the rest to the next start.
    pub(crate) async fn finish_removals(&self) -> Result<(), ServiceError> {
        let _writing = self.inner.store_writes.lock().await;
        let removals = self.inner.catalog.list_removals().await?;
        for of_index in removals.chunk_by(|one, other| one.index_id == other.index_id) {
            self.remove_chunks(of_index).await?;
            for removal in of_index {
                self.inner.catalog.finish_removal(removal).await?;
            }
        }
        Ok(())
    }

    /// Removes what goes from one index.
    async fn remove_chunks(&self, removals: &[PendingRemoval]) -> Result<(), ServiceError> {
        let Some(first) = removals.first() else { return Ok(()) };
        let index: IndexId = first.index_id.parse()?;
        let store = &self.inner.store;
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

    /// Removes chunks, originals and texts of documents that are gone, and tells who listens.
    pub(crate) async fn finish_deletion(
        &self,
        documents: Vec<Document>,
    ) -> Result<(), ServiceError> {
        let Some(first) = documents.first() else { return Ok(()) };
        self.finish_removals().await?;
        let counts = self.inner.catalog.count_documents(&first.collection).await?;
        for document in documents {
            self.forget_content(&document.sha256).await?;
            let (collection, document_id) = (document.collection, document.id);
            self.send(IngestEvent::Deleted { collection, document_id, counts });
        }
        Ok(())
    }

    /// Notes contents that are of no use once the versions that replace them are indexed.
    pub(crate) fn supersede(&self, contents: impl IntoIterator<Item = ContentHash>) {
        let mut list = self.inner.superseded.lock().unwrap_or_else(PoisonError::into_inner);
        list.extend(contents);
    }

    /// Removes an original and its text unless a document still has that content.
    pub(crate) async fn forget_content(&self, sha256: &ContentHash) -> Result<(), ServiceError> {
        let _writing = self.inner.content_writes.lock().await;
        if self.inner.catalog.is_content_used(sha256).await? {
            return Ok(());
        }
        self.inner.catalog.delete_texts(sha256).await?;
        let path = self.inner.folder.original(sha256);
        match tokio::fs::remove_file(&path).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(ServiceError::io(path, error))
            }
            _ => Ok(()),
        }
    }

    /// Removes the originals that new versions have taken the place of. Those that a crash leaves
    /// behind go at the next start.
    pub(crate) async fn forget_superseded(&self) -> Result<(), ServiceError> {
        let superseded = {
            let mut list = self.inner.superseded.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *list)
        };
        for sha256 in superseded {
            self.forget_content(&sha256).await?;
        }
        Ok(())
    }

    /// Removes every original that no document has.
    pub(crate) async fn sweep_originals(&self) -> Result<(), ServiceError> {
        let folder = self.inner.folder.originals();
        let failed = |error| ServiceError::io(&folder, error);
        let mut entries = tokio::fs::read_dir(&folder).await.map_err(failed)?;
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            if let Ok(sha256) = entry.file_name().to_string_lossy().parse() {
                self.forget_content(&sha256).await?;
            }
        }
        Ok(())
    }
}
