//! Records of collections as vector stores: what a client of that word adds to them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use quire_domain::{Collection, CollectionName, VectorStoreId};

use crate::{CatalogError, Paging};

/// A collection as the vector store that it is.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorStoreRecord {
    /// Its identifier, which stays when the collection is renamed.
    pub id: VectorStoreId,
    /// The collection.
    pub collection: Collection,
    /// The name that a client gave it, if it is not the collection's.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// What a client notes with it.
    pub metadata: BTreeMap<String, String>,
    /// After how many days without use it expires.
    pub expires_after_days: Option<u32>,
    /// When it was used last, in milliseconds since the Unix epoch.
    pub last_active_at_ms: i64,
}

/// What is to change of a vector store; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VectorStoreChange {
    /// The name, if a collection cannot have it; `Some(None)` shows the collection's.
    pub name: Option<Option<String>>,
    /// What it is about.
    pub description: Option<String>,
    /// All notes, in place of those before.
    pub metadata: Option<BTreeMap<String, String>>,
    /// After how many days without use it expires; `Some(None)` never.
    pub expires_after_days: Option<Option<u32>>,
}

/// Keeps what collections are as vector stores. They come and go with the collections.
#[async_trait]
pub trait VectorStoreRecords: Send + Sync {
    /// Gets one by its identifier, or else by its collection's name.
    async fn get_vector_store(&self, key: &str) -> Result<VectorStoreRecord, CatalogError>;

    /// Lists them by time.
    async fn list_vector_stores(
        &self,
        paging: Paging,
    ) -> Result<Vec<VectorStoreRecord>, CatalogError>;

    /// Changes one and notes that it was used.
    async fn change_vector_store(
        &self,
        collection: &CollectionName,
        change: VectorStoreChange,
    ) -> Result<VectorStoreRecord, CatalogError>;
}
