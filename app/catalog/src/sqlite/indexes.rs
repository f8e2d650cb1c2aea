//! Indexes in SQLite.

use async_trait::async_trait;
use quire_domain::{Collection, CollectionName, DocumentId, IndexSwitch, Language};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::database::SqliteCatalog;
use super::rows;
use super::rows::collections::{collection_row, read_collection};
use super::rows::documents::read_document;
use super::rows::indexes::{hold, insert, switch, switch_word};
use crate::reach::reaches;
use crate::{
    CatalogError, CommittedDocument, IndexRecord, IndexRecords, IndexRole, NewIndexRecord,
    Outgoing, TextKey, UnbuiltDocument,
};

/// Removes the record of an index and writes down that it must leave the store.
fn remove(transaction: &Transaction<'_>, index_id: &str) -> Result<(), CatalogError> {
    transaction.execute("INSERT OR IGNORE INTO removals (index_id) VALUES (?1)", [index_id])?;
    transaction.execute("DELETE FROM indexes WHERE id = ?1", [index_id])?;
    Ok(())
}

/// One of the two indexes beside the active one.
#[derive(Clone, Copy)]
enum Beside {
    Next,
    Previous,
}

impl Beside {
    fn column(self) -> &'static str {
        match self {
            Self::Next => "next_index_id",
            Self::Previous => "previous_index_id",
        }
    }
}

fn find(
    transaction: &Transaction<'_>,
    collection: i64,
    beside: Beside,
) -> Result<Option<String>, CatalogError> {
    let sql = format!("SELECT {} FROM collections WHERE id = ?1", beside.column());
    Ok(transaction.query_row(&sql, [collection], |row| row.get(0))?)
}

/// Removes one of the indexes beside the active one and tells if there was one.
fn drop_beside(
    transaction: &Transaction<'_>,
    collection: i64,
    beside: Beside,
) -> Result<bool, CatalogError> {
    let Some(index) = find(transaction, collection, beside)? else { return Ok(false) };
    let sql = format!("UPDATE collections SET {} = NULL WHERE id = ?1", beside.column());
    transaction.execute(&sql, [collection])?;
    remove(transaction, &index)?;
    Ok(true)
}

fn no_next(name: &CollectionName) -> CatalogError {
    CatalogError::NoNextIndex { name: name.to_string() }
}

fn no_previous(name: &CollectionName) -> CatalogError {
    CatalogError::NoPreviousIndex { name: name.to_string() }
}

fn read_index(row: &Row<'_>) -> Result<IndexRecord, CatalogError> {
    let id: String = row.get("id")?;
    let (active, next): (String, Option<String>) =
        (row.get("index_id")?, row.get("next_index_id")?);
    let role = match id {
        _ if id == active => IndexRole::Active,
        _ if Some(&id) == next.as_ref() => IndexRole::Next,
        _ => IndexRole::Previous,
    };
    Ok(IndexRecord {
        index: NewIndexRecord {
            id,
            embedding_model: rows::parse(row, "embedding_model")?,
            language: rows::parse(row, "language")?,
            analyzer_version: row.get("analyzer_version")?,
        },
        collection: rows::parse(row, "name")?,
        role,
        switch: switch(row, "switch")?,
        failure: row.get("failure")?,
        chunks: row.get("chunks")?,
    })
}

/// The documents that the next index `?1` lacks: the active one has another version, or alone.
const UNBUILT: &str = "
    SELECT d.id, a.text_key FROM collections c
    JOIN index_documents a ON a.index_id = c.index_id
    JOIN documents d ON d.id = a.document_id
    LEFT JOIN index_documents b ON b.index_id = c.next_index_id AND b.document_id = a.document_id
    WHERE c.next_index_id = ?1 AND b.text_key IS NOT a.text_key";

