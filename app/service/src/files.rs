//! Files: uploading, attaching to collections, deleting. A file that is attached is a document like any other.

mod filter;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use quire_catalog::{AttachedFile, AttachedFilter, FileBatch, FileFilter, FileRecords, NewFile};
use quire_domain::{
    AttributeValue, Attributes, CollectionName, Document, DocumentId, DocumentPath, DocumentStatus,
    ErrorKind, FileId, FileRecord, IngestTask,
};
use quire_folder_sync::now_ms;

pub use filter::AttributeFilter;

use crate::ServiceError;
use crate::data_folder::DataFolder;
use crate::ingest::Ingest;
use crate::uploads::Upload;

/// The part of the services that keeps files, with collections and without.
pub struct Files {
    pub(crate) catalog: Arc<dyn FileRecords>,
    /// Where originals lie.
    pub(crate) folder: Arc<DataFolder>,
    /// Told of every document that came or went.
    pub(crate) ingest: Arc<Ingest>,
}

impl Files {
    /// Makes a finished upload a file that is in no collection, for good or for some time.
    pub async fn add(
        &self,
        (name, purpose): (DocumentPath, String),
        lifetime_ms: Option<i64>,
        upload: Upload,
    ) -> Result<FileRecord, ServiceError> {
        let new = NewFile {
            name: name.to_string(),
            purpose,
            sha256: upload.sha256().clone(),
            size_bytes: upload.size_bytes(),
            lifetime_ms,
        };
        let _writing = self.ingest.content_writes.lock().await;
        upload.keep(&self.folder.original(&new.sha256)).await?;
        Ok(self.catalog.add_file(new).await?)
    }

    /// Lists files, documents among them. Those whose time is over go now.
    pub async fn list(&self, filter: FileFilter) -> Result<Vec<FileRecord>, ServiceError> {
        self.delete_expired().await?;
        Ok(self.catalog.list_files(filter).await?)
    }

