//! Pairing codes, and the keys that they are traded for: each opens one source.

use async_trait::async_trait;
use quire_domain::CollectionName;
use quire_domain::sync::{DeviceId, IssuedKey, KeyId, SourceId};

use crate::CatalogError;

/// A pairing code to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPairingCode {
    /// The SHA-256 of the code.
    pub code_hash: [u8; 32],
    /// The collection that its key may mirror into.
    pub collection: CollectionName,
    /// The source that its key opens, if that is settled.
    pub source: Option<SourceId>,
    /// How many wrong codes may be tried before it ends.
    pub tries: u32,
    /// When it ends.
    pub expires_at_ms: i64,
}

/// A key to be recorded in exchange for a code.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSourceKey {
    /// The SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// The source that it opens, if the code names none.
    pub source: SourceId,
    /// The device that it is for.
    pub device: DeviceId,
}

/// What a key opens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SourceKey {
    /// The source.
    pub source: SourceId,
    /// The collection that the source is mirrored into.
    pub collection: CollectionName,
}

/// Keeps pairing codes and keys, as hashes only.
#[async_trait]
pub trait SourceKeys: Send + Sync {
    /// Records a pairing code.
    async fn add_pairing_code(&self, code: NewPairingCode) -> Result<(), CatalogError>;

    /// Trades a code for a key. A wrong code costs every code a try and is `WrongCode`; the right
    /// one ends with this.
    async fn redeem_pairing_code(
        &self,
        code_hash: [u8; 32],
        key: NewSourceKey,
    ) -> Result<SourceKey, CatalogError>;

    /// Finds what a key opens and notes that it was used, to the minute.
    async fn find_key(&self, key_hash: [u8; 32]) -> Result<Option<SourceKey>, CatalogError>;

    /// Lists the keys of a source, the one used last first.
    async fn list_keys(&self, source: &SourceId) -> Result<Vec<IssuedKey>, CatalogError>;

    /// Ends a key of a source; one that is not there is `NoSuchKey`.
    async fn delete_key(&self, source: &SourceId, key: &KeyId) -> Result<(), CatalogError>;
}
