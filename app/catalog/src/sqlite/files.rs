//! Files in SQLite.

use async_trait::async_trait;
use quire_domain::{
    Attributes, CollectionName, Document, DocumentId, DocumentPath, FileId, FileRecord,
};
use quire_folder_sync::now_ms;
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};

use super::database::SqliteCatalog;
use super::rows::collections::collection_row;
use super::rows::documents::{DOCUMENT, document, find, select};
use super::rows::paging::read_page;
use super::rows::versions::{insert, remove};
use super::rows::{parse, parse_json, to_json};
use crate::reach::{owner, reached_names, reaches};
use crate::{
    Accepted, AttachedFile, AttachedFilter, CatalogError, FileBatch, FileFilter, FileRecords,
    NewFile, NewVersion,
};

/// Columns of the table, with the owner.
const COLUMNS: &str =
    "(id, name, purpose, sha256, size_bytes, created_at_ms, expires_at_ms, owner)";
/// Columns of a file.
const FILE: &str = "SELECT id, name, purpose, sha256, size_bytes, created_at_ms, expires_at_ms";

/// What holds of files that can be reached, given the reached names and the owner: those of reached collections, and those
/// that the same callers sent.
const IS_REACHED: &str = "(?2 IS NULL OR owner = ?3 OR EXISTS (SELECT 1 FROM documents d
    JOIN collections c ON c.id = d.collection_id
    WHERE (d.id = substr(all_files.id, 6)
        OR (d.id >= substr(all_files.id, 6) || '_' AND d.id < substr(all_files.id, 6) || '`'))
    AND c.name_key IN (SELECT value FROM json_each(?2))))";

/// The most files of one name in a collection, and the most collections of one file.
const MOST_COPIES: u32 = 10_000;

fn file(row: &Row<'_>) -> Result<FileRecord, CatalogError> {
    Ok(FileRecord {
        id: parse(row, "id")?,
        name: row.get("name")?,
        purpose: row.get("purpose")?,
        sha256: parse(row, "sha256")?,
        size_bytes: row.get("size_bytes")?,
        created_at_ms: row.get("created_at_ms")?,
        expires_at_ms: row.get("expires_at_ms")?,
    })
}

fn read_file(transaction: &Transaction<'_>, id: &FileId) -> Result<FileRecord, CatalogError> {
    let sql = format!("{FILE} FROM all_files WHERE id = ?1 AND {IS_REACHED}");
    let mut statement = transaction.prepare_cached(&sql)?;
    let mut found = statement.query(params![id.as_str(), reached_names(), owner()])?;
    let missing = || CatalogError::NoSuchFile { id: id.to_string() };
    file(found.next()?.ok_or_else(missing)?)
}

/// Makes a file that is only a document so far one of its own, so that it outlives the document.
fn stand_alone(transaction: &Transaction<'_>, id: &FileId) -> Result<FileRecord, CatalogError> {
    let found = read_file(transaction, id)?;
    let sql =
        format!("INSERT OR IGNORE INTO files {COLUMNS} {FILE}, ?2 FROM all_files WHERE id = ?1");
    transaction.execute(&sql, params![id.as_str(), owner()])?;
    Ok(found)
}

/// Finds the documents that a file is: its identifiers lie between the stem and the sign behind `_`.
fn documents_of(
    transaction: &Transaction<'_>,
    id: &FileId,
    collection: Option<i64>,
) -> Result<Vec<Document>, CatalogError> {
    let condition = "WHERE (d.id = ?1 OR (d.id >= ?1 || '_' AND d.id < ?1 || '`'))
        AND (?2 IS NULL OR d.collection_id = ?2) ORDER BY d.id";
    select(transaction, condition, &[&id.stem(), &collection])
}

fn document_in(
    transaction: &Transaction<'_>,
    id: &FileId,
    collection: &CollectionName,
) -> Result<Document, CatalogError> {
    let row = collection_row(transaction, collection)?;
    let found = documents_of(transaction, id, Some(row))?.into_iter().next();
    found.ok_or_else(|| CatalogError::FileNotInCollection {
        id: id.to_string(),
        collection: collection.to_string(),
    })
}

