//! Collections in SQLite.

use async_trait::async_trait;
use quire_domain::{Collection, CollectionName, IndexSwitch};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{SqliteCatalog, indexes, now_ms, rows};
use crate::{CatalogError, CollectionRecords, NewCollectionRecord};

/// Folds a name for comparison.
fn name_key(name: &CollectionName) -> String {
    name.as_str().to_lowercase()
}

/// Finds a collection's row number.
pub(super) fn collection_row(
    transaction: &Transaction<'_>,
    name: &CollectionName,
) -> Result<i64, CatalogError> {
    let sql = "SELECT id FROM collections WHERE name_key = ?1";
    let found = transaction.query_row(sql, [name_key(name)], |row| row.get(0)).optional()?;
    found.ok_or_else(|| CatalogError::NoSuchCollection { name: name.to_string() })
}

/// Reads a collection with its counts and indexes.
pub(super) fn read_collection(
    transaction: &Transaction<'_>,
    name: &CollectionName,
) -> Result<Collection, CatalogError> {
    let id = collection_row(transaction, name)?;
    let sql = format!("{} WHERE c.id = ?1 GROUP BY c.id", rows::COLLECTION);
    let mut statement = transaction.prepare_cached(&sql)?;
    let mut found = statement.query([id])?;
    let row = found.next()?;
    row.map_or_else(
        || Err(CatalogError::NoSuchCollection { name: name.to_string() }),
        rows::collection,
    )
}

fn refuse_taken(error: rusqlite::Error, name: &CollectionName) -> CatalogError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => {
            CatalogError::CollectionExists { name: name.to_string() }
        }
        _ => error.into(),
    }
}

#[async_trait]
impl CollectionRecords for SqliteCatalog {
    async fn list_collections(&self) -> Result<Vec<Collection>, CatalogError> {
        let work = |transaction: &Transaction<'_>| {
            let sql = format!("{} GROUP BY c.id ORDER BY c.name_key", rows::COLLECTION);
            let mut statement = transaction.prepare_cached(&sql)?;
            let found = statement.query_and_then([], rows::collection)?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn get_collection(&self, name: &CollectionName) -> Result<Collection, CatalogError> {
        let name = name.clone();
        self.database.transact(move |transaction| read_collection(transaction, &name)).await
    }

    async fn create_collection(
        &self,
        new: NewCollectionRecord,
    ) -> Result<Collection, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "INSERT INTO collections (name, name_key, index_id, created_at_ms)
                VALUES (?1, ?2, ?3, ?4)";
            let NewCollectionRecord { name, index } = new;
            let values = params![name.as_str(), name_key(&name), index.id, now_ms()];
            transaction.execute(sql, values).map_err(|error| refuse_taken(error, &name))?;
            let row = transaction.last_insert_rowid();
            indexes::insert(transaction, row, &index, IndexSwitch::WhenReady)?;
            read_collection(transaction, &name)
        };
        self.database.transact(work).await
    }

    async fn rename_collection(
        &self,
        name: &CollectionName,
        new_name: &CollectionName,
    ) -> Result<Collection, CatalogError> {
        let (name, new_name) = (name.clone(), new_name.clone());
        let work = move |transaction: &Transaction<'_>| {
            let id = collection_row(transaction, &name)?;
            let sql = "UPDATE collections SET name = ?2, name_key = ?3 WHERE id = ?1";
            let values = params![id, new_name.as_str(), name_key(&new_name)];
            transaction.execute(sql, values).map_err(|error| refuse_taken(error, &new_name))?;
            read_collection(transaction, &new_name)
        };
        self.database.transact(work).await
    }

    async fn delete_collection(&self, name: &CollectionName) -> Result<(), CatalogError> {
        let name = name.clone();
        let work = move |transaction: &Transaction<'_>| {
            let id = collection_row(transaction, &name)?;
            let sql = "INSERT OR IGNORE INTO removals (index_id)
                SELECT id FROM indexes WHERE collection_id = ?1";
            transaction.execute(sql, [id])?;
            transaction.execute("DELETE FROM collections WHERE id = ?1", [id])?;
            Ok(())
        };
        self.database.transact(work).await
    }
}
