//! What documents state about themselves: which have a tag or a date, what links to what.
//!
//! Metadata is kept with the text that states it. A document's is that of the version which
//! searches see, or of its latest one if none is indexed yet.

use std::collections::HashMap;

use async_trait::async_trait;
use quire_domain::{CollectionName, DocumentId, DocumentRef, Link, TagCount};

use crate::CatalogError;

/// One thing to choose documents by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Selector {
    /// A path, or a folder above; empty for all.
    Path(String),
    /// A tag without `#`, or one above it, in letters of either case.
    Tag(String),
    /// A date from the first moment on and before the second one, both in milliseconds since the
    /// Unix epoch.
    Dated {
        /// The first moment that counts.
        from_ms: i64,
        /// The first moment after.
        until_ms: i64,
    },
}

/// A link with the document that it stands in.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFrom {
    /// The document.
    pub document: DocumentRef,
    /// The link as written.
    pub link: Link,
}

/// Finds documents by what they state.
#[async_trait]
pub trait MetadataRecords: Send + Sync {
    /// Gives the documents of a collection that a selector means, by id.
    async fn select_documents(
        &self,
        collection: &CollectionName,
        selector: &Selector,
    ) -> Result<Vec<DocumentId>, CatalogError>;

    /// Lists the tags of a collection with those above them, by name, each with the number of
    /// documents that have it or one below it.
    async fn list_tags(&self, collection: &CollectionName) -> Result<Vec<TagCount>, CatalogError>;

    /// Lists the links of a document in the order of its text.
    async fn list_links(&self, id: &DocumentId) -> Result<Vec<Link>, CatalogError>;

    /// Lists all links in a collection whose target has this key, by path; see
    /// [`quire_domain::link::link_key`].
    async fn list_links_to(
        &self,
        collection: &CollectionName,
        target_key: &str,
    ) -> Result<Vec<LinkFrom>, CatalogError>;

    /// Names every document of a collection, by path.
    async fn list_document_refs(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<DocumentRef>, CatalogError>;

    /// Gives what these documents are called in the version that an index holds: their aliases and
    /// tags, and the words by which other documents link to them. Those without any are left out.
    async fn find_names(
        &self,
        index_id: &str,
        ids: &[DocumentId],
    ) -> Result<HashMap<DocumentId, Vec<String>>, CatalogError>;

    /// Has every document read anew whose text was made by an earlier version of the parser, and
    /// gives their number. Until then searches see the text that they have.
    async fn renew_texts(&self) -> Result<usize, CatalogError>;
}