fn read_attributes(
    transaction: &Transaction<'_>,
    document: &DocumentId,
) -> Result<Attributes, CatalogError> {
    let sql = "SELECT attributes FROM document_attributes WHERE document_id = ?1";
    let found: Option<String> =
        transaction.query_row(sql, [document.as_str()], |row| row.get(0)).optional()?;
    let read = |text: String| serde_json::from_str(&text);
    let read = found.map(read).transpose();
    Ok(read.map_err(|_| CatalogError::Corrupt { column: "attributes" })?.unwrap_or_default())
}

fn write_attributes(
    transaction: &Transaction<'_>,
    document: &DocumentId,
    attributes: &Attributes,
) -> Result<(), CatalogError> {
    let sql =
        "INSERT OR REPLACE INTO document_attributes (document_id, attributes) VALUES (?1, ?2)";
    transaction.execute(sql, params![document.as_str(), to_json(attributes, "attributes")?])?;
    Ok(())
}

/// Gives the path of a file in a collection: its name, or one with a number if that is taken.
fn free_path(
    transaction: &Transaction<'_>,
    (collection, name): (i64, &str),
) -> Result<DocumentPath, CatalogError> {
    let name: DocumentPath = name.parse().or_else(|_| "file".parse()).map_err(unwritable)?;
    let ending = match name.extension().len() {
        0 => name.as_str().len(),
        length => name.as_str().len() - length - 1,
    };
    let (stem, ending) = name.as_str().split_at(ending);
    for number in 1..MOST_COPIES {
        let path = match number {
            1 => name.clone(),
            _ => format!("{stem} ({number}){ending}").parse().map_err(unwritable)?,
        };
        if find(transaction, collection, &path)?.is_none() {
            return Ok(path);
        }
    }
    Err(CatalogError::PathTooLong { path: name.to_string() })
}

fn unwritable<T>(_: T) -> CatalogError {
    CatalogError::Corrupt { column: "name" }
}

fn attach(
    transaction: &Transaction<'_>,
    (id, collection): (&FileId, &CollectionName),
    attributes: &Attributes,
) -> Result<Accepted, CatalogError> {
    let row = collection_row(transaction, collection)?;
    let found = read_file(transaction, id)?;
    if let Some(document) = documents_of(transaction, id, Some(row))?.into_iter().next() {
        if !attributes.is_empty() {
            write_attributes(transaction, &document.id, attributes)?;
        }
        return Ok(Accepted { document, replaced: None, changed: false });
    }
    stand_alone(transaction, id)?;
    let used = documents_of(transaction, id, None)?;
    let is_free = |document: &DocumentId| used.iter().all(|one| one.id != *document);
    let free = (0..MOST_COPIES).filter_map(|copy| id.document(copy)).find(is_free);
    let free = free.ok_or(CatalogError::Corrupt { column: "id" })?;
    let version = NewVersion {
        collection: collection.clone(),
        path: free_path(transaction, (row, &found.name))?,
        sha256: found.sha256,
        size_bytes: found.size_bytes,
    };
    let accepted = insert(transaction, (row, &free), &version)?;
    write_attributes(transaction, &free, attributes)?;
    Ok(accepted)
}

fn attached(row: &Row<'_>) -> Result<AttachedFile, CatalogError> {
    let attributes = parse_json(row, "attributes")?.unwrap_or_default();
    Ok(AttachedFile { document: document(row)?, attributes })
}

fn list_attached(
    transaction: &Transaction<'_>,
    collection: &CollectionName,
    filter: &AttachedFilter,
) -> Result<Vec<AttachedFile>, CatalogError> {
    let row = collection_row(transaction, collection)?;
    // Names of states are words of ours.
    let states: Vec<&str> = filter.statuses.iter().map(|status| status.as_str()).collect();
    let states = to_json(&states, "status")?;
    let documents = DOCUMENT.replacen("SELECT ", "SELECT d.id AS key, u.attributes, ", 1);
    let query = format!(
        "{documents} LEFT JOIN document_attributes u ON u.document_id = d.id
        WHERE d.collection_id = ?1
        AND (?2 = '[]' OR d.status IN (SELECT value FROM json_each(?2)))
        AND (?3 IS NULL OR d.id IN
            (SELECT document_id FROM file_batch_documents WHERE batch_id = ?3))"
    );
    let place = format!(
        "SELECT created_at_ms, id FROM documents WHERE collection_id = {row}
        AND (id = substr(?1, 6) OR (id >= substr(?1, 6) || '_' AND id < substr(?1, 6) || '`'))"
    );
    let values: [&dyn ToSql; 3] = [&row, &states, &filter.batch];
    read_page(transaction, (&query, &values), &place, &filter.paging, attached)
}

