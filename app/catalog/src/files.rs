//! Records of files, and of the documents that they are in collections.

use async_trait::async_trait;
use quire_domain::{
    Attributes, CollectionName, ContentHash, Document, DocumentId, DocumentStatus, FileId,
    FileRecord,
};

use crate::{Accepted, CatalogError};

/// A file to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFile {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// The hash of its bytes.
    pub sha256: ContentHash,
    /// How many there are.
    pub size_bytes: u64,
    /// After how many milliseconds it is to go.
    pub lifetime_ms: Option<i64>,
}

/// Which way a list goes by time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Order {
    /// The oldest first.
    Ascending,
    /// The newest first.
    #[default]
    Descending,
}

/// Which part of a list is wanted; the places are identifiers in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paging {
    /// Which way it goes.
    pub order: Order,
    /// At most this many.
    pub limit: usize,
    /// Only what follows this one.
    pub after: Option<String>,
    /// Only what stands before this one, next to it.
    pub before: Option<String>,
}

/// Which files to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileFilter {
    /// Only those for this.
    pub purpose: Option<String>,
    /// Which part of the list.
    pub paging: Paging,
}

/// Which files of a collection to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttachedFilter {
    /// Only those whose document is in one of these states; all if it is empty.
    pub statuses: Vec<DocumentStatus>,
    /// Only those that came with this batch.
    pub batch: Option<String>,
    /// Which part of the list.
    pub paging: Paging,
}

/// A file in a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct AttachedFile {
    /// The document that it is there.
    pub document: Document,
    /// What was attached to it.
    pub attributes: Attributes,
}

/// Files that came to a collection together.
#[derive(Clone, Debug, PartialEq)]
pub struct FileBatch {
    /// Its identifier.
    pub id: String,
    /// When it came, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// Whether it was given up.
    pub is_cancelled: bool,
    /// How many documents there were.
    pub total: u64,
    /// Those that are still there.
    pub documents: Vec<Document>,
}

/// Keeps files. Each method is one transaction.
#[async_trait]
pub trait FileRecords: Send + Sync {
    /// Records a file that is in no collection.
    async fn add_file(&self, new: NewFile) -> Result<FileRecord, CatalogError>;

    /// Gets a file, which may be a document.
    async fn get_file(&self, id: &FileId) -> Result<FileRecord, CatalogError>;

    /// Lists files, those that are documents among them.
    async fn list_files(&self, filter: FileFilter) -> Result<Vec<FileRecord>, CatalogError>;

    /// Lists files whose time is over.
    async fn list_expired_files(&self, now_ms: i64) -> Result<Vec<FileId>, CatalogError>;

    /// Removes a file and the documents that it is, whose chunks must go then.
    async fn delete_file(&self, id: &FileId) -> Result<(FileRecord, Vec<Document>), CatalogError>;

    /// Lists the documents that a file is, in all collections that can be reached.
    async fn list_file_documents(&self, id: &FileId) -> Result<Vec<Document>, CatalogError>;

    /// Makes a file a document of a collection; nothing changes but the attributes if it is one already.
    async fn attach_file(
        &self,
        id: &FileId,
        collection: &CollectionName,
        attributes: Attributes,
    ) -> Result<Accepted, CatalogError>;

    /// Removes the document that a file is in a collection, whose chunks must go then; the file stays.
    async fn detach_file(
        &self,
        id: &FileId,
        collection: &CollectionName,
    ) -> Result<Document, CatalogError>;

    /// Gets a file of a collection.
    async fn get_attached(
        &self,
        id: &FileId,
        collection: &CollectionName,
    ) -> Result<AttachedFile, CatalogError>;

    /// Lists the files of a collection.
    async fn list_attached(
        &self,
        collection: &CollectionName,
        filter: AttachedFilter,
    ) -> Result<Vec<AttachedFile>, CatalogError>;

    /// Replaces what is attached to a file of a collection.
    async fn set_attributes(
        &self,
        id: &FileId,
        collection: &CollectionName,
        attributes: Attributes,
    ) -> Result<AttachedFile, CatalogError>;

    /// Gives what is attached to each document of a collection, and its path.
    async fn list_attributes(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<(DocumentId, String, Attributes)>, CatalogError>;

    /// Records that documents came together.
    async fn add_file_batch(
        &self,
        collection: &CollectionName,
        documents: Vec<DocumentId>,
    ) -> Result<FileBatch, CatalogError>;

    /// Gets a batch of a collection.
    async fn get_file_batch(
        &self,
        collection: &CollectionName,
        id: &str,
    ) -> Result<FileBatch, CatalogError>;

    /// Records that a batch was given up.
    async fn cancel_file_batch(&self, id: &str) -> Result<(), CatalogError>;
}
