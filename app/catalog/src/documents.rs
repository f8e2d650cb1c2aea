//! The ledger: one record a document, from `accepted` to `indexed`.
//!
//! A record has a *latest* version (`sha256`, `status`) and, once indexed, an *indexed* version
//! (a [`TextKey`] and a chunk count) that searches and quotes use until the latest takes its place.
//! Each index has an account of its own of the versions it holds; the active one's is what counts.

use async_trait::async_trait;
use quire_domain::link::VaultFile;
use quire_domain::{
    CollectionCounts, CollectionName, ContentHash, Document, DocumentId, DocumentPath,
    DocumentStatus, Failure,
};

use crate::{CatalogError, TextKey};

/// New content for a path.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVersion {
    /// The collection.
    pub collection: CollectionName,
    /// The path.
    pub path: DocumentPath,
    /// The content's hash.
    pub sha256: ContentHash,
    /// The content's size.
    pub size_bytes: u64,
}

/// What accepting a version came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The document's record.
    pub document: Document,
    /// The hash it had before, if that was another one.
    pub replaced: Option<ContentHash>,
    /// Whether there is anything to do: not so for bytes that were there already.
    pub changed: bool,
}

/// A document that waits for its next step.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkItem {
    /// The record.
    pub document: Document,
    /// The text that it is to have: stored already, or to be read.
    pub text_key: TextKey,
    /// The active index of its collection.
    pub index_id: String,
    /// Failed attempts at this version so far.
    pub attempts: u32,
}

/// A document whose chunks are in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct CommittedDocument {
    /// The document.
    pub id: DocumentId,
    /// The version whose chunks they are.
    pub sha256: ContentHash,
    /// The text they quote.
    pub text_key: TextKey,
    /// How many there are.
    pub chunk_count: u32,
}

/// A document as searches see it.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedDocument {
    /// The record.
    pub document: Document,
    /// The text that its chunks quote.
    pub text_key: TextKey,
    /// How many chunks the store must hold.
    pub chunk_count: u32,
    /// The file of a vault that it is.
    pub vault_file: Option<VaultFile>,
}

/// Chunks that must go from the store: written down before, so that a crash forgets none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PendingRemoval {
    /// The index.
    pub index_id: String,
    /// The document, or the whole index if `None`.
    pub document_id: Option<DocumentId>,
}

/// Which documents to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentFilter {
    /// Only those in this state.
    pub status: Option<DocumentStatus>,
    /// Only those whose path starts so.
    pub prefix: Option<String>,
    /// At most this many.
    pub limit: usize,
    /// Only those after this path.
    pub after: Option<String>,
}

/// Keeps documents and what is still to be done with them.
///
/// Every method is one transaction. The `set_` methods change a record only while its latest
/// version is still the given hash, and return whether they did.
#[async_trait]
pub trait DocumentLedger: Send + Sync {
    /// Records new content at a path; the same content again changes nothing unless it failed.
    async fn accept(&self, version: NewVersion) -> Result<Accepted, CatalogError>;

    /// Gets a record.
    async fn get_document(&self, id: &DocumentId) -> Result<Document, CatalogError>;

    /// Finds the record of a path.
    async fn find_document(
        &self,
        collection: &CollectionName,
        path: &DocumentPath,
    ) -> Result<Option<Document>, CatalogError>;

    /// Lists records by path.
    async fn list_documents(
        &self,
        collection: &CollectionName,
        filter: DocumentFilter,
    ) -> Result<Vec<Document>, CatalogError>;

    /// Gets the version of each of these documents that an index holds, if it holds one.
    async fn get_indexed(
        &self,
        index_id: &str,
        ids: &[DocumentId],
    ) -> Result<Vec<IndexedDocument>, CatalogError>;

    /// Gives the next documents that an index holds, by path, each in the version that it holds.
    async fn list_indexed_after(
        &self,
        index_id: &str,
        after: Option<&DocumentPath>,
        limit: usize,
    ) -> Result<Vec<IndexedDocument>, CatalogError>;

    /// Finds the version of a document that the active index of its collection holds.
    async fn find_indexed(&self, id: &DocumentId) -> Result<Option<IndexedDocument>, CatalogError>;

    /// Gives documents that wait, oldest first. A record that cannot be read is set to `failed`
    /// with the reason, and left out.
    async fn list_work(&self, limit: usize) -> Result<Vec<WorkItem>, CatalogError>;

    /// Counts a failed attempt at a document that waits, puts it back to `accepted` and gives the
    /// number of attempts at this version; `None` if it does not wait any more.
    async fn note_attempt(&self, document: &Document) -> Result<Option<u32>, CatalogError>;

    /// Records that text and chunks are known.
    async fn set_parsed(
        &self,
        document: &Document,
        title: &str,
        chunk_count: u32,
    ) -> Result<bool, CatalogError>;

    /// Records that every chunk has its vector.
    async fn set_embedded(&self, document: &Document) -> Result<bool, CatalogError>;

    /// Records that these documents' chunks are in an active index. What was written down to be
    /// removed of them there is off the list: it was replaced.
    async fn set_indexed(
        &self,
        index_id: &str,
        documents: Vec<CommittedDocument>,
    ) -> Result<(), CatalogError>;

    /// Records why a document cannot be had, and that its old chunks must go from every index.
    async fn set_failed(
        &self,
        document: &Document,
        status: DocumentStatus,
        failure: Failure,
    ) -> Result<bool, CatalogError>;

    /// Puts a document back to `accepted`, with no attempts. Chunks that must go stay written down
    /// until others take their place.
    async fn set_accepted(&self, id: &DocumentId) -> Result<Document, CatalogError>;

    /// Has a document read again from its original: it goes back to `accepted`, and a text that it has stays where
    /// searches see it until another takes its place. One that waits to be read already is left as it is.
    async fn read_again(&self, id: &DocumentId) -> Result<Document, CatalogError>;

    /// Removes a record and writes down that its chunks must go from every index.
    async fn delete_document(&self, id: &DocumentId) -> Result<Document, CatalogError>;

    /// Lists what must go from the store, by index, at most `limit`.
    async fn list_removals(&self, limit: usize) -> Result<Vec<PendingRemoval>, CatalogError>;

    /// Records that these are gone.
    async fn finish_removals(&self, removals: Vec<PendingRemoval>) -> Result<(), CatalogError>;

    /// Gives the counts of a collection's documents, in constant time.
    async fn count_documents(
        &self,
        collection: &CollectionName,
    ) -> Result<CollectionCounts, CatalogError>;

    /// Returns whether any document or file is of this content.
    async fn is_content_used(&self, sha256: &ContentHash) -> Result<bool, CatalogError>;
}
