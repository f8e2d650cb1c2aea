//! How rows become domain values.

use quire_domain::{Collection, CollectionCounts, Conversation, Document, Language};
use rusqlite::Row;
use serde::de::DeserializeOwned;

use crate::CatalogError;

/// Parses a stored text into a domain value.
pub fn parse<T: std::str::FromStr>(row: &Row<'_>, column: &'static str) -> Result<T, CatalogError> {
    let value: String = row.get(column)?;
    value.parse().map_err(|_| CatalogError::Corrupt { column })
}

/// Reads a column of JSON that may be null.
pub fn parse_json<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<T>, CatalogError> {
    let json: Option<String> = row.get(column)?;
    let json = json.as_deref().map(serde_json::from_str).transpose();
    json.map_err(|_| CatalogError::Corrupt { column })
}

/// Columns of a document, from `documents d` joined with its collection `c` and text `t`.
pub const DOCUMENT: &str = "
    SELECT d.id, c.name AS collection, d.path, d.title, d.status, d.sha256, d.size_bytes,
           d.chunk_count, d.error, d.created_at_ms, d.updated_at_ms, d.indexed_text_key,
           d.indexed_chunk_count, c.index_id, t.page_count, t.language, t.warnings
    FROM documents d
    JOIN collections c ON c.id = d.collection_id
    LEFT JOIN texts t ON t.key = d.text_key";

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
        chunk_count: row.get("chunk_count")?,
        language: language.parse().map_err(|_| CatalogError::Corrupt { column: "language" })?,
        warnings: parse_json(row, "warnings")?.unwrap_or_default(),
        error: parse_json(row, "error")?,
        created_at_ms: row.get("created_at_ms")?,
        updated_at_ms: row.get("updated_at_ms")?,
    })
}

/// Columns of a collection with its counts.
pub const COLLECTION: &str = "
    SELECT c.name, c.index_id, c.embedding_model, c.language, c.created_at_ms,
           COUNT(d.id) AS documents,
           COALESCE(SUM(d.status = 'indexed'), 0) AS indexed,
           COALESCE(SUM(d.status IN ('accepted', 'parsed', 'embedded')), 0) AS pending,
           COALESCE(SUM(d.status IN ('failed', 'unsupported')), 0) AS failed,
           COALESCE(SUM(d.indexed_chunk_count), 0) AS chunks,
           COALESCE(SUM(d.size_bytes), 0) AS size_bytes
    FROM collections c
    LEFT JOIN documents d ON d.collection_id = c.id";

/// Reads a row of [`COLLECTION`].
pub fn collection(row: &Row<'_>) -> Result<Collection, CatalogError> {
    Ok(Collection {
        name: parse(row, "name")?,
        index_id: row.get("index_id")?,
        embedding_model: parse(row, "embedding_model")?,
        language: parse(row, "language")?,
        created_at_ms: row.get("created_at_ms")?,
        counts: CollectionCounts {
            documents: row.get("documents")?,
            indexed: row.get("indexed")?,
            pending: row.get("pending")?,
            failed: row.get("failed")?,
            chunks: row.get("chunks")?,
            size_bytes: row.get("size_bytes")?,
        },
    })
}

/// Columns of a conversation.
pub const CONVERSATION: &str = "
    SELECT v.id, c.name AS collection, v.title, v.created_at_ms, v.updated_at_ms
    FROM conversations v JOIN collections c ON c.id = v.collection_id";

/// Reads a row of [`CONVERSATION`].
pub fn conversation(row: &Row<'_>) -> Result<Conversation, CatalogError> {
    Ok(Conversation {
        id: parse(row, "id")?,
        collection: parse(row, "collection")?,
        title: row.get("title")?,
        created_at_ms: row.get("created_at_ms")?,
        updated_at_ms: row.get("updated_at_ms")?,
    })
}
