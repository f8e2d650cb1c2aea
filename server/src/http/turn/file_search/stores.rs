//! The vector stores of a search, and which of them a document is in.

use std::collections::{HashMap, HashSet};

use quire_domain::{Attributes, CollectionName, DocumentId, VectorStoreId};
use quire_service::{Services, VectorStoreRecord};

use crate::http::error::ApiError;
use crate::http::turn::step::Cited;

/// The stores, each once.
pub struct Stores {
    records: Vec<VectorStoreRecord>,
    /// The documents that were looked for, and where they are.
    places: HashMap<DocumentId, Option<Place>>,
    /// What is attached to the documents of the collections that something was found in.
    attributes: HashMap<CollectionName, HashMap<DocumentId, Attributes>>,
}

/// Where a document is.
#[derive(Clone)]
pub struct Place {
    /// The collection.
    pub collection: CollectionName,
    /// The identifier of the store.
    pub store: VectorStoreId,
}

impl Stores {
    /// Finds stores by their identifiers or their collections' names.
    pub async fn find(services: &Services, keys: &[String]) -> Result<Self, ApiError> {
        let mut records = Vec::with_capacity(keys.len());
        let mut seen = HashSet::new();
        for key in keys {
            let record = services.vector_stores.get(key).await;
            let record = record.map_err(|error| ApiError::from(error).param("tools"))?;
            if seen.insert(record.collection.name.clone()) {
                records.push(record);
            }
        }
        Ok(Self { records, places: HashMap::new(), attributes: HashMap::new() })
    }

    /// Shows them.
    pub fn records(&self) -> &[VectorStoreRecord] {
        &self.records
    }

    /// Finds where a document is; nowhere if it was deleted meanwhile.
    pub async fn place(&mut self, services: &Services, id: &DocumentId) -> Option<Place> {
        if let Some(known) = self.places.get(id) {
            return known.clone();
        }
        let document = services.documents.get(id).await.ok();
        let place = document.and_then(|document| {
            let is_it = |record: &&VectorStoreRecord| record.collection.name == document.collection;
            let store = self.records.iter().find(is_it)?.id.clone();
            Some(Place { collection: document.collection, store })
        });
        self.places.insert(id.clone(), place.clone());
        place
    }

    /// Gives what is attached to a document.
    pub async fn attributes(
        &mut self,
        services: &Services,
        id: &DocumentId,
        place: Option<&Place>,
    ) -> Result<Attributes, ApiError> {
        let Some(Place { collection, .. }) = place else { return Ok(Attributes::new()) };
        if !self.attributes.contains_key(collection) {
            let all = services.files.list_attributes(collection).await?;
            self.attributes.insert(collection.clone(), all);
        }
        let found = self.attributes.get(collection).and_then(|all| all.get(id));
        Ok(found.cloned().unwrap_or_default())
    }

    /// Names the stores that the documents of a sentence's quotes are in.
    pub async fn name(&mut self, services: &Services, cited: &mut Cited) {
        for citation in &cited.citations {
            let id = &citation.document.id;
            if let Some(place) = self.place(services, id).await {
                cited.stores.insert(id.clone(), place.store);
            }
        }
    }
}
