//! Collections: listing, making, changing, deleting.

use quire_catalog::{DocumentFilter, NewCollectionRecord};
use quire_domain::{Collection, CollectionName, IngestEvent, Language, ModelId};
use serde::{Deserialize, Serialize};

use crate::{ServiceError, Services};

/// A collection to be made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct NewCollection {
    /// Its name.
    pub name: CollectionName,
    /// The model that embeds it; the service's default where absent.
    #[serde(default)]
    pub embedding_model: Option<ModelId>,
    /// The language of its keyword index; detected from the first documents where absent.
    #[serde(default)]
    pub language: Option<Language>,
}

/// What is to change of a collection; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct CollectionChange {
    /// A new name.
    #[serde(default)]
    pub name: Option<CollectionName>,
}

/// Makes a name for an index that no other has.
pub(crate) fn new_index_id() -> String {
    format!("c_{}", uuid::Uuid::now_v7().simple())
}

impl Services {
    /// Lists all collections by name.
    pub async fn list_collections(&self) -> Result<Vec<Collection>, ServiceError> {
        Ok(self.inner.catalog.list_collections().await?)
    }

    /// Gets a collection; its name is found without regard to case.
    pub async fn get_collection(&self, name: &CollectionName) -> Result<Collection, ServiceError> {
        Ok(self.inner.catalog.get_collection(name).await?)
    }

    /// Makes an empty collection; a taken name is a `Conflict`.
    pub async fn create_collection(&self, new: NewCollection) -> Result<Collection, ServiceError> {
        let default_model = &self.inner.config.embedding_model;
        let record = NewCollectionRecord {
            name: new.name,
            index_id: new_index_id(),
            embedding_model: new.embedding_model.unwrap_or_else(|| default_model.clone()),
            language: new.language.unwrap_or_default(),
        };
        Ok(self.inner.catalog.create_collection(record).await?)
    }

    /// Changes a collection.
    pub async fn change_collection(
        &self,
        name: &CollectionName,
        change: CollectionChange,
    ) -> Result<Collection, ServiceError> {
        match change.name {
            Some(new_name) => {
                let before = self.get_collection(name).await?;
                let after = self.inner.catalog.rename_collection(name, &new_name).await?;
                let (collection, name) = (before.name, after.name.clone());
                self.send(IngestEvent::Renamed { collection, name });
                Ok(after)
            }
            None => self.get_collection(name).await,
        }
    }

    /// Deletes a collection with its documents, index and conversations.
    pub async fn delete_collection(&self, name: &CollectionName) -> Result<(), ServiceError> {
        let everything = DocumentFilter { limit: i64::MAX as usize, ..DocumentFilter::default() };
        let documents = self.inner.catalog.list_documents(name, everything).await?;
        self.inner.catalog.delete_collection(name).await?;
        self.finish_removals().await?;
        for document in documents {
            self.forget_content(&document.sha256).await?;
        }
        tracing::info!(collection = %name, "deleted collection `{name}`");
        Ok(())
    }
}
