//! Pairing codes and keys in SQLite.

use async_trait::async_trait;
use quire_domain::sync::SourceId;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::super::collections::collection_row;
use super::super::{SqliteCatalog, now_ms, rows};
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
    let sql = "UPDATE source_keys SET used_at_ms = ?2 WHERE key_hash = ?1";
    transaction.execute(sql, params![key_hash.as_slice(), now_ms()])?;
    let sql = "SELECT k.source_id, c.name AS collection FROM source_keys k
        JOIN collections c ON c.id = k.collection_id WHERE k.key_hash = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut found = statement.query([key_hash.as_slice()])?;
    let Some(row) = found.next()? else { return Ok(None) };
    Ok(Some(SourceKey {
        source: rows::parse(row, "source_id")?,
        collection: rows::parse(row, "collection")?,
    }))
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
}
