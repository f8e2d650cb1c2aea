//! Records of indexes: which a collection has, what they hold, and how one takes another's place.
//!
//! A collection has one *active* index. A *next* one may be built beside it from the documents of
//! the active one, and the *previous* one may be kept for going back. How far the next one is is
//! never written down: it lacks what the active one holds in another version or alone.

use async_trait::async_trait;
use quire_domain::{
    Collection, CollectionName, Document, DocumentId, IndexSwitch, Language, ModelId,
};

use crate::{CatalogError, CommittedDocument, TextKey};

/// An index to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIndexRecord {
    /// Names it, uniquely.
    pub id: String,
    /// The model that embeds it.
    pub embedding_model: ModelId,
    /// The language of its keyword index; `Unknown` until one is found.
    pub language: Language,
    /// The version of the terms in its keyword index.
    pub analyzer_version: u32,
}

/// What an index is to its collection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IndexRole {
    /// It answers.
    Active,
    /// It is to take the place of the active one.
    Next,
    /// It was active before.
    Previous,
}

/// An index as it is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexRecord {
    /// Its properties.
    pub index: NewIndexRecord,
    /// The collection's name.
    pub collection: CollectionName,
    /// What it is to the collection.
    pub role: IndexRole,
    /// When it becomes the active one, for a next index.
    pub switch: IndexSwitch,
    /// Why it cannot be built.
    pub failure: Option<String>,
    /// Chunks that it holds.
    pub chunks: u64,
}

/// A document that the next index lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct UnbuiltDocument {
    /// The record.
    pub document: Document,
    /// The text that the active index holds of it.
    pub text_key: TextKey,
}

/// What becomes of an index that another takes the place of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outgoing {
    /// It becomes the previous one; the one before it goes.
    Kept,
    /// It goes; a previous one stays.
    Removed,
}

/// Keeps the indexes of collections.
///
/// Every method is one transaction. An index that goes is written down as a removal in the same
/// transaction, and so is each document that leaves one.
#[async_trait]
pub trait IndexRecords: Send + Sync {
    /// Lists the indexes of all collections.
    async fn list_indexes(&self) -> Result<Vec<IndexRecord>, CatalogError>;

    /// Records the next index of a collection. A next one that it has goes; the previous one stays
    /// until another takes its place, so that a change that is given up costs nothing.
    async fn begin_next_index(
        &self,
        collection: &CollectionName,
        index: NewIndexRecord,
        switch: IndexSwitch,
    ) -> Result<(), CatalogError>;

    /// Makes the previous index the next one, to become active when it is ready. A next one that
    /// the collection has goes; no previous one is `NoPreviousIndex`.
    async fn restore_previous_index(&self, collection: &CollectionName)
    -> Result<(), CatalogError>;

    /// Sets when the next index becomes active and forgets why it could not be built;
    /// none is `NoNextIndex`.
    async fn resume_next_index(
        &self,
        collection: &CollectionName,
        switch: IndexSwitch,
    ) -> Result<(), CatalogError>;

    /// Records why a next index cannot be built.
    async fn set_index_failed(&self, index_id: &str, failure: &str) -> Result<(), CatalogError>;

    /// Gives up the next index; none is `NoNextIndex`.
    async fn drop_next_index(&self, collection: &CollectionName) -> Result<(), CatalogError>;

    /// Removes the previous index; none is `NoPreviousIndex`.
    async fn drop_previous_index(&self, collection: &CollectionName) -> Result<(), CatalogError>;

    /// Lists documents that this next index lacks, by id, which is by age; only those after one of
    /// them, so that whoever goes through all of them looks at each once.
    async fn list_unbuilt(
        &self,
        index_id: &str,
        after: Option<&DocumentId>,
        limit: usize,
    ) -> Result<Vec<UnbuiltDocument>, CatalogError>;

    /// Records that these documents' chunks are in a next index; those that are gone are left out.
    async fn set_built(
        &self,
        index_id: &str,
        documents: Vec<CommittedDocument>,
    ) -> Result<(), CatalogError>;

    /// Makes a next index the active one if it lacks nothing and has not failed; `None` if it
    /// does, or is not the next one of any collection.
    async fn switch_index(
        &self,
        index_id: &str,
        outgoing: Outgoing,
    ) -> Result<Option<Collection>, CatalogError>;

    /// Lists the languages of a collection's texts with the number of chunks in each.
    async fn count_languages(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<(Language, u64)>, CatalogError>;

    /// Lists what an index holds: documents with their chunk counts.
    async fn list_indexed(&self, index_id: &str) -> Result<Vec<(DocumentId, u32)>, CatalogError>;
}
