//! Pairing: a one-time code, shown on the server's own machine, is traded for a key that opens one
//! source. Neither is kept; their hashes are.

use std::time::Duration;

use quire_catalog::{CatalogError, NewPairingCode, NewSourceKey};
use quire_domain::sync::{
    IssuedKey, KeyId, PairReply, PairRequest, PairingCode, PairingCodeRequest, SourceId,
};
use quire_folder_sync::{now_ms, sha256};
use uuid::Uuid;

use super::{Sources, SyncError, milliseconds};
use crate::ServiceError;

pub use quire_catalog::SourceKey as AccessKey;

/// How long a code lasts.
const CODE_AGE: Duration = Duration::from_mins(10);
/// Wrong codes after which it ends.
const CODE_TRIES: u32 = 5;
/// Letters and digits that nobody takes for another: 32 of them, 5 bits each.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Letters and digits of a code: 40 bits, with five tries.
const CODE_LENGTH: usize = 8;

impl Sources {
    /// Makes a code for one device.
    pub async fn create_pairing_code(
        &self,
        request: PairingCodeRequest,
    ) -> Result<PairingCode, ServiceError> {
        // The last bytes of a random UUID are all random.
        let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
        let random = random.iter().flat_map(|bytes| &bytes[12..]);
        let code: String =
            random.map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        let expires_at = now_ms() + milliseconds(CODE_AGE);
        let record = NewPairingCode {
            code_hash: hash_code(&code),
            collection: request.collection,
            source: request.source_id,
            tries: CODE_TRIES,
            expires_at_ms: expires_at,
        };
        self.parts.catalog.add_pairing_code(record).await?;
        let (left, right) = code.split_at(CODE_LENGTH / 2);
        Ok(PairingCode { code: format!("{left}-{right}"), expires_at })
    }

    /// Trades a code for a key.
    pub async fn pair(&self, request: PairRequest) -> Result<PairReply, ServiceError> {
        let chosen = match request.source_id {
            Some(id) => id,
            None => Uuid::new_v4().to_string().parse()?,
        };
        let key = format!("qk_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let record = NewSourceKey {
            key_hash: sha256(key.as_bytes()),
            source: chosen,
            device: request.device.id,
        };
        let code = hash_code(&request.code);
        let redeemed = self.parts.catalog.redeem_pairing_code(code, record).await;
        let AccessKey { source, collection } = redeemed.map_err(|error| match error {
            CatalogError::WrongCode => SyncError::WrongCode.into(),
            error => ServiceError::from(error),
        })?;
        tracing::info!(source.id = %source, "paired a device with source {source}");
        let scope = format!("sync:{source}");
        Ok(PairReply { key, scope, source_id: source, collection })
    }

    /// Finds what a key opens.
    pub async fn find_access(&self, key: &str) -> Result<AccessKey, ServiceError> {
        let found = self.parts.catalog.find_key(sha256(key.as_bytes())).await?;
        Ok(found.ok_or(SyncError::InvalidKey)?)
    }

    /// Lists the keys of a source, the one used last first.
    pub async fn list_keys(&self, id: &SourceId) -> Result<Vec<IssuedKey>, ServiceError> {
        self.parts.catalog.get_source(id).await?;
        Ok(self.parts.catalog.list_keys(id).await?)
    }

    /// Ends a key of a source: the next call with it is refused.
    pub async fn revoke_key(&self, id: &SourceId, key: &KeyId) -> Result<(), ServiceError> {
        self.parts.catalog.delete_key(id, key).await?;
        tracing::info!(source.id = %id, "revoked a key of source {id}");
        Ok(())
    }

    /// Checks that a key opens a source, which must lie in the collection that the key is for.
    pub async fn check_access(&self, key: &AccessKey, id: &SourceId) -> Result<(), ServiceError> {
        if key.source != *id {
            return Err(SyncError::WrongScope.into());
        }
        match self.parts.catalog.get_source(id).await {
            Ok(source) if source.collection != key.collection => Err(SyncError::WrongScope.into()),
            Ok(_) | Err(CatalogError::NoSuchSource { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Hashes a code however it was typed.
fn hash_code(code: &str) -> [u8; 32] {
    let typed: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    sha256(format!("pairing code {typed}").as_bytes())
}
