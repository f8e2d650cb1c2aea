//! Records of what the standard's clients leave here to go on with: responses, and threads of items. Their bodies are
//! the client's own words, which the catalog does not read.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{CatalogError, Paging};

/// A response that a later request can go on with.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct KeptResponse {
    /// As it was told.
    pub resource: Value,
    /// The whole chat as items, the response's own at the end, without instructions.
    pub items: Vec<Value>,
    /// What was sent with the request.
    pub input: Vec<Value>,
}

/// A chat as a list of items.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    /// Its identifier.
    pub id: String,
    /// What a client notes with it.
    pub metadata: BTreeMap<String, String>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

/// An item of a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadItem {
    /// Its identifier in the thread.
    pub id: String,
    /// The item.
    pub item: Value,
}

/// Keeps responses and threads.
#[async_trait]
pub trait KeptRecords: Send + Sync {
    /// Keeps a response under its identifier, in the place of what was there; the oldest leave.
    async fn put_response(&self, id: &str, response: KeptResponse) -> Result<(), CatalogError>;

    /// Gets a response.
    async fn get_response(&self, id: &str) -> Result<KeptResponse, CatalogError>;

    /// Forgets a response.
    async fn delete_response(&self, id: &str) -> Result<(), CatalogError>;

    /// Makes a thread.
    async fn create_thread(
        &self,
        metadata: BTreeMap<String, String>,
        items: Vec<ThreadItem>,
    ) -> Result<Thread, CatalogError>;

    /// Gets a thread.
    async fn get_thread(&self, id: &str) -> Result<Thread, CatalogError>;

    /// Replaces the notes of a thread.
    async fn change_thread(
        &self,
        id: &str,
        metadata: BTreeMap<String, String>,
    ) -> Result<Thread, CatalogError>;

    /// Removes a thread with its items.
    async fn delete_thread(&self, id: &str) -> Result<(), CatalogError>;

    /// Adds items at the end, all or none.
    async fn append_items(&self, id: &str, items: Vec<ThreadItem>) -> Result<(), CatalogError>;

    /// Lists items in the order of their coming or the other way round.
    async fn list_items(&self, id: &str, paging: Paging) -> Result<Vec<ThreadItem>, CatalogError>;

    /// Gets an item.
    async fn get_item(&self, id: &str, item: &str) -> Result<ThreadItem, CatalogError>;

    /// Removes an item.
    async fn delete_item(&self, id: &str, item: &str) -> Result<(), CatalogError>;
}
