//! Collections: listing, making, changing, deleting.

mod indexes;

use std::sync::Arc;

use quire_catalog::{
    CollectionRecords, DocumentFilter, DocumentLedger, IndexRecords, NewCollectionRecord,
};
use quire_domain::{Collection, CollectionName, IndexSwitch, IngestEvent, Language, ModelId};
use quire_engines::ModelRuntime;
use serde::{Deserialize, Serialize};

use crate::ServiceError;
use crate::indexes::new_index;
use crate::ingest::Ingest;

/// A collection to be made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct NewCollection {
    /// Its name.
    pub name: CollectionName,
    /// The model that embeds it; the service's default if absent.
    #[serde(default)]
    pub embedding_model: Option<ModelId>,
    /// The language of its keyword index; detected from the first documents if absent.
    #[serde(default)]
    pub language: Option<Language>,
}

/// What is to change of a collection; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct CollectionChange {
    /// A new name.
    #[serde(default)]
    pub name: Option<CollectionName>,
    /// Another language for its keyword index; `Unknown` detects it from the documents.
    #[serde(default)]
    pub language: Option<Language>,
    /// Another model to embed it.
    #[serde(default)]
    pub embedding_model: Option<ModelId>,
    /// When the index that language and model need takes the place of the active one; on request
    /// if the model changes, else when it is ready.
    #[serde(default)]
    pub switch: Option<IndexSwitch>,
}

/// What collections need of the catalog.
pub(crate) trait CollectionCatalog:
    CollectionRecords + IndexRecords + DocumentLedger
{
}

impl<T: CollectionRecords + IndexRecords + DocumentLedger> CollectionCatalog for T {}

/// The part of the services that keeps collections and their indexes.
pub struct Collections {
    pub(crate) catalog: Arc<dyn CollectionCatalog>,
    /// Asked which languages a model was made for, and if it can be used.
    pub(crate) models: Arc<dyn ModelRuntime>,
    /// Builds the indexes, and takes out what is deleted.
    pub(crate) ingest: Arc<Ingest>,
    /// The embedding model of a collection that names none.
    pub(crate) default_model: ModelId,
}

impl Collections {
    /// Lists all collections by name.
    pub async fn list(&self) -> Result<Vec<Collection>, ServiceError> {
        let collections = self.catalog.list_collections().await?;
        Ok(collections.into_iter().map(|collection| self.with_warnings(collection)).collect())
    }

    /// Gets a collection; its name is found without regard to case.
    pub async fn get(&self, name: &CollectionName) -> Result<Collection, ServiceError> {
        Ok(self.with_warnings(self.catalog.get_collection(name).await?))
    }

    /// Makes an empty collection; a taken name is a `Conflict`.
    pub async fn create(&self, new: NewCollection) -> Result<Collection, ServiceError> {
        let model = new.embedding_model.unwrap_or_else(|| self.default_model.clone());
        let index = new_index(model, new.language.unwrap_or_default());
        let record = NewCollectionRecord { name: new.name, index };
        Ok(self.with_warnings(self.catalog.create_collection(record).await?))
    }

    /// Changes a collection: its name at once, language and model by building another index, see
    /// [`Collection::next_index`].
    pub async fn change(
        &self,
        name: &CollectionName,
        change: CollectionChange,
    ) -> Result<Collection, ServiceError> {
        let mut name = name.clone();
        if let Some(new_name) = &change.name {
            let before = self.catalog.get_collection(&name).await?;
            let after = self.catalog.rename_collection(&name, new_name).await?;
            name.clone_from(&after.name);
            self.ingest.send(IngestEvent::Renamed { collection: before.name, name: after.name });
        }
        if change.language.is_some() || change.embedding_model.is_some() {
            return self.change_index(&name, change).await;
        }
        self.get(&name).await
    }

    /// Deletes a collection with its documents, index and conversations.
    pub async fn delete(&self, name: &CollectionName) -> Result<(), ServiceError> {
        let everything = DocumentFilter { limit: i64::MAX as usize, ..DocumentFilter::default() };
        let documents = self.catalog.list_documents(name, everything).await?;
        self.catalog.delete_collection(name).await?;
        self.ingest.remove_or_leave_to_upkeep().await;
        for document in documents {
            self.ingest.forget_content(&document.sha256).await?;
        }
        tracing::info!(collection = %name, "deleted collection `{name}`");
        Ok(())
    }
}
