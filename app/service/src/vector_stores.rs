//! Collections as the vector stores of the OpenAI API: the same collections, with identifiers, free names and notes.

use std::collections::BTreeMap;
use std::sync::Arc;

use quire_catalog::{Paging, VectorStoreChange, VectorStoreRecord, VectorStoreRecords};
use quire_domain::{CollectionName, ErrorKind};

use crate::ServiceError;
use crate::collections::{CollectionChange, Collections, NewCollection};

/// The name of a collection that was made without one.
const UNNAMED: &str = "Vector store";

/// The most characters of a collection's name that are taken from a free name.
const NAME_CHARACTERS: usize = 56;

/// A vector store to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewVectorStore {
    /// Its name, free and not unique.
    pub name: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// What a client notes with it.
    pub metadata: BTreeMap<String, String>,
    /// After how many days without use it expires.
    pub expires_after_days: Option<u32>,
}

/// What is to change of a vector store; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoreChange {
    /// Another name.
    pub name: Option<String>,
    /// All notes.
    pub metadata: Option<BTreeMap<String, String>>,
    /// After how many days without use it expires; `Some(None)` never.
    pub expires_after_days: Option<Option<u32>>,
}

/// The part of the services that shows collections as vector stores.
pub struct VectorStores {
    pub(crate) catalog: Arc<dyn VectorStoreRecords>,
    pub(crate) collections: Arc<Collections>,
}

impl VectorStores {
    /// Makes an empty collection. Its name is the store's as far as collections may have it, and with a number if it is taken.
    pub async fn create(&self, new: NewVectorStore) -> Result<VectorStoreRecord, ServiceError> {
        let given = new.name.filter(|name| !name.trim().is_empty());
        let wanted = given.as_deref().unwrap_or(UNNAMED);
        let mut number = 1;
        let collection = loop {
            let name = collection_name(wanted, number)?;
            let new = NewCollection { name, embedding_model: None, language: None };
            match self.collections.create(new).await {
                Err(error) if error.kind() == ErrorKind::Conflict => number += 1,
                made => break made?,
            }
        };
        let change = VectorStoreChange {
            name: Some(given.filter(|name| *name != collection.name.as_str())),
            description: new.description,
            metadata: Some(new.metadata),
            expires_after_days: Some(new.expires_after_days),
        };
        Ok(self.catalog.change_vector_store(&collection.name, change).await?)
    }

    /// Gets one by its identifier, or else by its collection's name.
    pub async fn get(&self, key: &str) -> Result<VectorStoreRecord, ServiceError> {
        Ok(self.catalog.get_vector_store(key).await?)
    }

    /// Lists them by time.
    pub async fn list(&self, paging: Paging) -> Result<Vec<VectorStoreRecord>, ServiceError> {
        Ok(self.catalog.list_vector_stores(paging).await?)
    }

    /// Changes one. The collection takes the new name if it can have it.
    pub async fn change(
        &self,
        key: &str,
        change: StoreChange,
    ) -> Result<VectorStoreRecord, ServiceError> {
        let store = self.get(key).await?;
        let mut collection = store.collection.name;
        let mut shown = None;
        if let Some(name) = change.name.filter(|name| !name.trim().is_empty()) {
            let wanted: Option<CollectionName> = name.parse().ok();
            let renamed = match wanted {
                Some(wanted) if wanted == collection => Some(collection.clone()),
                Some(wanted) => self.rename(&collection, wanted).await?,
                None => None,
            };
            shown = Some(renamed.is_none().then_some(name));
            collection = renamed.unwrap_or(collection);
        }
        let change = VectorStoreChange {
            name: shown,
            description: None,
            metadata: change.metadata,
            expires_after_days: change.expires_after_days,
        };
        Ok(self.catalog.change_vector_store(&collection, change).await?)
    }

    async fn rename(
        &self,
        collection: &CollectionName,
        name: CollectionName,
    ) -> Result<Option<CollectionName>, ServiceError> {
        let change = CollectionChange { name: Some(name), ..CollectionChange::default() };
        match self.collections.change(collection, change).await {
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(None),
            changed => changed.map(|changed| Some(changed.name)),
        }
    }

    /// Notes that one was used.
    pub async fn touch(&self, collection: &CollectionName) -> Result<(), ServiceError> {
        let change = VectorStoreChange::default();
        self.catalog.change_vector_store(collection, change).await?;
        Ok(())
    }

    /// Deletes one: its collection with its documents. Files that were uploaded by themselves stay.
    pub async fn delete(&self, key: &str) -> Result<VectorStoreRecord, ServiceError> {
        let store = self.get(key).await?;
        self.collections.delete(&store.collection.name).await?;
        Ok(store)
    }
}

/// Makes the name of a collection out of a free one.
fn collection_name(free: &str, number: u32) -> Result<CollectionName, ServiceError> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
    let name: String = free.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    let name = name.trim_start_matches(|c: char| !c.is_alphanumeric());
    let name: String = name.chars().take(NAME_CHARACTERS).collect();
    let name = if name.trim().is_empty() { UNNAMED } else { name.trim() };
    let name = if number == 1 { name.to_owned() } else { format!("{name} {number}") };
    Ok(name.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_takes_what_it_can_of_a_name() {
        let long = "x".repeat(300);
        for (free, number, expected) in [
            ("Support FAQ", 1, "Support FAQ"),
            ("Support/FAQ?", 2, "Support-FAQ- 2"),
            ("__x", 1, "x"),
            ("???", 1, UNNAMED),
            (&long, 1, &long[..NAME_CHARACTERS]),
        ] {
            assert_eq!(collection_name(free, number).expect("a name").as_str(), expected, "{free}");
        }
    }
}
