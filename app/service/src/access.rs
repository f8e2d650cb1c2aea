//! Keys that open the server: making, listing, ending and finding them, and the record of their use.
//!
//! A key is 256 random bits. Only its hash is kept, and it is never logged.

use std::sync::Arc;

use quire_catalog::{AccessKeys, NewAccessKey};
use quire_domain::sync::KeyId;
use quire_domain::{AccessKey, AccessKeyRequest, AccessRecord, NewKey, Permission};
use quire_folder_sync::{now_ms, sha256};
use uuid::Uuid;

use crate::ServiceError;
use quire_domain::hex::hex;

/// What every key begins with, so that it is told from what clients send to servers that want none.
pub const KEY_PREFIX: &str = "sk-quire-";
/// How many requests are remembered.
const KEPT_RECORDS: u32 = 20_000;
/// The longest that a key may last: a hundred years.
const LONGEST_S: u64 = 100 * 365 * 24 * 60 * 60;

/// What a key that was sent is.
#[derive(Clone, Debug, PartialEq)]
pub enum FoundKey {
    /// One that opens something.
    Valid(AccessKey),
    /// One that has ended.
    Ended(AccessKey),
    /// None that was made here, or one that was revoked.
    Unknown,
}

/// The part of the services that knows who may call.
pub struct Access {
    pub(crate) catalog: Arc<dyn AccessKeys>,
}

impl Access {
    /// Makes a key. It is in the reply and nowhere else.
    pub async fn create(&self, request: AccessKeyRequest) -> Result<NewKey, ServiceError> {
        let AccessKeyRequest { name, mut allow, collections, expires_in_s } = request;
        allow.sort_unstable();
        allow.dedup();
        if allow.is_empty() {
            return Err(ServiceError::Empty { what: "list of what the key may do" });
        }
        let key = format!("{KEY_PREFIX}{}", random());
        let lasts_ms = |seconds: u64| (seconds.min(LONGEST_S) * 1000) as i64;
        let record = NewAccessKey {
            key_hash: sha256(key.as_bytes()),
            name,
            allow,
            collections,
            expires_at_ms: expires_in_s.map(|seconds| now_ms() + lasts_ms(seconds)),
        };
        let details = self.catalog.add_access_key(record).await?;
        tracing::info!(key.id = %details.id, "made key `{}`", details.name);
        Ok(NewKey { key, details })
    }

    /// Lists all keys by name, those that have ended too.
    pub async fn list(&self) -> Result<Vec<AccessKey>, ServiceError> {
        Ok(self.catalog.list_access_keys().await?)
    }

    /// Ends a key: the next request with it is refused.
    pub async fn revoke(&self, id: &KeyId) -> Result<(), ServiceError> {
        self.catalog.delete_access_key(id).await?;
        tracing::info!(key.id = %id, "revoked key {id}");
        Ok(())
    }

    /// Finds out what a key that was sent opens.
    pub async fn find(&self, key: &str) -> Result<FoundKey, ServiceError> {
        Ok(match self.catalog.find_access_key(sha256(key.as_bytes())).await? {
            Some(key) if key.has_ended(now_ms()) => FoundKey::Ended(key),
            Some(key) => FoundKey::Valid(key),
            None => FoundKey::Unknown,
        })
    }

    /// Returns whether anybody could call from another machine: whether there is a key that has not ended, or a
    /// paired device.
    pub async fn is_any_key(&self) -> Result<bool, ServiceError> {
        let now = now_ms();
        let is_usable = self.list().await?.iter().any(|key| !key.has_ended(now));
        Ok(is_usable || self.catalog.is_any_device_paired().await?)
    }

    /// Records requests.
    pub async fn record(&self, records: Vec<AccessRecord>) -> Result<(), ServiceError> {
        Ok(self.catalog.add_access_records(records, KEPT_RECORDS).await?)
    }

    /// Lists the newest requests that came with a key or from another machine, the newest last.
    pub async fn list_records(&self, limit: u32) -> Result<Vec<AccessRecord>, ServiceError> {
        Ok(self.catalog.list_access_records(limit).await?)
    }
}

/// Makes 256 random bits: a UUID has 122 of them, so three are hashed.
pub fn random() -> String {
    let random: Vec<u8> = (0..3).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
    hex(&sha256(&random))
}

/// Shows what a key may do, as in `read, ask`.
pub fn show_permissions(allow: &[Permission]) -> String {
    let words: Vec<&str> = allow.iter().map(|permission| permission.as_str()).collect();
    words.join(", ")
}
