//! Collections in SQLite.

use async_trait::async_trait;
use quire_domain::{Collection, CollectionName, IndexSwitch};
use quire_folder_sync::now_ms;
use rusqlite::{Transaction, params};

use super::access::carry_keys;
use super::database::SqliteCatalog;
use super::rows::collections::{COLLECTION, collection, collection_row, name_key, read_collection};
use super::rows::indexes;
use crate::reach::reaches;
use crate::{CatalogError, CollectionRecords, NewCollectionRecord};

fn refuse_taken(error: rusqlite::Error, name: &CollectionName) -> CatalogError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => {
            CatalogError::CollectionExists { name: name.to_string() }
        }
        _ => error.into(),
    }
}

/// Refuses a name that a limited catalog would not find again.
fn check_reach(name: &CollectionName) -> Result<(), CatalogError> {
    if reaches(name) { Ok(()) } else { Err(CatalogError::OutOfReach { name: name.to_string() }) }
}

#[async_trait]
impl CollectionRecords for SqliteCatalog {
    async fn list_collections(&self) -> Result<Vec<Collection>, CatalogError> {
        let work = |transaction: &Transaction<'_>| {
            let sql = format!("{COLLECTION} ORDER BY c.name_key");
            let mut statement = transaction.prepare_cached(&sql)?;
            let found = statement.query_and_then([], collection)?;
            let is_reached = |found: &Result<Collection, CatalogError>| {
                found.as_ref().map_or(true, |collection| reaches(&collection.name))
            };
            found.filter(is_reached).collect()
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
            check_reach(&name)?;
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
            check_reach(&new_name)?;
            let sql = "UPDATE collections SET name = ?2, name_key = ?3 WHERE id = ?1";
            let values = params![id, new_name.as_str(), name_key(&new_name)];
            transaction.execute(sql, values).map_err(|error| refuse_taken(error, &new_name))?;
            carry_keys(transaction, &name, &new_name)?;
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
