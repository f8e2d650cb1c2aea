//! Keys that open the server, in SQLite. The first bytes of a key's hash name the key.

use async_trait::async_trait;
use quire_domain::sync::KeyId;
use quire_domain::{AccessKey, AccessRecord, CollectionName, Permission};
use quire_folder_sync::now_ms;
use rusqlite::{Row, Transaction, params};

use super::database::SqliteCatalog;
use super::key_use::is_use_worth_noting;
use super::rows;
use super::rows::collections::name_key;
use crate::reach::renamed_owner;
use crate::{AccessKeys, CatalogError, NewAccessKey};

/// The tables whose rows belong to whoever made them.
const OWNED: [&str; 3] = ["files", "kept_responses", "threads"];

/// Columns of a key.
const KEY: &str =
    "SELECT lower(hex(substr(key_hash, 1, 8))) AS id, key_hash, name, allow, is_limited,
    created_at_ms, expires_at_ms, used_at_ms FROM access_keys";

fn read_key(transaction: &Transaction<'_>, row: &Row<'_>) -> Result<AccessKey, CatalogError> {
    let allow: String = row.get("allow")?;
    let allow: Result<Vec<Permission>, _> = allow.split(',').map(str::parse).collect();
    let collections = if row.get("is_limited")? {
        Some(read_collections(transaction, &row.get::<_, Vec<u8>>("key_hash")?)?)
    } else {
        None
    };
    Ok(AccessKey {
        id: rows::parse(row, "id")?,
        name: rows::parse(row, "name")?,
        allow: allow.map_err(|_| CatalogError::Corrupt { column: "allow" })?,
        collections,
        created_at: row.get("created_at_ms")?,
        expires_at: row.get("expires_at_ms")?,
        used_at: row.get("used_at_ms")?,
    })
}

fn read_collections(
    transaction: &Transaction<'_>,
    key_hash: &[u8],
) -> Result<Vec<CollectionName>, CatalogError> {
    let sql = "SELECT name FROM access_key_collections WHERE key_hash = ?1 ORDER BY name_key";
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_and_then([key_hash], |row| rows::parse(row, "name"))?;
    found.collect()
}

fn find(
    transaction: &Transaction<'_>,
    key_hash: [u8; 32],
) -> Result<Option<AccessKey>, CatalogError> {
    let mut statement = transaction.prepare_cached(&format!("{KEY} WHERE key_hash = ?1"))?;
    let mut found = statement.query([key_hash.as_slice()])?;
    found.next()?.map(|row| read_key(transaction, row)).transpose()
}

fn add(transaction: &Transaction<'_>, key: &NewAccessKey) -> Result<AccessKey, CatalogError> {
    let hash = key.key_hash.as_slice();
    let allow: Vec<&str> = key.allow.iter().map(|permission| permission.as_str()).collect();
    let sql = "INSERT INTO access_keys
        (key_hash, name, allow, is_limited, created_at_ms, expires_at_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let is_limited = key.collections.is_some();
    let values =
        params![hash, key.name.as_str(), allow.join(","), is_limited, now_ms(), key.expires_at_ms];
    transaction.execute(sql, values).map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => {
            CatalogError::KeyExists { name: key.name.to_string() }
        }
        _ => error.into(),
    })?;
    let sql = "INSERT OR IGNORE INTO access_key_collections (key_hash, name, name_key)
        VALUES (?1, ?2, ?3)";
    for name in key.collections.iter().flatten() {
        transaction.execute(sql, params![hash, name.as_str(), name_key(name)])?;
    }
    let missing = || CatalogError::NoSuchAccessKey { name: key.name.to_string() };
    find(transaction, key.key_hash)?.ok_or_else(missing)
}

/// Has the keys that open a collection open it by its new name, and what was made with them stay theirs.
pub(super) fn carry_keys(
    transaction: &Transaction<'_>,
    name: &CollectionName,
    new_name: &CollectionName,
) -> Result<(), CatalogError> {
    let sql = "UPDATE OR IGNORE access_key_collections SET name = ?2, name_key = ?3
        WHERE name_key = ?1";
    transaction.execute(sql, params![name_key(name), new_name.as_str(), name_key(new_name)])?;
    for table in OWNED {
        carry_owners(transaction, table, |owner| renamed_owner(owner, name, new_name))?;
    }
    Ok(())
}