    /// Deletes the files whose time is over.
    pub async fn delete_expired(&self) -> Result<(), ServiceError> {
        for id in self.catalog.list_expired_files(now_ms()).await? {
            match self.delete(&id).await {
                // Another request may have been quicker, or the file may be none of this caller's.
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Lists the documents that a file is, in all collections.
    pub async fn list_documents(&self, id: &FileId) -> Result<Vec<Document>, ServiceError> {
        Ok(self.catalog.list_file_documents(id).await?)
    }

    /// Gets a file.
    pub async fn get(&self, id: &FileId) -> Result<FileRecord, ServiceError> {
        Ok(self.catalog.get_file(id).await?)
    }

    /// Gets a file and the place of its bytes.
    pub async fn get_original(&self, id: &FileId) -> Result<(FileRecord, PathBuf), ServiceError> {
        let file = self.catalog.get_file(id).await?;
        let path = self.folder.original(&file.sha256);
        Ok((file, path))
    }

    /// Deletes a file and takes it out of all collections.
    pub async fn delete(&self, id: &FileId) -> Result<(), ServiceError> {
        let (file, documents) = self.catalog.delete_file(id).await?;
        for document in documents {
            self.ingest.finish_deletion(vec![document]).await?;
        }
        self.ingest.forget_content(&file.sha256).await?;
        tracing::info!(file.id = %id, "deleted file {id}");
        Ok(())
    }

    /// Makes a file a document of a collection, and returns before it is indexed.
    pub async fn attach(
        &self,
        id: &FileId,
        collection: &CollectionName,
        attributes: Attributes,
    ) -> Result<AttachedFile, ServiceError> {
        self.attach_document(id, collection, attributes).await?;
        self.get_attached(id, collection).await
    }

    async fn attach_document(
        &self,
        id: &FileId,
        collection: &CollectionName,
        attributes: Attributes,
    ) -> Result<Document, ServiceError> {
        let accepted = self.catalog.attach_file(id, collection, attributes).await?;
        if accepted.changed {
            self.ingest.announce(&accepted.document).await?;
            self.ingest.wake(IngestTask::Documents);
        }
        Ok(accepted.document)
    }

    /// Takes a file out of a collection; the file stays.
    pub async fn detach(
        &self,
        id: &FileId,
        collection: &CollectionName,
    ) -> Result<(), ServiceError> {
        let document = self.catalog.detach_file(id, collection).await?;
        self.ingest.finish_deletion(vec![document]).await
    }

    /// Gets a file of a collection.
    pub async fn get_attached(
        &self,
        id: &FileId,
        collection: &CollectionName,
    ) -> Result<AttachedFile, ServiceError> {
        Ok(self.catalog.get_attached(id, collection).await?)
    }

    /// Lists the files of a collection.
    pub async fn list_attached(
        &self,
        collection: &CollectionName,
        filter: AttachedFilter,
    ) -> Result<Vec<AttachedFile>, ServiceError> {
        Ok(self.catalog.list_attached(collection, filter).await?)
    }

    /// Replaces what is attached to a file of a collection.
    pub async fn set_attributes(
        &self,
        id: &FileId,
        collection: &CollectionName,
        attributes: Attributes,
    ) -> Result<AttachedFile, ServiceError> {
        Ok(self.catalog.set_attributes(id, collection, attributes).await?)
    }

    /// Makes several files documents of a collection; one that is unknown leaves all outside.
    pub async fn attach_batch(
        &self,
        collection: &CollectionName,
        files: Vec<(FileId, Attributes)>,
    ) -> Result<FileBatch, ServiceError> {
        for (id, _) in &files {
            self.catalog.get_file(id).await?;
        }
        let mut documents: Vec<DocumentId> = Vec::with_capacity(files.len());
        for (id, attributes) in files {
            documents.push(self.attach_document(&id, collection, attributes).await?.id);
        }
        Ok(self.catalog.add_file_batch(collection, documents).await?)
    }

    /// Gets a batch of a collection.
    pub async fn get_batch(
        &self,
        collection: &CollectionName,
        id: &str,
    ) -> Result<FileBatch, ServiceError> {
        Ok(self.catalog.get_file_batch(collection, id).await?)
    }

    /// Gives a batch up: what is not indexed of it leaves the collection, and its files stay.
    pub async fn cancel_batch(
        &self,
        collection: &CollectionName,
        id: &str,
    ) -> Result<FileBatch, ServiceError> {
        let batch = self.catalog.get_file_batch(collection, id).await?;
        for document in batch.documents.iter().filter(|document| is_waiting(document.status)) {
            self.detach(&FileId::of_document(&document.id), collection).await?;
        }
        self.catalog.cancel_file_batch(id).await?;
        self.get_batch(collection, id).await
    }

    /// Gives what is attached to the documents of a collection.
    pub async fn list_attributes(
        &self,
        collection: &CollectionName,
    ) -> Result<HashMap<DocumentId, Attributes>, ServiceError> {
        let known = self.catalog.list_attributes(collection).await?;
        let known = known.into_iter().filter(|(_, _, attributes)| !attributes.is_empty());
        Ok(known.map(|(id, _, attributes)| (id, attributes)).collect())
    }

    /// Finds the documents of a collection whose attributes a filter lets through. `filename` and `path` are attributes of
    /// every document that has no others of the name.
    pub async fn select(
        &self,
        collection: &CollectionName,
        filter: &AttributeFilter,
    ) -> Result<Vec<DocumentId>, ServiceError> {
        let known = self.catalog.list_attributes(collection).await?;
        let passes = |(id, path, mut attributes): (DocumentId, String, Attributes)| {
            let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
            attributes.entry("filename".to_owned()).or_insert(AttributeValue::Text(name));
            attributes.entry("path".to_owned()).or_insert(AttributeValue::Text(path));
            filter.lets_through(&attributes).then_some(id)
        };
        Ok(known.into_iter().filter_map(passes).collect())
    }
}

/// Returns whether a document is on its way.
fn is_waiting(status: DocumentStatus) -> bool {
    match status {
        DocumentStatus::Accepted | DocumentStatus::Parsed | DocumentStatus::Embedded => true,
        DocumentStatus::Indexed | DocumentStatus::Failed | DocumentStatus::Unsupported => false,
    }
}
