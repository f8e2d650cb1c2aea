//! Collections as vector stores in SQLite.

use async_trait::async_trait;
use quire_domain::CollectionName;
use quire_folder_sync::now_ms;
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};

use super::database::SqliteCatalog;
use super::rows::collections::{collection_row, read_collection};
use super::rows::paging::read_page;
use super::rows::{from_json, parse, to_json};
use crate::reach::reached_names;
use crate::{CatalogError, Paging, VectorStoreChange, VectorStoreRecord, VectorStoreRecords};

/// Columns of a vector store.
const STORE: &str = "SELECT s.id, s.id AS key, c.name AS collection, s.name, s.description,
    s.metadata, s.expires_after_days, s.last_active_at_ms, c.created_at_ms
    FROM vector_stores s JOIN collections c ON c.id = s.collection_id";

fn store(transaction: &Transaction<'_>, row: &Row<'_>) -> Result<VectorStoreRecord, CatalogError> {
    let collection: CollectionName = parse(row, "collection")?;
    Ok(VectorStoreRecord {
        id: parse(row, "id")?,
        collection: read_collection(transaction, &collection)?,
        name: row.get("name")?,
        description: row.get("description")?,
        metadata: from_json(row, "metadata")?,
        expires_after_days: row.get("expires_after_days")?,
        last_active_at_ms: row.get("last_active_at_ms")?,
    })
}

fn read_store(transaction: &Transaction<'_>, row: i64) -> Result<VectorStoreRecord, CatalogError> {
    let mut statement = transaction.prepare_cached(&format!("{STORE} WHERE c.id = ?1"))?;
    let mut found = statement.query([row])?;
    let missing = || CatalogError::NoSuchVectorStore { id: row.to_string() };
    store(transaction, found.next()?.ok_or_else(missing)?)
}

#[async_trait]
impl VectorStoreRecords for SqliteCatalog {
    async fn get_vector_store(&self, key: &str) -> Result<VectorStoreRecord, CatalogError> {
        let key = key.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT collection_id FROM vector_stores WHERE id = ?1";
            let found: Option<i64> =
                transaction.query_row(sql, [&key], |row| row.get(0)).optional()?;
            let missing = || CatalogError::NoSuchVectorStore { id: key.clone() };
            let row = if let Some(row) = found {
                row
            } else {
                let name: CollectionName = key.parse().map_err(|_| missing())?;
                collection_row(transaction, &name).map_err(|_| missing())?
            };
            let found = read_store(transaction, row);
            let is_out_of_reach =
                |error: &CatalogError| matches!(error, CatalogError::NoSuchCollection { .. });
            found.map_err(|error| if is_out_of_reach(&error) { missing() } else { error })
        };
        self.database.transact(work).await
    }

    async fn list_vector_stores(
        &self,
        paging: Paging,
    ) -> Result<Vec<VectorStoreRecord>, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let place = "SELECT c.created_at_ms, s.id FROM vector_stores s
                JOIN collections c ON c.id = s.collection_id WHERE s.id = ?1";
            let query = format!(
                "{STORE} WHERE ?1 IS NULL OR c.name_key IN (SELECT value FROM json_each(?1))"
            );
            let names = reached_names();
            let values: [&dyn ToSql; 1] = [&names];
            read_page(transaction, (&query, &values), place, &paging, |row| store(transaction, row))
        };
        self.database.transact(work).await
    }

    async fn change_vector_store(
        &self,
        collection: &CollectionName,
        change: VectorStoreChange,
    ) -> Result<VectorStoreRecord, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let row = collection_row(transaction, &collection)?;
            let now = read_store(transaction, row)?;
            let metadata = change.metadata.unwrap_or(now.metadata);
            let sql = "UPDATE vector_stores SET name = ?2, description = ?3, metadata = ?4,
                expires_after_days = ?5, last_active_at_ms = ?6 WHERE collection_id = ?1";
            let values = params![
                row,
                change.name.unwrap_or(now.name),
                change.description.or(now.description),
                to_json(&metadata, "metadata")?,
                change.expires_after_days.unwrap_or(now.expires_after_days),
                now_ms()
            ];
            transaction.execute(sql, values)?;
            read_store(transaction, row)
        };
        self.database.transact(work).await
    }
}
