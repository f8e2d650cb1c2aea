//! Removal: taking out of the store and off the disk what the catalog no longer knows.

use std::sync::PoisonError;

use quire_catalog::PendingRemoval;
use quire_domain::ContentHash;
use quire_vectorstore::{IndexId, StoreError};

use crate::{ServiceError, Services};

impl Services {
    /// Does every removal that is written down. A crash before the end leaves it to the next start.
    pub(crate) async fn finish_removals(&self) -> Result<(), ServiceError> {
        let _writing = self.inner.store_writes.lock().await;
        for removal in self.inner.catalog.list_removals().await? {
            self.remove_chunks(&removal).await?;
            self.inner.catalog.finish_removal(&removal).await?;
        }
        Ok(())
    }

    async fn remove_chunks(&self, removal: &PendingRemoval) -> Result<(), ServiceError> {
        let index: IndexId = removal.index_id.parse()?;
        let store = &self.inner.store;
        let removed = match &removal.document_id {
            Some(document) => store.delete_documents(&index, std::slice::from_ref(document)).await,
            None => store.drop_index(&index).await,
        };
        match removed {
            // An index that was never made, or is gone, holds nothing to remove.
            Ok(()) | Err(StoreError::NoSuchIndex { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
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
