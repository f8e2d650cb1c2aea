//! The ledger in SQLite.

use async_trait::async_trait;
use quire_domain::{
    CollectionCounts, CollectionName, ContentHash, Document, DocumentId, DocumentPath,
    DocumentStatus, Failure,
};
use rusqlite::{OptionalExtension, ToSql, Transaction, params};

use super::collections::collection_row;
use super::sources::entries::find_vault_file;
use super::{SqliteCatalog, indexes, now_ms, rows};
use crate::{
    Accepted, CatalogError, CommittedDocument, DocumentFilter, DocumentLedger, IndexedDocument,
    NewVersion, PendingRemoval, TextKey, WorkItem,
};

fn select(
    transaction: &Transaction<'_>,
    condition: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<Document>, CatalogError> {
    let mut statement = transaction.prepare_cached(&format!("{} {condition}", rows::DOCUMENT))?;
    let found = statement.query_and_then(values, rows::document)?;
    found.collect()
}

/// Reads a record.
pub(super) fn read_document(
    transaction: &Transaction<'_>,
    id: &DocumentId,
) -> Result<Document, CatalogError> {
    let found = select(transaction, "WHERE d.id = ?1", &[&id.as_str()])?.into_iter().next();
    found.ok_or_else(|| CatalogError::NoSuchDocument { id: id.to_string() })
}

/// Writes down that a document's chunks must go from every index of its collection.
fn note_removal(transaction: &Transaction<'_>, id: &DocumentId) -> Result<(), CatalogError> {
    let sql = "INSERT OR IGNORE INTO removals (index_id, document_id)
        SELECT x.id, d.id FROM documents d JOIN indexes x ON x.collection_id = d.collection_id
        WHERE d.id = ?1";
    transaction.execute(sql, [id.as_str()])?;
    Ok(())
}

fn find_indexed(
    transaction: &Transaction<'_>,
    index_id: &str,
    id: &DocumentId,
) -> Result<Option<IndexedDocument>, CatalogError> {
    let sql = "SELECT text_key, chunk_count FROM index_documents
        WHERE index_id = ?1 AND document_id = ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut found = statement.query([index_id, id.as_str()])?;
    let Some(row) = found.next()? else { return Ok(None) };
    Ok(Some(IndexedDocument {
        document: read_document(transaction, id)?,
        text_key: TextKey::from_stored(row.get("text_key")?),
        chunk_count: row.get("chunk_count")?,
        vault_file: find_vault_file(transaction, id)?,
    }))
}

/// Finds the record of a path.
pub(super) fn find(
    transaction: &Transaction<'_>,
    collection: i64,
    path: &DocumentPath,
) -> Result<Option<Document>, CatalogError> {
    let condition = "WHERE d.collection_id = ?1 AND d.path = ?2";
    Ok(select(transaction, condition, &[&collection, &path.as_str()])?.into_iter().next())
}

/// Removes a record and writes down that its chunks must go from every index.
pub(super) fn remove(
    transaction: &Transaction<'_>,
    id: &DocumentId,
) -> Result<Document, CatalogError> {
    let document = read_document(transaction, id)?;
    note_removal(transaction, id)?;
    transaction.execute("DELETE FROM documents WHERE id = ?1", [id.as_str()])?;
    Ok(document)
}

/// Gives a record another path with the same ending: its text, chunks and vectors stay as they are.
pub(super) fn rename(
    transaction: &Transaction<'_>,
    document: &Document,
    path: &DocumentPath,
) -> Result<Document, CatalogError> {
    let sql = "UPDATE documents SET path = ?2, title = CASE WHEN title = ?3 THEN ?4 ELSE title END,
        updated_at_ms = ?5 WHERE id = ?1";
    let (id, old_name, new_name) = (&document.id, document.path.file_name(), path.file_name());
    transaction.execute(sql, params![id.as_str(), path.as_str(), old_name, new_name, now_ms()])?;
    read_document(transaction, id)
}

/// Records new content at a path.
pub(super) fn accept(
    transaction: &Transaction<'_>,
    version: &NewVersion,
) -> Result<Accepted, CatalogError> {
    let NewVersion { collection, path, sha256, size_bytes } = version;
    let collection_id = collection_row(transaction, collection)?;
    let old = find(transaction, collection_id, path)?;
    let text_key = TextKey::new(sha256, path);
    let now = now_ms();
    let Some(old) = old else {
        let id = uuid::Uuid::now_v7().to_string();
        let sql = "INSERT INTO documents (id, collection_id, path, title, status, sha256,
            size_bytes, text_key, created_at_ms, updated_at_ms)
            VALUES (?1, ?2, ?3, ?4, 'accepted', ?5, ?6, ?7, ?8, ?8)";
        let values = params![
            id,
            collection_id,
            path.as_str(),
            path.file_name(),
            sha256.as_str(),
            size_bytes,
            text_key.as_str(),
            now
        ];
        transaction.execute(sql, values)?;
        let id = id.parse().map_err(|_| CatalogError::Corrupt { column: "id" })?;
        let document = read_document(transaction, &id)?;
        return Ok(Accepted { document, replaced: None, changed: true });
    };
    let failed = matches!(old.status, DocumentStatus::Failed | DocumentStatus::Unsupported);
    if old.sha256 == *sha256 && !failed {
        return Ok(Accepted { document: old, replaced: None, changed: false });
    }
    let sql = "UPDATE documents SET status = 'accepted', error = NULL, sha256 = ?2,
        size_bytes = ?3, text_key = ?4, updated_at_ms = ?5 WHERE id = ?1";
    let values = params![old.id.as_str(), sha256.as_str(), size_bytes, text_key.as_str(), now];
    transaction.execute(sql, values)?;
    let document = read_document(transaction, &old.id)?;
    let replaced = (old.sha256 != *sha256).then_some(old.sha256);
    Ok(Accepted { document, replaced, changed: true })
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
        let work = move |transaction: &Transaction<'_>| {
            let sql = format!(
                "{} WHERE d.status IN ('accepted', 'parsed', 'embedded')
                ORDER BY d.sequence LIMIT ?1",
                rows::DOCUMENT
            );
            let mut statement = transaction.prepare_cached(&sql)?;
            let read = |row: &rusqlite::Row<'_>| -> Result<_, CatalogError> {
                Ok(WorkItem { document: rows::document(row)?, index_id: row.get("index_id")? })
            };
            let found = statement.query_and_then([limit as i64], read)?;
            found.collect()
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
            indexes::hold(transaction, &index_id, &documents)?;
            let sql = "UPDATE documents SET status = 'indexed', chunk_count = ?3,
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
        let error = serde_json::to_string(&failure)
            .map_err(|_| CatalogError::Corrupt { column: "error" })?;
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
            let sql = "UPDATE documents SET status = 'accepted', error = NULL, updated_at_ms = ?2
                WHERE id = ?1";
            transaction.execute(sql, params![id.as_str(), now_ms()])?;
            read_document(transaction, &id)
        };
        self.database.transact(work).await
    }

    async fn delete_document(&self, id: &DocumentId) -> Result<Document, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| remove(transaction, &id)).await
    }

    async fn list_removals(&self) -> Result<Vec<PendingRemoval>, CatalogError> {
        let work = |transaction: &Transaction<'_>| {
            let sql = "SELECT index_id, document_id FROM removals ORDER BY index_id, document_id";
            let mut statement = transaction.prepare_cached(sql)?;
            let read = |row: &rusqlite::Row<'_>| -> Result<_, CatalogError> {
                let document: String = row.get("document_id")?;
                let document_id = match document.as_str() {
                    "" => None,
                    _ => Some(rows::parse(row, "document_id")?),
                };
                Ok(PendingRemoval { index_id: row.get("index_id")?, document_id })
            };
            let found = statement.query_and_then([], read)?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn finish_removal(&self, removal: &PendingRemoval) -> Result<(), CatalogError> {
        let removal = removal.clone();
        let work = move |transaction: &Transaction<'_>| {
            let document = removal.document_id.as_ref().map_or("", |id| id.as_str());
            let sql = "DELETE FROM removals WHERE index_id = ?1 AND document_id = ?2";
            transaction.execute(sql, params![removal.index_id, document])?;
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn count_documents(
        &self,
        collection: &CollectionName,
    ) -> Result<CollectionCounts, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let id = collection_row(transaction, &collection)?;
            let sql = format!("{} WHERE c.id = ?1 GROUP BY c.id", rows::COUNTS);
            let mut statement = transaction.prepare_cached(&sql)?;
            let mut found = statement.query([id])?;
            let missing = || CatalogError::NoSuchCollection { name: collection.to_string() };
            rows::counts(found.next()?.ok_or_else(missing)?)
        };
        self.database.transact(work).await
    }

    async fn is_content_used(&self, sha256: &ContentHash) -> Result<bool, CatalogError> {
        let sha256 = sha256.clone();
        let work = move |transaction: &Transaction<'_>| {
            // An indexed version that is about to be replaced still needs its text.
            // What only a next or previous index holds is not quoted: those are brought in line
            // with the active one before they answer.
            let sql = "SELECT 1 FROM documents WHERE sha256 = ?1
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
