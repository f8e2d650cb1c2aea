//! Records of collections.

use async_trait::async_trait;
use quire_domain::{Collection, CollectionName, Language, ModelId};

use crate::CatalogError;

/// A collection to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCollectionRecord {
    /// Its name.
    pub name: CollectionName,
    /// Names its index, uniquely.
    pub index_id: String,
    /// The model that embeds it.
    pub embedding_model: ModelId,
    /// The language of its keyword index; `Unknown` until one is found.
    pub language: Language,
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

    /// Sets the language and the index that was made with it.
    async fn set_collection_index(
        &self,
        name: &CollectionName,
        language: Language,
        index_id: &str,
    ) -> Result<Collection, CatalogError>;

    /// Removes one with its documents and conversations.
    async fn delete_collection(&self, name: &CollectionName) -> Result<(), CatalogError>;
}