fn read_batch(
    transaction: &Transaction<'_>,
    collection: &CollectionName,
    id: &str,
) -> Result<FileBatch, CatalogError> {
    let row = collection_row(transaction, collection)?;
    let sql = "SELECT b.created_at_ms, b.is_cancelled,
        (SELECT COUNT(*) FROM file_batch_documents m WHERE m.batch_id = b.id) AS total
        FROM file_batches b WHERE b.id = ?1 AND b.collection_id = ?2";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let found = transaction.query_row(sql, params![id, row], read).optional()?;
    let (created_at_ms, is_cancelled, total) = found.ok_or_else(|| {
        CatalogError::NoSuchFileBatch { id: id.to_owned(), collection: collection.to_string() }
    })?;
    let condition = "WHERE d.id IN
        (SELECT document_id FROM file_batch_documents WHERE batch_id = ?1)";
    let documents = select(transaction, condition, &[&id])?;
    Ok(FileBatch { id: id.to_owned(), created_at_ms, is_cancelled, total, documents })
}

#[async_trait]
impl FileRecords for SqliteCatalog {
    async fn add_file(&self, new: NewFile) -> Result<FileRecord, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let id = format!("file-{}", uuid::Uuid::now_v7().simple());
            let id: FileId = id.parse().map_err(|_| CatalogError::Corrupt { column: "id" })?;
            let sql =
                format!("INSERT INTO files {COLUMNS} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
            let NewFile { name, purpose, sha256, size_bytes, lifetime_ms } = new;
            let (id_text, sha256) = (id.as_str(), sha256.as_str());
            let now = now_ms();
            let expires_at_ms = lifetime_ms.map(|lifetime| now.saturating_add(lifetime));
            let values =
                params![id_text, name, purpose, sha256, size_bytes, now, expires_at_ms, owner()];
            transaction.execute(&sql, values)?;
            read_file(transaction, &id)
        };
        self.database.transact(work).await
    }

    async fn get_file(&self, id: &FileId) -> Result<FileRecord, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| read_file(transaction, &id)).await
    }

    async fn list_files(&self, filter: FileFilter) -> Result<Vec<FileRecord>, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let query = format!(
                "{FILE}, id AS key FROM all_files
                WHERE (?1 IS NULL OR purpose = ?1) AND {IS_REACHED}"
            );
            let place = "SELECT created_at_ms, id FROM all_files WHERE id = ?1";
            let (names, owner) = (reached_names(), owner());
            let values: [&dyn ToSql; 3] = [&filter.purpose, &names, &owner];
            read_page(transaction, (&query, &values), place, &filter.paging, file)
        };
        self.database.transact(work).await
    }

    async fn list_expired_files(&self, now_ms: i64) -> Result<Vec<FileId>, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT id FROM files WHERE expires_at_ms <= ?1";
            let mut statement = transaction.prepare_cached(sql)?;
            let found = statement.query_and_then([now_ms], |row| parse(row, "id"))?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn delete_file(&self, id: &FileId) -> Result<(FileRecord, Vec<Document>), CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            let found = read_file(transaction, &id)?;
            let documents = documents_of(transaction, &id, None)?;
            let count = documents.len();
            let reached = |document: &Document| reaches(&document.collection);
            let documents: Vec<Document> = documents.into_iter().filter(reached).collect();
            for document in &documents {
                remove(transaction, &document.id)?;
            }
            // A document that the caller cannot reach keeps its file.
            if documents.len() == count {
                transaction.execute("DELETE FROM files WHERE id = ?1", [id.as_str()])?;
            }
            Ok((found, documents))
        };
        self.database.transact(work).await
    }

    async fn list_file_documents(&self, id: &FileId) -> Result<Vec<Document>, CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            read_file(transaction, &id)?;
            let mut documents = documents_of(transaction, &id, None)?;
            documents.retain(|document| reaches(&document.collection));
            Ok(documents)
        };
        self.database.transact(work).await
    }

    async fn attach_file(
        &self,
        id: &FileId,
        collection: &CollectionName,
        attributes: Attributes,
    ) -> Result<Accepted, CatalogError> {
        let (id, collection) = (id.clone(), collection.clone());
        let work = move |transaction: &Transaction<'_>| {
            attach(transaction, (&id, &collection), &attributes)
        };
        self.database.transact(work).await
    }

    async fn detach_file(
        &self,
        id: &FileId,
        collection: &CollectionName,
    ) -> Result<Document, CatalogError> {
        let (id, collection) = (id.clone(), collection.clone());
        let work = move |transaction: &Transaction<'_>| {
            let document = document_in(transaction, &id, &collection)?;
            stand_alone(transaction, &id)?;
            remove(transaction, &document.id)
        };
        self.database.transact(work).await
    }

    async fn get_attached(
        &self,
        id: &FileId,
        collection: &CollectionName,
    ) -> Result<AttachedFile, CatalogError> {
        let (id, collection) = (id.clone(), collection.clone());
        let work = move |transaction: &Transaction<'_>| {
            let document = document_in(transaction, &id, &collection)?;
            let attributes = read_attributes(transaction, &document.id)?;
            Ok(AttachedFile { document, attributes })
        };
        self.database.transact(work).await
    }

    async fn list_attached(
        &self,
        collection: &CollectionName,
        filter: AttachedFilter,
    ) -> Result<Vec<AttachedFile>, CatalogError> {
        let collection = collection.clone();
        let work =
            move |transaction: &Transaction<'_>| list_attached(transaction, &collection, &filter);
        self.database.transact(work).await
    }

    async fn set_attributes(
        &self,
        id: &FileId,
        collection: &CollectionName,
        attributes: Attributes,
    ) -> Result<AttachedFile, CatalogError> {
        let (id, collection) = (id.clone(), collection.clone());
        let work = move |transaction: &Transaction<'_>| {
            let document = document_in(transaction, &id, &collection)?;
            write_attributes(transaction, &document.id, &attributes)?;
            Ok(AttachedFile { document, attributes })
        };
        self.database.transact(work).await
    }

    async fn list_attributes(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<(DocumentId, String, Attributes)>, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let row = collection_row(transaction, &collection)?;
            let sql = "SELECT d.id, d.path, u.attributes FROM documents d
                LEFT JOIN document_attributes u ON u.document_id = d.id WHERE d.collection_id = ?1";
            let mut statement = transaction.prepare_cached(sql)?;
            let found = statement.query_and_then([row], |row| {
                let attributes = parse_json(row, "attributes")?.unwrap_or_default();
                Ok((parse(row, "id")?, row.get("path")?, attributes))
            })?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn add_file_batch(
        &self,
        collection: &CollectionName,
        documents: Vec<DocumentId>,
    ) -> Result<FileBatch, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let row = collection_row(transaction, &collection)?;
            let id = format!("vsfb_{}", uuid::Uuid::now_v7().simple());
            let sql = "INSERT INTO file_batches (id, collection_id, created_at_ms)
                VALUES (?1, ?2, ?3)";
            transaction.execute(sql, params![id, row, now_ms()])?;
            let sql = "INSERT INTO file_batch_documents (batch_id, position, document_id)
                VALUES (?1, ?2, ?3)";
            let mut statement = transaction.prepare_cached(sql)?;
            for (position, document) in documents.iter().enumerate() {
                statement.execute(params![id, position as i64, document.as_str()])?;
            }
            read_batch(transaction, &collection, &id)
        };
        self.database.transact(work).await
    }

    async fn get_file_batch(
        &self,
        collection: &CollectionName,
        id: &str,
    ) -> Result<FileBatch, CatalogError> {
        let (collection, id) = (collection.clone(), id.to_owned());
        self.database.transact(move |transaction| read_batch(transaction, &collection, &id)).await
    }

    async fn cancel_file_batch(&self, id: &str) -> Result<(), CatalogError> {
        let id = id.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE file_batches SET is_cancelled = 1 WHERE id = ?1";
            transaction.execute(sql, [id])?;
            Ok(())
        };
        self.database.transact(work).await
    }
}
