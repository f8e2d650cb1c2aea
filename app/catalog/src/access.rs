//! Keys that open the server, and the record of what was done with them.

use async_trait::async_trait;
use quire_domain::sync::KeyId;
use quire_domain::{AccessKey, AccessRecord, CollectionName, KeyName, Permission};

use crate::CatalogError;

/// A key to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAccessKey {
    /// The SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// What the owner calls it.
    pub name: KeyName,
    /// What it may do.
    pub allow: Vec<Permission>,
    /// The collections that it opens; all of them if absent.
    pub collections: Option<Vec<CollectionName>>,
    /// When it ends.
    pub expires_at_ms: Option<i64>,
}

/// Keeps keys, as hashes only, and who used them. A collection that is renamed keeps the keys that open it.
#[async_trait]
pub trait AccessKeys: Send + Sync {
    /// Records a key; a name that another key has is `KeyExists`.
    async fn add_access_key(&self, key: NewAccessKey) -> Result<AccessKey, CatalogError>;

    /// Lists all keys by name, those that have ended too.
    async fn list_access_keys(&self) -> Result<Vec<AccessKey>, CatalogError>;

    /// Finds a key by its hash, whether it has ended or not, and notes that it was used, to the minute.
    async fn find_access_key(&self, key_hash: [u8; 32]) -> Result<Option<AccessKey>, CatalogError>;

    /// Ends a key; one that is not there is `NoSuchAccessKey`.
    async fn delete_access_key(&self, id: &KeyId) -> Result<(), CatalogError>;

    /// Returns whether any device was paired, and so holds a key of a source.
    async fn is_any_device_paired(&self) -> Result<bool, CatalogError>;

    /// Records requests and forgets all but the newest `keep`.
    async fn add_access_records(
        &self,
        records: Vec<AccessRecord>,
        keep: u32,
    ) -> Result<(), CatalogError>;

    /// Lists the newest requests, the newest last.
    async fn list_access_records(&self, limit: u32) -> Result<Vec<AccessRecord>, CatalogError>;
}
