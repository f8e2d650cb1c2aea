//! Changes of documents' records that several traits make: a version comes, a path changes, a
//! record goes.

use quire_domain::{Document, DocumentId, DocumentPath, DocumentStatus};
use quire_folder_sync::now_ms;
use rusqlite::{Transaction, params};

use super::collections::collection_row;
use super::documents::{find, read_document};
use crate::{Accepted, CatalogError, NewVersion, TextKey};

/// Writes down that a document's chunks must go from every index of its collection.
pub fn note_removal(transaction: &Transaction<'_>, id: &DocumentId) -> Result<(), CatalogError> {
    let sql = "INSERT OR IGNORE INTO removals (index_id, document_id)
        SELECT x.id, d.id FROM documents d JOIN indexes x ON x.collection_id = d.collection_id
        WHERE d.id = ?1";
    transaction.execute(sql, [id.as_str()])?;
    Ok(())
}

/// Removes a record and writes down that its chunks must go from every index.
pub fn remove(transaction: &Transaction<'_>, id: &DocumentId) -> Result<Document, CatalogError> {
    let document = read_document(transaction, id)?;
    note_removal(transaction, id)?;
    transaction.execute("DELETE FROM documents WHERE id = ?1", [id.as_str()])?;
    Ok(document)
}

/// Gives a record another path with the same ending: its text, chunks and vectors stay as they are.
pub fn rename(
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
pub fn accept(
    transaction: &Transaction<'_>,
    version: &NewVersion,
) -> Result<Accepted, CatalogError> {
    let NewVersion { collection, path, sha256, size_bytes } = version;
    let collection_id = collection_row(transaction, collection)?;
    let old = find(transaction, collection_id, path)?;
    let Some(old) = old else {
        let id = uuid::Uuid::now_v7().to_string();
        let id = id.parse().map_err(|_| CatalogError::Corrupt { column: "id" })?;
        return insert(transaction, (collection_id, &id), version);
    };
    let text_key = TextKey::new(sha256, path);
    let now = now_ms();
    let failed = matches!(old.status, DocumentStatus::Failed | DocumentStatus::Unsupported);
    if old.sha256 == *sha256 && !failed {
        return Ok(Accepted { document: old, replaced: None, changed: false });
    }
    let sql = "UPDATE documents SET status = 'accepted', error = NULL, attempts = 0, sha256 = ?2,
        size_bytes = ?3, text_key = ?4, updated_at_ms = ?5 WHERE id = ?1";
    let values = params![old.id.as_str(), sha256.as_str(), size_bytes, text_key.as_str(), now];
    transaction.execute(sql, values)?;
    let document = read_document(transaction, &old.id)?;
    let replaced = (old.sha256 != *sha256).then_some(old.sha256);
    Ok(Accepted { document, replaced, changed: true })
}

/// Records a document at a path that is free, by an identifier that is.
pub fn insert(
    transaction: &Transaction<'_>,
    (collection_id, id): (i64, &DocumentId),
    version: &NewVersion,
) -> Result<Accepted, CatalogError> {
    let NewVersion { path, sha256, size_bytes, .. } = version;
    let sql = "INSERT INTO documents (id, collection_id, path, title, status, sha256,
        size_bytes, text_key, created_at_ms, updated_at_ms)
        VALUES (?1, ?2, ?3, ?4, 'accepted', ?5, ?6, ?7, ?8, ?8)";
    let text_key = TextKey::new(sha256, path);
    let values = params![
        id.as_str(),
        collection_id,
        path.as_str(),
        path.file_name(),
        sha256.as_str(),
        size_bytes,
        text_key.as_str(),
        now_ms()
    ];
    transaction.execute(sql, values)?;
    let document = read_document(transaction, id)?;
    Ok(Accepted { document, replaced: None, changed: true })
}
