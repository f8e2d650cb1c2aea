//! Responses and threads in SQLite.

use std::collections::BTreeMap;

use async_trait::async_trait;
use quire_folder_sync::now_ms;
use rusqlite::{Row, ToSql, Transaction, params};

use super::database::SqliteCatalog;
use super::rows::paging::read_page;
use super::rows::{from_json, to_json};
use crate::reach::owner;
use crate::{CatalogError, KeptRecords, KeptResponse, Paging, Thread, ThreadItem};

/// How many responses are kept. One of a chat of a hundred messages takes about 200 kB.
const MOST_RESPONSES: i64 = 2_000;

fn missing_response(id: &str) -> CatalogError {
    CatalogError::NoSuchResponse { id: id.to_owned() }
}

fn missing_item(thread: &str, id: &str) -> CatalogError {
    CatalogError::NoSuchThreadItem { id: id.to_owned(), thread: thread.to_owned() }
}

fn read_thread(transaction: &Transaction<'_>, id: &str) -> Result<Thread, CatalogError> {
    let sql = "SELECT metadata, created_at_ms FROM threads WHERE id = ?1 AND owner = ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut found = statement.query([id, &owner()])?;
    let missing = || CatalogError::NoSuchThread { id: id.to_owned() };
    let row = found.next()?.ok_or_else(missing)?;
    Ok(Thread {
        id: id.to_owned(),
        metadata: from_json(row, "metadata")?,
        created_at_ms: row.get("created_at_ms")?,
    })
}

fn append(
    transaction: &Transaction<'_>,
    id: &str,
    items: &[ThreadItem],
) -> Result<(), CatalogError> {
    let sql = "INSERT INTO thread_items (thread_id, position, id, item)
        SELECT ?1, COALESCE(MAX(position) + 1, 0), ?2, ?3 FROM thread_items WHERE thread_id = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    for item in items {
        statement.execute(params![id, item.id, to_json(&item.item, "item")?])?;
    }
    Ok(())
}

fn item(row: &Row<'_>) -> Result<ThreadItem, CatalogError> {
    Ok(ThreadItem { id: row.get("id")?, item: from_json(row, "item")? })
}

#[async_trait]
impl KeptRecords for SqliteCatalog {
    async fn put_response(&self, id: &str, response: KeptResponse) -> Result<(), CatalogError> {
        let id = id.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "INSERT INTO kept_responses (id, body, owner) VALUES (?1, ?2, ?3)
                ON CONFLICT (id) DO UPDATE SET body = excluded.body";
            transaction.execute(sql, params![id, to_json(&response, "body")?, owner()])?;
            let sql = "DELETE FROM kept_responses WHERE sequence <=
                (SELECT MAX(sequence) - ?1 FROM kept_responses)";
            transaction.execute(sql, [MOST_RESPONSES])?;
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn get_response(&self, id: &str) -> Result<KeptResponse, CatalogError> {
        let id = id.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT body FROM kept_responses WHERE id = ?1 AND owner = ?2";
            let mut statement = transaction.prepare_cached(sql)?;
            let mut found = statement.query([&id, &owner()])?;
            from_json(found.next()?.ok_or_else(|| missing_response(&id))?, "body")
        };
        self.database.transact(work).await
    }

    async fn delete_response(&self, id: &str) -> Result<(), CatalogError> {
        let id = id.to_owned();
        let work = move |transaction: &Transaction<'_>| match transaction
            .execute("DELETE FROM kept_responses WHERE id = ?1 AND owner = ?2", [&id, &owner()])?
        {
            0 => Err(missing_response(&id)),
            _ => Ok(()),
        };
        self.database.transact(work).await
    }

    async fn create_thread(
        &self,
        metadata: BTreeMap<String, String>,
        items: Vec<ThreadItem>,
    ) -> Result<Thread, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let id = format!("conv_{}", uuid::Uuid::now_v7().simple());
            let sql = "INSERT INTO threads (id, metadata, created_at_ms, owner)
                VALUES (?1, ?2, ?3, ?4)";
            let values = params![id, to_json(&metadata, "metadata")?, now_ms(), owner()];
            transaction.execute(sql, values)?;
            append(transaction, &id, &items)?;
            read_thread(transaction, &id)
        };
        self.database.transact(work).await
    }

    async fn get_thread(&self, id: &str) -> Result<Thread, CatalogError> {
        let id = id.to_owned();
        self.database.transact(move |transaction| read_thread(transaction, &id)).await
    }

    async fn change_thread(
        &self,
        id: &str,
        metadata: BTreeMap<String, String>,
    ) -> Result<Thread, CatalogError> {
        let id = id.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            read_thread(transaction, &id)?;
            let sql = "UPDATE threads SET metadata = ?2 WHERE id = ?1";
            transaction.execute(sql, params![id, to_json(&metadata, "metadata")?])?;
            read_thread(transaction, &id)
        };
        self.database.transact(work).await
    }

    async fn delete_thread(&self, id: &str) -> Result<(), CatalogError> {
        let id = id.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            read_thread(transaction, &id)?;
            transaction.execute("DELETE FROM threads WHERE id = ?1", [&id])?;
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn append_items(&self, id: &str, items: Vec<ThreadItem>) -> Result<(), CatalogError> {
        let id = id.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            read_thread(transaction, &id)?;
            append(transaction, &id, &items)
        };
        self.database.transact(work).await
    }

    async fn list_items(&self, id: &str, paging: Paging) -> Result<Vec<ThreadItem>, CatalogError> {
        let id = id.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            read_thread(transaction, &id)?;
            // Items have places in the place of times.
            let query = "SELECT position AS created_at_ms, id AS key, id, item FROM thread_items
                WHERE thread_id = ?1";
            let values: [&dyn ToSql; 1] = [&id];
            // The identifier of the thread is one of ours: see `create_thread`.
            let place = format!(
                "SELECT position, id FROM thread_items WHERE thread_id = '{id}' AND id = ?1"
            );
            read_page(transaction, (query, &values), &place, &paging, item)
        };
        self.database.transact(work).await
    }

    async fn get_item(&self, id: &str, item_id: &str) -> Result<ThreadItem, CatalogError> {
        let (id, item_id) = (id.to_owned(), item_id.to_owned());
        let work = move |transaction: &Transaction<'_>| {
            read_thread(transaction, &id)?;
            let sql = "SELECT id, item FROM thread_items WHERE thread_id = ?1 AND id = ?2";
            let mut statement = transaction.prepare_cached(sql)?;
            let mut found = statement.query([&id, &item_id])?;
            item(found.next()?.ok_or_else(|| missing_item(&id, &item_id))?)
        };
        self.database.transact(work).await
    }

    async fn delete_item(&self, id: &str, item_id: &str) -> Result<(), CatalogError> {
        let (id, item_id) = (id.to_owned(), item_id.to_owned());
        let work = move |transaction: &Transaction<'_>| {
            read_thread(transaction, &id)?;
            let sql = "DELETE FROM thread_items WHERE thread_id = ?1 AND id = ?2";
            match transaction.execute(sql, [&id, &item_id])? {
                0 => Err(missing_item(&id, &item_id)),
                _ => Ok(()),
            }
        };
        self.database.transact(work).await
    }
}

#[cfg(test)]
mod tests;
