//! How rows become domain values.

use quire_domain::{
    Collection, CollectionCounts, Conversation, Document, IndexState, IndexSwitch, Language,
    NextIndex, PreviousIndex,
};
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
           d.chunk_count, d.error, d.created_at_ms, d.updated_at_ms, c.index_id,
           t.page_count, t.language, t.warnings,
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

macro_rules! counts {
    () => {
        "COUNT(d.id) AS documents,
           COALESCE(SUM(d.status = 'indexed'), 0) AS indexed,
           COALESCE(SUM(d.status IN ('accepted', 'parsed', 'embedded')), 0) AS pending,
           COALESCE(SUM(d.status IN ('failed', 'unsupported')), 0) AS failed,
           (SELECT COALESCE(SUM(i.chunk_count), 0) FROM index_documents i
               WHERE i.index_id = c.index_id) AS chunks,
           COALESCE(SUM(d.size_bytes), 0) AS size_bytes"
    };
}

/// Counts of a collection alone: they are told with every document that comes further.
pub const COUNTS: &str = concat!(
    "SELECT ",
    counts!(),
    " FROM collections c LEFT JOIN documents d ON d.collection_id = c.id"
);

/// Columns of a collection with its counts, its active index `x`, its next index `n` and its
/// previous index `p`.
pub const COLLECTION: &str = concat!(
    "SELECT c.name, c.index_id, x.embedding_model, x.language, c.created_at_ms,
           n.id AS next_id, n.embedding_model AS next_model, n.language AS next_language,
           n.switch AS next_switch, n.failure AS next_failure,
           p.id AS previous_id, p.embedding_model AS previous_model,
           p.language AS previous_language,
           (SELECT COUNT(*) FROM index_documents i WHERE i.index_id = c.index_id) AS held,
           (SELECT COUNT(*) FROM index_documents b
               JOIN index_documents i ON i.document_id = b.document_id AND i.text_key = b.text_key
               WHERE b.index_id = c.next_index_id AND i.index_id = c.index_id) AS built,
           ",
    counts!(),
    " FROM collections c
    JOIN indexes x ON x.id = c.index_id
    LEFT JOIN indexes n ON n.id = c.next_index_id
    LEFT JOIN indexes p ON p.id = c.previous_index_id
    LEFT JOIN documents d ON d.collection_id = c.id"
);

/// Reads the counts of a row of [`COUNTS`] or [`COLLECTION`].
pub fn counts(row: &Row<'_>) -> Result<CollectionCounts, CatalogError> {
    Ok(CollectionCounts {
        documents: row.get("documents")?,
        indexed: row.get("indexed")?,
        pending: row.get("pending")?,
        failed: row.get("failed")?,
        chunks: row.get("chunks")?,
        size_bytes: row.get("size_bytes")?,
    })
}

/// Reads a row of [`COLLECTION`].
pub fn collection(row: &Row<'_>) -> Result<Collection, CatalogError> {
    Ok(Collection {
        name: parse(row, "name")?,
        index_id: row.get("index_id")?,
        embedding_model: parse(row, "embedding_model")?,
        language: parse(row, "language")?,
        created_at_ms: row.get("created_at_ms")?,
        counts: counts(row)?,
        next_index: next_index(row)?,
        previous_index: previous_index(row)?,
        warnings: Vec::new(),
    })
}

fn next_index(row: &Row<'_>) -> Result<Option<NextIndex>, CatalogError> {
    let Some(index_id) = row.get("next_id")? else { return Ok(None) };
    let (done, total): (u64, u64) = (row.get("built")?, row.get("held")?);
    let error: Option<String> = row.get("next_failure")?;
    let state = match error {
        Some(_) => IndexState::Failed,
        None if done < total => IndexState::Building,
        None => IndexState::Ready,
    };
    Ok(Some(NextIndex {
        index_id,
        embedding_model: parse(row, "next_model")?,
        language: parse(row, "next_language")?,
        state,
        switch: switch(row, "next_switch")?,
        done,
        total,
        error,
    }))
}

fn previous_index(row: &Row<'_>) -> Result<Option<PreviousIndex>, CatalogError> {
    let Some(index_id) = row.get("previous_id")? else { return Ok(None) };
    Ok(Some(PreviousIndex {
        index_id,
        embedding_model: parse(row, "previous_model")?,
        language: parse(row, "previous_language")?,
    }))
}

/// Shows how a time to switch is stored.
pub fn switch_word(switch: IndexSwitch) -> &'static str {
    match switch {
        IndexSwitch::WhenReady => "when_ready",
        IndexSwitch::OnRequest => "on_request",
    }
}

/// Reads a time to switch.
pub fn switch(row: &Row<'_>, column: &'static str) -> Result<IndexSwitch, CatalogError> {
    let word: String = row.get(column)?;
    let known = [IndexSwitch::WhenReady, IndexSwitch::OnRequest];
    let found = known.into_iter().find(|known| switch_word(*known) == word);
    found.ok_or(CatalogError::Corrupt { column })
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
