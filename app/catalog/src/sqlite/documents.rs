//! The ledger in SQLite.

use async_trait::async_trait;
use quire_domain::{
    CollectionCounts, CollectionName, ContentHash, Document, DocumentId, DocumentPath,
    DocumentStatus, Failure,
};
use quire_folder_sync::now_ms;
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::database::SqliteCatalog;
use super::rows;
use super::rows::collections::collection_row;
use super::rows::documents::{DOCUMENT, document, find, find_indexed, read_document, select};
use super::rows::indexes::hold;
use super::rows::versions::{accept, note_removal, remove};
use crate::{
    Accepted, CatalogError, CommittedDocument, DocumentFilter, DocumentLedger, IndexedDocument,
    NewVersion, PendingRemoval, TextKey, WorkItem,
};

/// Documents that wait, oldest first. SQLite has to be told of the index: by itself it takes the one
/// by status and sorts.
pub(super) fn waiting() -> String {
    let (table, index) = ("FROM documents d", "INDEXED BY documents_waiting");
    let documents = DOCUMENT.replace(table, &format!("{table} {index}"));
    format!(
        "{documents} WHERE d.status IN ('accepted', 'parsed', 'embedded')
        ORDER BY d.sequence LIMIT ?1"
    )
}

/// Lists what waits. A row that makes no sense would stand before all others for ever, so that it
/// is recorded as failed here.
fn list_work(transaction: &Transaction<'_>, limit: usize) -> Result<Vec<WorkItem>, CatalogError> {
    let mut statement = transaction.prepare_cached(&waiting())?;
    let mut found = statement.query([limit as i64])?;
    let (mut work, mut damaged): (Vec<WorkItem>, Vec<(String, String)>) = Default::default();
    while let Some(row) = found.next()? {
        let read = |row: &Row<'_>| -> Result<_, CatalogError> {
            let (index_id, attempts) = (row.get("index_id")?, row.get("attempts")?);
            let text_key = TextKey::from_stored(row.get("text_key")?);
            Ok(WorkItem { document: document(row)?, text_key, index_id, attempts })
        };
        match read(row) {
            Ok(item) => work.push(item),
            Err(error @ (CatalogError::Corrupt { .. } | CatalogError::Database(_))) => {
                damaged.push((row.get("id")?, error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    for (id, message) in damaged {
        let hint = Some("delete the document and add it again".to_owned());
        let failure = Failure { code: "record_damaged".to_owned(), message, hint };
        let sql = "UPDATE documents SET status = 'failed', error = ?2, updated_at_ms = ?3
            WHERE id = ?1";
        transaction.execute(sql, params![id, rows::to_json(&failure, "error")?, now_ms()])?;
    }
    Ok(work)
}

#[async_trait]
impl DocumentLedger for SqliteCatalog {
    async fn accept(&self, version: NewVersion) -> Result<Accepted, CatalogError> {
        self.database.transact(move |transaction| accept(transaction, &version)).await
    }

    async fn get_document(&self, id: &DocumentId) -> Result<Document, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| read_document(transaction, &id)).await
    }

    async fn find_document(
        &self,
        collection: &CollectionName,
        path: &DocumentPath,
    ) -> Result<Option<Document>, CatalogError> {
        let (collection, path) = (collection.clone(), path.clone());
        let work = move |transaction: &Transaction<'_>| {
            let id = collection_row(transaction, &collection)?;
            find(transaction, id, &path)
        };
        self.database.transact(work).await
    }

    async fn list_documents(
        &self,
        collection: &CollectionName,
        filter: DocumentFilter,
    ) -> Result<Vec<Document>, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let id = collection_row(transaction, &collection)?;
            let status = filter.status.map(DocumentStatus::as_str);
            let prefix = filter.prefix.unwrap_or_default();
            let condition = "WHERE d.collection_id = ?1 AND (?2 IS NULL OR d.status = ?2)
                AND substr(d.path, 1, length(?3)) = ?3 AND d.path > ?4
                ORDER BY d.path LIMIT ?5";
            let after = filter.after.unwrap_or_default();
            let limit = filter.limit as i64;
            select(transaction, condition, &[&id, &status, &prefix, &after, &limit])
        };
        self.database.transact(work).await
    }

    async fn get_indexed(
        &self,
        index_id: &str,
        ids: &[DocumentId],
    ) -> Result<Vec<IndexedDocument>, CatalogError> {
        let (index_id, ids) = (index_id.to_owned(), ids.to_vec());
        let work = move |transaction: &Transaction<'_>| {
            let found = ids.iter().map(|id| find_indexed(transaction, &index_id, id));
            found.filter_map(Result::transpose).collect()
        };
        self.database.transact(work).await
    }

    async fn list_indexed_after(
        &self,
        index_id: &str,
        after: Option<&DocumentPath>,
        limit: usize,
    ) -> Result<Vec<IndexedDocument>, CatalogError> {
        let index_id = index_id.to_owned();
        let after = after.map(ToString::to_string).unwrap_or_default();
        let work = move |transaction: &Transaction<'_>| {
            // Joined in this order, the rows come sorted by the index of paths, and only as many
            // are looked at as are asked for.
            let sql = "SELECT d.id FROM documents d
                CROSS JOIN index_documents i ON i.document_id = d.id AND i.index_id = ?1
                WHERE d.collection_id = (SELECT collection_id FROM indexes WHERE id = ?1)
                AND d.path > ?2 ORDER BY d.path LIMIT ?3";
            let mut statement = transaction.prepare_cached(sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let read = |row: &Row<'_>| rows::parse(row, "id");
            let found = statement.query_and_then(params![index_id, after, limit], read)?;
            let ids: Vec<DocumentId> = found.collect::<Result<_, CatalogError>>()?;
            let found = ids.iter().map(|id| find_indexed(transaction, &index_id, id));
            found.filter_map(Result::transpose).collect()
        };
        self.database.transact(work).await
    }

    async fn find_indexed(&self, id: &DocumentId) -> Result<Option<IndexedDocument>, CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT c.index_id FROM documents d
                JOIN collections c ON c.id = d.collection_id WHERE d.id = ?1";
            let mut statement = transaction.prepare_cached(sql)?;
            let index: Option<String> =
                statement.query_row([id.as_str()], |row| row.get(0)).optional()?;
            let Some(index) = index else { return Ok(None) };
            find_indexed(transaction, &index, &id)
        };
        self.database.transact(work).await
    }

    async fn list_work(&self, limit: usize) -> Result<Vec<WorkItem>, CatalogError> {
        self.database.transact(move |transaction| list_work(transaction, limit)).await
    }

    async fn note_attempt(&self, document: &Document) -> Result<Option<u32>, CatalogError> {
        let (id, sha256) = (document.id.clone(), document.sha256.clone());
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE documents SET attempts = attempts + 1, status = 'accepted',
                updated_at_ms = ?3 WHERE id = ?1 AND sha256 = ?2
                AND status IN ('accepted', 'parsed', 'embedded') RETURNING attempts";
            let values = params![id.as_str(), sha256.as_str(), now_ms()];
            Ok(transaction.query_row(sql, values, |row| row.get(0)).optional()?)
        };
        self.database.transact(work).await
    }

    async fn set_parsed(
        &self,
        document: &Document,
        title: &str,
        chunk_count: u32,
    ) -> Result<bool, CatalogError> {
        let (document, title) = (document.clone(), title.to_owned());
        let work = move |transaction: &Transaction<'_>| {
            let Document { id, sha256, path, .. } = &document;
            // A document without a title of its own is named after its file, and that may have
            // been renamed while it was read.
            let (id, sha256, name) = (id.as_str(), sha256.as_str(), path.file_name());
            let current = select(transaction, "WHERE d.id = ?1", &[&id])?.into_iter().next();
            let title = match &current {
                Some(now) if title == name => now.path.file_name(),
                _ => &title,
            };
            let sql = "UPDATE documents SET status = 'parsed', title = ?3, chunk_count = ?4,
                updated_at_ms = ?5 WHERE id = ?1 AND sha256 = ?2 AND status = 'accepted'";
            Ok(transaction.execute(sql, params![id, sha256, title, chunk_count, now_ms()])? == 1)
        };
        self.database.transact(work).await
    }

    async fn set_embedded(&self, document: &Document) -> Result<bool, CatalogError> {
        let (id, sha256) = (document.id.clone(), document.sha256.clone());
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE documents SET status = 'embedded', updated_at_ms = ?3
                WHERE id = ?1 AND sha256 = ?2 AND status IN ('accepted', 'parsed')";
            let values = params![id.as_str(), sha256.as_str(), now_ms()];
            Ok(transaction.execute(sql, values)? == 1)
        };
        self.database.transact(work).await
    }

    async fn set_indexed(
        &self,
        index_id: &str,
        documents: Vec<CommittedDocument>,
    ) -> Result<(), CatalogError> {
        let index_id = index_id.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            // It may have been deleted or replaced while its chunks went in. A replaced one has
            // them indexed until its new version comes.
            hold(transaction, &index_id, &documents)?;
            let sql = "UPDATE documents SET status = 'indexed', chunk_count = ?3, attempts = 0,
                updated_at_ms = ?4 WHERE id = ?1 AND sha256 = ?2";
            let now = now_ms();
            for document in documents {
                let CommittedDocument { id, sha256, chunk_count, .. } = document;
                let values = params![id.as_str(), sha256.as_str(), chunk_count, now];
                transaction.execute(sql, values)?;
            }
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn set_failed(
        &self,
        document: &Document,
        status: DocumentStatus,
        failure: Failure,
    ) -> Result<bool, CatalogError> {
        let (id, sha256) = (document.id.clone(), document.sha256.clone());
        let error = rows::to_json(&failure, "error")?;
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE documents SET status = ?3, error = ?4, chunk_count = 0,
                updated_at_ms = ?5 WHERE id = ?1 AND sha256 = ?2";
            let values = params![id.as_str(), sha256.as_str(), status.as_str(), error, now_ms()];
            let changed = transaction.execute(sql, values)? == 1;
            if changed {
                note_removal(transaction, &id)?;
                let sql = "DELETE FROM index_documents WHERE document_id = ?1";
                transaction.execute(sql, [id.as_str()])?;
            }
            Ok(changed)
        };
        self.database.transact(work).await
    }

    async fn set_accepted(&self, id: &DocumentId) -> Result<Document, CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE documents SET status = 'accepted', error = NULL, attempts = 0,
                updated_at_ms = ?2 WHERE id = ?1";
            transaction.execute(sql, params![id.as_str(), now_ms()])?;
            read_document(transaction, &id)
        };
        self.database.transact(work).await
    }

    async fn read_again(&self, id: &DocumentId) -> Result<Document, CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT d.text_key FROM documents d JOIN texts t ON t.key = d.text_key
                WHERE d.id = ?1";
            let stored: Option<String> =
                transaction.query_row(sql, [id.as_str()], |row| row.get(0)).optional()?;
            let again = stored.map(|key| TextKey::from_stored(key).read_again());
            let sql = "UPDATE documents SET status = 'accepted', error = NULL, attempts = 0,
                text_key = COALESCE(?2, text_key), updated_at_ms = ?3
                WHERE id = ?1 AND status IN ('indexed', 'failed', 'unsupported')";
            let again = again.as_ref().map(TextKey::as_str);
            transaction.execute(sql, params![id.as_str(), again, now_ms()])?;
            read_document(transaction, &id)
        };
        self.database.transact(work).await
    }

    async fn delete_document(&self, id: &DocumentId) -> Result<Document, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| remove(transaction, &id)).await
    }

    async fn list_removals(&self, limit: usize) -> Result<Vec<PendingRemoval>, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT index_id, document_id FROM removals
                ORDER BY index_id, document_id LIMIT ?1";
            let mut statement = transaction.prepare_cached(sql)?;
            let read = |row: &Row<'_>| -> Result<_, CatalogError> {
                let document: String = row.get("document_id")?;
                let document_id = match document.as_str() {
                    "" => None,
                    _ => Some(rows::parse(row, "document_id")?),
                };
                Ok(PendingRemoval { index_id: row.get("index_id")?, document_id })
            };
            let found = statement.query_and_then([limit as i64], read)?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn finish_removals(&self, removals: Vec<PendingRemoval>) -> Result<(), CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "DELETE FROM removals WHERE index_id = ?1 AND document_id = ?2";
            let mut statement = transaction.prepare_cached(sql)?;
            for removal in removals {
                let document = removal.document_id.as_ref().map_or("", |id| id.as_str());
                statement.execute(params![removal.index_id, document])?;
            }
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn count_documents(
        &self,
        collection: &CollectionName,
    ) -> Result<CollectionCounts, CatalogError> {
        let collection = collection.clone();
        let work =
            move |transaction: &Transaction<'_>| rows::collections::count(transaction, &collection);
        self.database.transact(work).await
    }

    async fn is_content_used(&self, sha256: &ContentHash) -> Result<bool, CatalogError> {
        let sha256 = sha256.clone();
        let work = move |transaction: &Transaction<'_>| {
            // An indexed version that is about to be replaced still needs its text.
            // What only a next or previous index holds is not quoted: those are brought in line
            // with the active one before they answer.
            let sql = "SELECT 1 FROM documents WHERE sha256 = ?1
                UNION ALL SELECT 1 FROM files WHERE sha256 = ?1
                UNION ALL SELECT 1 FROM index_documents i
                JOIN collections c ON c.index_id = i.index_id
                WHERE i.text_key >= ?1 || '.' AND i.text_key < ?1 || '/' LIMIT 1";
            let found: Option<i64> =
                transaction.query_row(sql, [sha256.as_str()], |row| row.get(0)).optional()?;
            Ok(found.is_some())
        };
        self.database.transact(work).await
    }
}