fn switch_index(
    transaction: &Transaction<'_>,
    index_id: &str,
    outgoing: Outgoing,
) -> Result<Option<Collection>, CatalogError> {
    let sql = "SELECT c.id, c.name, c.index_id FROM collections c
        JOIN indexes x ON x.id = c.next_index_id WHERE x.id = ?1 AND x.failure IS NULL";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let found: Option<(i64, String, String)> =
        transaction.query_row(sql, [index_id], read).optional()?;
    let Some((collection, name, old)) = found else { return Ok(None) };
    if transaction.prepare_cached(UNBUILT)?.exists([index_id])? {
        return Ok(None);
    }
    let sql = "UPDATE collections SET index_id = next_index_id, next_index_id = NULL WHERE id = ?1";
    match outgoing {
        Outgoing::Kept => {
            drop_beside(transaction, collection, Beside::Previous)?;
            transaction.execute(sql, [collection])?;
            let sql = "UPDATE collections SET previous_index_id = ?2 WHERE id = ?1";
            transaction.execute(sql, params![collection, old])?;
        }
        Outgoing::Removed => {
            transaction.execute(sql, [collection])?;
            remove(transaction, &old)?;
        }
    }
    // Another model may cut other chunks.
    let sql = "UPDATE documents SET chunk_count = i.chunk_count FROM index_documents i
        WHERE i.index_id = ?1 AND i.document_id = documents.id AND documents.status = 'indexed'";
    transaction.execute(sql, [index_id])?;
    let name = name.parse().map_err(|_| CatalogError::Corrupt { column: "name" })?;
    read_collection(transaction, &name).map(Some)
}

