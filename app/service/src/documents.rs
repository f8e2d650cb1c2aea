//! Documents: uploading, listing, reading, deleting.

use std::path::PathBuf;

use quire_domain::{
    Block, CollectionName, ContentHash, Document, DocumentId, DocumentPath, DocumentStatus,
    PageText,
};
use serde::{Deserialize, Serialize};

use crate::{ServiceError, Services};

/// Takes the bytes of one upload, piece by piece; dropping it leaves nothing behind.
pub struct UploadWriter {
    _private: (),
}

impl UploadWriter {
    /// Appends bytes; over the size limit it is `FileTooLarge`.
    pub async fn write(&mut self, _bytes: &[u8]) -> Result<(), ServiceError> {
        todo!()
    }

    /// Ends the upload: the bytes are on disk, under their hash.
    pub async fn finish(self) -> Result<Upload, ServiceError> {
        todo!()
    }
}

/// A complete upload that is not a document yet.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The hash of its bytes.
    pub sha256: ContentHash,
    /// How many there are.
    pub size_bytes: u64,
}

/// Which documents to list.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct DocumentQuery {
    /// Only those in this state.
    #[serde(default)]
    pub status: Option<DocumentStatus>,
    /// Only those whose path starts so.
    #[serde(default)]
    pub prefix: Option<String>,
    /// At most this many; default 100, at most 1,000.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Where the page before ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Some documents, by path.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct DocumentPage {
    /// The documents.
    pub documents: Vec<Document>,
    /// The cursor of the next page, where there is one.
    pub next: Option<String>,
}

/// The stored text of a page, or of a document without pages.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct StoredText {
    /// The page, from 1.
    pub page: Option<u32>,
    /// Its text.
    pub text: String,
}

/// A document's page with its structure, for showing it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct DocumentView {
    /// The document.
    pub document: Document,
    /// The page's text and where its lines lie.
    pub page: PageText,
    /// The blocks of this page.
    pub blocks: Vec<Block>,
}

/// An original on disk.
#[derive(Clone, Debug)]
pub struct OriginalFile {
    /// The document.
    pub document: Document,
    /// The file.
    pub path: PathBuf,
}

impl Services {
    /// Starts an upload; `name` is only for messages.
    pub async fn begin_upload(&self, _name: &str) -> Result<UploadWriter, ServiceError> {
        todo!()
    }

    /// Makes a finished upload the document at `path`, or its new content.
    ///
    /// The same bytes at the same path change nothing. Returns before it is indexed.
    pub async fn add_document(
        &self,
        _collection: &CollectionName,
        _path: DocumentPath,
        _upload: Upload,
    ) -> Result<Document, ServiceError> {
        todo!()
    }

    /// Lists documents by path, a page at a time.
    pub async fn list_documents(
        &self,
        _collection: &CollectionName,
        _query: DocumentQuery,
    ) -> Result<DocumentPage, ServiceError> {
        todo!()
    }

    /// Gets a document.
    pub async fn get_document(&self, _id: &DocumentId) -> Result<Document, ServiceError> {
        todo!()
    }

    /// Finds the document at a path.
    pub async fn find_document(
        &self,
        _collection: &CollectionName,
        _path: &DocumentPath,
    ) -> Result<Option<Document>, ServiceError> {
        todo!()
    }

    /// Deletes a document: no search that starts afterwards finds it.
    pub async fn delete_document(&self, _id: &DocumentId) -> Result<(), ServiceError> {
        todo!()
    }

    /// Queues a failed document anew.
    pub async fn retry_document(&self, _id: &DocumentId) -> Result<Document, ServiceError> {
        todo!()
    }

    /// Opens the original.
    pub async fn get_original(&self, _id: &DocumentId) -> Result<OriginalFile, ServiceError> {
        todo!()
    }

    /// Reads the stored text of a page; `page` must be given exactly where there are pages.
    pub async fn get_text(
        &self,
        _id: &DocumentId,
        _page: Option<u32>,
    ) -> Result<StoredText, ServiceError> {
        todo!()
    }

    /// Reads a page with its blocks and boxes; `None` is the first page.
    pub async fn get_view(
        &self,
        _id: &DocumentId,
        _page: Option<u32>,
    ) -> Result<DocumentView, ServiceError> {
        todo!()
    }
}
