//! What clients of the OpenAI API leave here to go on with: responses, and threads, which they call conversations.

use std::collections::BTreeMap;
use std::sync::Arc;

use quire_catalog::{KeptRecords, KeptResponse, Paging, Thread, ThreadItem};

use crate::ServiceError;

/// The part of the services that keeps them.
pub struct Kept {
    pub(crate) catalog: Arc<dyn KeptRecords>,
}

impl Kept {
    /// Keeps a response under its identifier, in the place of what was there.
    pub async fn put_response(&self, id: &str, response: KeptResponse) -> Result<(), ServiceError> {
        Ok(self.catalog.put_response(id, response).await?)
    }

    /// Gets a response.
    pub async fn get_response(&self, id: &str) -> Result<KeptResponse, ServiceError> {
        Ok(self.catalog.get_response(id).await?)
    }

    /// Forgets a response.
    pub async fn delete_response(&self, id: &str) -> Result<(), ServiceError> {
        Ok(self.catalog.delete_response(id).await?)
    }

    /// Makes a thread.
    pub async fn create_thread(
        &self,
        metadata: BTreeMap<String, String>,
        items: Vec<ThreadItem>,
    ) -> Result<Thread, ServiceError> {
        Ok(self.catalog.create_thread(metadata, items).await?)
    }

    /// Gets a thread.
    pub async fn get_thread(&self, id: &str) -> Result<Thread, ServiceError> {
        Ok(self.catalog.get_thread(id).await?)
    }

    /// Replaces the notes of a thread.
    pub async fn change_thread(
        &self,
        id: &str,
        metadata: BTreeMap<String, String>,
    ) -> Result<Thread, ServiceError> {
        Ok(self.catalog.change_thread(id, metadata).await?)
    }

    /// Deletes a thread with its items.
    pub async fn delete_thread(&self, id: &str) -> Result<(), ServiceError> {
        Ok(self.catalog.delete_thread(id).await?)
    }

    /// Adds items at the end of a thread.
    pub async fn append_items(&self, id: &str, items: Vec<ThreadItem>) -> Result<(), ServiceError> {
        Ok(self.catalog.append_items(id, items).await?)
    }

    /// Lists items of a thread.
    pub async fn list_items(
        &self,
        id: &str,
        paging: Paging,
    ) -> Result<Vec<ThreadItem>, ServiceError> {
        Ok(self.catalog.list_items(id, paging).await?)
    }

    /// Gets an item of a thread.
    pub async fn get_item(&self, id: &str, item: &str) -> Result<ThreadItem, ServiceError> {
        Ok(self.catalog.get_item(id, item).await?)
    }

    /// Deletes an item of a thread.
    pub async fn delete_item(&self, id: &str, item: &str) -> Result<(), ServiceError> {
        Ok(self.catalog.delete_item(id, item).await?)
    }
}
