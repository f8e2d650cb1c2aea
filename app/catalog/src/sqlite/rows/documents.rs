//! Rows of documents: reading them.

use quire_domain::{Document, DocumentId, DocumentPath, Format, Language};
use rusqlite::{Row, ToSql, Transaction};

use super::entries::find_vault_file;
use super::{parse, parse_json};
use crate::reach::reaches;
use crate::{CatalogError, IndexedDocument, TextKey};

macro_rules! date {
    () => {
        "COALESCE(t.stated_created_at_ms, t.stated_modified_at_ms, d.modified_at_ms, d.created_at_ms)"
    };
}

/// A document's date, of `documents d` joined with its text `t`.
pub const DATE: &str = date!();

/// Columns of a document, from `documents d` joined with its collection `c` and text `t`.
pub const DOCUMENT: &str = concat!(
    "SELECT d.id, c.name AS collection, d.path, d.title, d.status, d.sha256, d.size_bytes,
           d.chunk_count, d.error, d.created_at_ms, d.updated_at_ms, d.attempts, d.text_key, c.index_id,
           t.page_count, t.format, t.language, t.warnings,
           (SELECT json_group_array(g.tag ORDER BY g.position) FROM text_tags g
               WHERE g.key = d.text_key) AS tags,
           ",
    date!(),
    " AS dated_at_ms
    FROM documents d
    JOIN collections c ON c.id = d.collection_id
    LEFT JOIN texts t ON t.key = d.text_key"
);

/// Reads a row of [`DOCUMENT`].
pub fn document(row: &Row<'_>) -> Result<Document, CatalogError> {
    let language: Option<String> = row.get("language")?;
    let language = language.unwrap_or_else(|| Language::Unknown.code().to_owned());
    Ok(Document {
        id: parse(row, "id")?,
        collection: parse(row, "collection")?,
        path: parse(row, "path")?,
        title: row.get("title")?,
        status: parse(row, "status")?,
        sha256: parse(row, "sha256")?,
        size_bytes: row.get("size_bytes")?,
        pages: row.get("page_count")?,
        page_kind: parse_json::<Format>(row, "format")?.map(Format::page_kind).unwrap_or_default(),
        chunk_count: row.get("chunk_count")?,
        language: language.parse().map_err(|_| CatalogError::Corrupt { column: "language" })?,
        tags: parse_json(row, "tags")?.unwrap_or_default(),
        dated_at_ms: row.get("dated_at_ms")?,
        warnings: parse_json(row, "warnings")?.unwrap_or_default(),
        error: parse_json(row, "error")?,
        created_at_ms: row.get("created_at_ms")?,
        updated_at_ms: row.get("updated_at_ms")?,
    })
}

/// Reads the documents that meet a condition.
pub fn select(
    transaction: &Transaction<'_>,
    condition: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<Document>, CatalogError> {
    let mut statement = transaction.prepare_cached(&format!("{DOCUMENT} {condition}"))?;
    let found = statement.query_and_then(values, document)?;
    found.collect()
}

/// Reads a record, if it can be reached.
pub fn read_document(
    transaction: &Transaction<'_>,
    id: &DocumentId,
) -> Result<Document, CatalogError> {
    let found = select(transaction, "WHERE d.id = ?1", &[&id.as_str()])?.into_iter().next();
    let found = found.filter(|document| reaches(&document.collection));
    found.ok_or_else(|| CatalogError::NoSuchDocument { id: id.to_string() })
}

/// Reads the version of a document that an index holds.
pub fn find_indexed(
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
pub fn find(
    transaction: &Transaction<'_>,
    collection: i64,
    path: &DocumentPath,
) -> Result<Option<Document>, CatalogError> {
    let condition = "WHERE d.collection_id = ?1 AND d.path = ?2";
    Ok(select(transaction, condition, &[&collection, &path.as_str()])?.into_iter().next())
}
