//! Collections: listing, making, changing, deleting.

use quire_domain::{Collection, CollectionName, Language, ModelId};
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

impl Services {
    /// Lists all collections by name.
    pub async fn list_collections(&self) -> Result<Vec<Collection>, ServiceError> {
        todo!()
    }

    /// Gets a collection; its name is found without regard to case.
    pub async fn get_collection(&self, _name: &CollectionName) -> Result<Collection, ServiceError> {
        todo!()
    }

    /// Makes an empty collection; a taken name is a `Conflict`.
    pub async fn create_collection(&self, _new: NewCollection) -> Result<Collection, ServiceError> {
        todo!()
    }

    /// Changes a collection.
    pub async fn change_collection(
        &self,
        _name: &CollectionName,
        _change: CollectionChange,
    ) -> Result<Collection, ServiceError> {
        todo!()
    }

    /// Deletes a collection with its documents, index and conversations.
    pub async fn delete_collection(&self, _name: &CollectionName) -> Result<(), ServiceError> {
        todo!()
    }
}