#[async_trait]
impl IndexRecords for SqliteCatalog {
    async fn list_indexes(&self) -> Result<Vec<IndexRecord>, CatalogError> {
        let work = |transaction: &Transaction<'_>| {
            let sql = "SELECT x.id, x.embedding_model, x.language, x.analyzer_version, x.switch,
                x.failure, c.name, c.index_id, c.next_index_id, k.chunks
                FROM indexes x JOIN collections c ON c.id = x.collection_id
                JOIN index_counts k ON k.index_id = x.id ORDER BY c.name_key, x.id";
            let mut statement = transaction.prepare_cached(sql)?;
            let found = statement.query_and_then([], read_index)?;
            let is_reached = |record: &Result<IndexRecord, CatalogError>| match record {
                Ok(record) => reaches(&record.collection),
                Err(_) => true,
            };
            found.filter(is_reached).collect()
        };
        self.database.transact(work).await
    }

    async fn begin_next_index(
        &self,
        collection: &CollectionName,
        index: NewIndexRecord,
        switch: IndexSwitch,
    ) -> Result<(), CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let row = collection_row(transaction, &collection)?;
            drop_beside(transaction, row, Beside::Next)?;
            insert(transaction, row, &index, switch)?;
            let sql = "UPDATE collections SET next_index_id = ?2 WHERE id = ?1";
            transaction.execute(sql, params![row, index.id])?;
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn restore_previous_index(
        &self,
        collection: &CollectionName,
    ) -> Result<(), CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let row = collection_row(transaction, &collection)?;
            if find(transaction, row, Beside::Previous)?.is_none() {
                return Err(no_previous(&collection));
            }
            drop_beside(transaction, row, Beside::Next)?;
            let sql = "UPDATE indexes SET switch = 'when_ready', failure = NULL
                WHERE id = (SELECT previous_index_id FROM collections WHERE id = ?1)";
            transaction.execute(sql, [row])?;
            let sql = "UPDATE collections SET next_index_id = previous_index_id,
                previous_index_id = NULL WHERE id = ?1";
            transaction.execute(sql, [row])?;
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn resume_next_index(
        &self,
        collection: &CollectionName,
        switch: IndexSwitch,
    ) -> Result<(), CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let row = collection_row(transaction, &collection)?;
            let sql = "UPDATE indexes SET switch = ?2, failure = NULL
                WHERE id = (SELECT next_index_id FROM collections WHERE id = ?1)";
            match transaction.execute(sql, params![row, switch_word(switch)])? {
                0 => Err(no_next(&collection)),
                _ => Ok(()),
            }
        };
        self.database.transact(work).await
    }

    async fn set_index_failed(&self, index_id: &str, failure: &str) -> Result<(), CatalogError> {
        let (index_id, failure) = (index_id.to_owned(), failure.to_owned());
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE indexes SET failure = ?2 WHERE id = ?1";
            transaction.execute(sql, params![index_id, failure])?;
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn drop_next_index(&self, collection: &CollectionName) -> Result<(), CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let row = collection_row(transaction, &collection)?;
            let dropped = drop_beside(transaction, row, Beside::Next)?;
            if dropped { Ok(()) } else { Err(no_next(&collection)) }
        };
        self.database.transact(work).await
    }

    async fn drop_previous_index(&self, collection: &CollectionName) -> Result<(), CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let row = collection_row(transaction, &collection)?;
            let dropped = drop_beside(transaction, row, Beside::Previous)?;
            if dropped { Ok(()) } else { Err(no_previous(&collection)) }
        };
        self.database.transact(work).await
    }

    async fn list_unbuilt(
        &self,
        index_id: &str,
        after: Option<&DocumentId>,
        limit: usize,
    ) -> Result<Vec<UnbuiltDocument>, CatalogError> {
        let index_id = index_id.to_owned();
        let after = after.map(ToString::to_string).unwrap_or_default();
        let work = move |transaction: &Transaction<'_>| {
            let sql = format!("{UNBUILT} AND a.document_id > ?2 ORDER BY a.document_id LIMIT ?3");
            let mut statement = transaction.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let found = statement.query_and_then(params![index_id, after, limit], |row| {
                Ok(UnbuiltDocument {
                    document: read_document(transaction, &rows::parse(row, "id")?)?,
                    text_key: TextKey::from_stored(row.get("text_key")?),
                })
            })?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn set_built(
        &self,
        index_id: &str,
        documents: Vec<CommittedDocument>,
    ) -> Result<(), CatalogError> {
        let index_id = index_id.to_owned();
        let work = move |transaction: &Transaction<'_>| hold(transaction, &index_id, &documents);
        self.database.transact(work).await
    }

    async fn switch_index(
        &self,
        index_id: &str,
        outgoing: Outgoing,
    ) -> Result<Option<Collection>, CatalogError> {
        let index_id = index_id.to_owned();
        let work =
            move |transaction: &Transaction<'_>| switch_index(transaction, &index_id, outgoing);
        self.database.transact(work).await
    }

    async fn count_languages(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<(Language, u64)>, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let row = collection_row(transaction, &collection)?;
            let sql = "SELECT t.language, SUM(i.chunk_count) AS chunks FROM collections c
                JOIN index_documents i ON i.index_id = c.index_id
                JOIN texts t ON t.key = i.text_key
                WHERE c.id = ?1 GROUP BY t.language ORDER BY chunks DESC, t.language";
            let mut statement = transaction.prepare_cached(sql)?;
            let read = |row: &Row<'_>| -> Result<_, CatalogError> {
                Ok((rows::parse(row, "language")?, row.get("chunks")?))
            };
            let found = statement.query_and_then([row], read)?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn list_indexed(&self, index_id: &str) -> Result<Vec<(DocumentId, u32)>, CatalogError> {
        let index_id = index_id.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT document_id, chunk_count FROM index_documents WHERE index_id = ?1";
            let mut statement = transaction.prepare_cached(sql)?;
            let read = |row: &Row<'_>| -> Result<_, CatalogError> {
                Ok((rows::parse(row, "document_id")?, row.get("chunk_count")?))
            };
            let found = statement.query_and_then([index_id], read)?;
            found.collect()
        };
        self.database.transact(work).await
    }
}

#[cfg(test)]
mod tests;