/// Gives the rows of a table the owners that follow from those they have.
fn carry_owners(
    transaction: &Transaction<'_>,
    table: &str,
    follow: impl Fn(&str) -> Option<String>,
) -> Result<(), CatalogError> {
    let sql = format!("SELECT DISTINCT owner FROM {table} WHERE owner <> ''");
    let mut statement = transaction.prepare_cached(&sql)?;
    let owners = statement.query_map([], |row| row.get(0))?;
    let owners: Vec<String> = owners.collect::<Result<_, _>>()?;
    let sql = format!("UPDATE {table} SET owner = ?2 WHERE owner = ?1");
    for owner in owners {
        if let Some(next) = follow(&owner) {
            transaction.execute(&sql, [owner, next])?;
        }
    }
    Ok(())
}

fn read_record(row: &Row<'_>) -> Result<AccessRecord, CatalogError> {
    Ok(AccessRecord {
        at: row.get("at_ms")?,
        key: row.get("key_name")?,
        address: row.get("address")?,
        method: row.get("method")?,
        path: row.get("path")?,
        status: row.get("status")?,
        request_id: row.get("request_id")?,
    })
}

fn add_records(
    transaction: &Transaction<'_>,
    records: &[AccessRecord],
    keep: u32,
) -> Result<(), CatalogError> {
    let sql = "INSERT INTO access_records
        (at_ms, key_name, address, method, path, status, request_id)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut statement = transaction.prepare_cached(sql)?;
    for record in records {
        let AccessRecord { at, key, address, method, path, status, request_id } = record;
        statement.execute(params![at, key, address, method, path, status, request_id])?;
    }
    let sql = "DELETE FROM access_records WHERE id <= (SELECT MAX(id) FROM access_records) - ?1";
    transaction.execute(sql, [keep])?;
    Ok(())
}

#[async_trait]
impl AccessKeys for SqliteCatalog {
    async fn add_access_key(&self, key: NewAccessKey) -> Result<AccessKey, CatalogError> {
        self.database.transact(move |transaction| add(transaction, &key)).await
    }

    async fn list_access_keys(&self) -> Result<Vec<AccessKey>, CatalogError> {
        let work = |transaction: &Transaction<'_>| {
            let sql = format!("{KEY} ORDER BY name COLLATE NOCASE");
            let mut statement = transaction.prepare_cached(&sql)?;
            let found = statement.query_and_then([], |row| read_key(transaction, row))?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn find_access_key(&self, key_hash: [u8; 32]) -> Result<Option<AccessKey>, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let Some(key) = find(transaction, key_hash)? else { return Ok(None) };
            let now = now_ms();
            if !is_use_worth_noting(key.used_at, now) {
                return Ok(Some(key));
            }
            let sql = "UPDATE access_keys SET used_at_ms = ?2 WHERE key_hash = ?1";
            transaction.execute(sql, params![key_hash.as_slice(), now])?;
            Ok(Some(AccessKey { used_at: Some(now), ..key }))
        };
        self.database.transact(work).await
    }

    async fn delete_access_key(&self, id: &KeyId) -> Result<(), CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "DELETE FROM access_keys WHERE lower(hex(substr(key_hash, 1, 8))) = ?1";
            match transaction.execute(sql, [id.as_str()])? {
                0 => Err(CatalogError::NoSuchAccessKey { name: id.to_string() }),
                _ => Ok(()),
            }
        };
        self.database.transact(work).await
    }

    async fn is_any_device_paired(&self) -> Result<bool, CatalogError> {
        let work = |transaction: &Transaction<'_>| {
            let sql = "SELECT EXISTS (SELECT 1 FROM source_keys)";
            Ok(transaction.query_row(sql, [], |row| row.get(0))?)
        };
        self.database.transact(work).await
    }

    async fn add_access_records(
        &self,
        records: Vec<AccessRecord>,
        keep: u32,
    ) -> Result<(), CatalogError> {
        self.database.transact(move |transaction| add_records(transaction, &records, keep)).await
    }

    async fn list_access_records(&self, limit: u32) -> Result<Vec<AccessRecord>, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT * FROM (SELECT * FROM access_records ORDER BY id DESC LIMIT ?1)
                ORDER BY id";
            let mut statement = transaction.prepare_cached(sql)?;
            let found = statement.query_and_then([limit], read_record)?;
            found.collect()
        };
        self.database.transact(work).await
    }
}
