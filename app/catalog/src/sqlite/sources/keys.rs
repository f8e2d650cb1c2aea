//! Pairing codes and keys in SQLite. The first bytes of a key's hash name the key.

use async_trait::async_trait;
use quire_domain::sync::{IssuedKey, KeyId, SourceId};
use quire_folder_sync::now_ms;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use crate::sqlite::database::SqliteCatalog;
use crate::sqlite::key_use::is_use_worth_noting;
use crate::sqlite::rows;
use crate::sqlite::rows::collections::collection_row;
use crate::{CatalogError, NewPairingCode, NewSourceKey, SourceKey, SourceKeys};

fn add_code(transaction: &Transaction<'_>, code: &NewPairingCode) -> Result<(), CatalogError> {
    let sql = "INSERT INTO pairing_codes
        (code_hash, collection_id, source_id, tries_left, expires_at_ms)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![
        code.code_hash.as_slice(),
        collection_row(transaction, &code.collection)?,
        code.source.as_ref().map(SourceId::as_str),
        code.tries,
        code.expires_at_ms
    ];
    transaction.execute(sql, values)?;
    Ok(())
}

/// Trades a code for a key; `None` for a wrong one, which costs every code a try.
fn redeem(
    transaction: &Transaction<'_>,
    code_hash: &[u8; 32],
    key: &NewSourceKey,
) -> Result<Option<SourceKey>, CatalogError> {
    let now = now_ms();
    let sql = "DELETE FROM pairing_codes WHERE expires_at_ms < ?1";
    transaction.execute(sql, [now])?;
    let sql = "DELETE FROM pairing_codes WHERE code_hash = ?1
        RETURNING collection_id, source_id";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found: Option<(i64, Option<String>)> =
        transaction.query_row(sql, [code_hash.as_slice()], read).optional()?;
    let Some((collection, source)) = found else {
        transaction.execute("UPDATE pairing_codes SET tries_left = tries_left - 1", [])?;
        transaction.execute("DELETE FROM pairing_codes WHERE tries_left <= 0", [])?;
        return Ok(None);
    };
    let source = source.unwrap_or_else(|| key.source.to_string());
    let sql = "INSERT INTO source_keys
        (key_hash, source_id, collection_id, device_id, created_at_ms, used_at_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
    let device = key.device.as_str();
    transaction.execute(sql, params![key.key_hash.as_slice(), source, collection, device, now])?;
    find_key(transaction, &key.key_hash)
}

fn find_key(
    transaction: &Transaction<'_>,
    key_hash: &[u8; 32],
) -> Result<Option<SourceKey>, CatalogError> {
    let sql = "SELECT k.source_id, c.name AS collection, k.used_at_ms FROM source_keys k
        JOIN collections c ON c.id = k.collection_id WHERE k.key_hash = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut found = statement.query([key_hash.as_slice()])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let now = now_ms();
    if is_use_worth_noting(row.get("used_at_ms")?, now) {
        let sql = "UPDATE source_keys SET used_at_ms = ?2 WHERE key_hash = ?1";
        transaction.execute(sql, params![key_hash.as_slice(), now])?;
    }
    Ok(Some(SourceKey {
        source: rows::parse(row, "source_id")?,
        collection: rows::parse(row, "collection")?,
    }))
}

fn list_keys(
    transaction: &Transaction<'_>,
    source: &SourceId,
) -> Result<Vec<IssuedKey>, CatalogError> {
    let sql = "SELECT lower(hex(substr(k.key_hash, 1, 8))) AS id, k.device_id,
            coalesce(d.name, '') AS device_name, k.created_at_ms, k.used_at_ms
        FROM source_keys k
        LEFT JOIN source_devices d ON d.source_id = k.source_id AND d.id = k.device_id
        WHERE k.source_id = ?1 ORDER BY k.used_at_ms DESC, k.created_at_ms DESC, id";
    let mut statement = transaction.prepare_cached(sql)?;
    let read = |row: &Row<'_>| {
        Ok(IssuedKey {
            id: rows::parse(row, "id")?,
            device_id: rows::parse(row, "device_id")?,
            device_name: row.get("device_name")?,
            created_at: row.get("created_at_ms")?,
            used_at: row.get("used_at_ms")?,
        })
    };
    let found = statement.query_and_then([source.as_str()], read)?;
    found.collect()
}

fn delete_key(
    transaction: &Transaction<'_>,
    source: &SourceId,
    key: &KeyId,
) -> Result<(), CatalogError> {
    let sql = "DELETE FROM source_keys
        WHERE source_id = ?1 AND lower(hex(substr(key_hash, 1, 8))) = ?2";
    match transaction.execute(sql, [source.as_str(), key.as_str()])? {
        0 => Err(CatalogError::NoSuchKey { id: key.to_string() }),
        _ => Ok(()),
    }
}

#[async_trait]
impl SourceKeys for SqliteCatalog {
    async fn add_pairing_code(&self, code: NewPairingCode) -> Result<(), CatalogError> {
        self.database.transact(move |transaction| add_code(transaction, &code)).await
    }

    async fn redeem_pairing_code(
        &self,
        code_hash: [u8; 32],
        key: NewSourceKey,
    ) -> Result<SourceKey, CatalogError> {
        // The lost try is kept, so the transaction ends well whatever came of it.
        let work = move |transaction: &Transaction<'_>| redeem(transaction, &code_hash, &key);
        self.database.transact(work).await?.ok_or(CatalogError::WrongCode)
    }

    async fn find_key(&self, key_hash: [u8; 32]) -> Result<Option<SourceKey>, CatalogError> {
        self.database.transact(move |transaction| find_key(transaction, &key_hash)).await
    }

    async fn list_keys(&self, source: &SourceId) -> Result<Vec<IssuedKey>, CatalogError> {
        let source = source.clone();
        self.database.transact(move |transaction| list_keys(transaction, &source)).await
    }

    async fn delete_key(&self, source: &SourceId, key: &KeyId) -> Result<(), CatalogError> {
        let (source, key) = (source.clone(), key.clone());
        self.database.transact(move |transaction| delete_key(transaction, &source, &key)).await
    }
}
