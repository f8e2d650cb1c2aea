//! Records of collections.

use async_trait::async_trait;
use quire_domain::{Collection, CollectionName};

use crate::{CatalogError, NewIndexRecord};

/// A collection to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCollectionRecord {
    /// Its name.
    pub name: CollectionName,
    /// Its active index.
    pub index: NewIndexRecord,
}

/// Keeps collections. Names are found without regard to case.
#[async_trait]
pub trait CollectionRecords: Send + Sync {
    /// Lists all by name.
    async fn list_collections(&self) -> Result<Vec<Collection>, CatalogError>;

    /// Gets one.
    async fn get_collection(&self, name: &CollectionName) -> Result<Collection, CatalogError>;

    /// Adds one; a taken name is `CollectionExists`.
    async fn create_collection(&self, new: NewCollectionRecord)
    -> Result<Collection, CatalogError>;

    /// Gives one another name.
    async fn rename_collection(
        &self,
        name: &CollectionName,
        new_name: &CollectionName,
    ) -> Result<Collection, CatalogError>;

    /// Removes one with its documents, indexes and conversations.
    async fn delete_collection(&self, name: &CollectionName) -> Result<(), CatalogError>;
}
