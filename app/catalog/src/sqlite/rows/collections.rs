//! Rows of collections: their names, their counts, their three indexes.

use quire_domain::{
    Collection, CollectionCounts, CollectionName, IndexState, NextIndex, PreviousIndex,
};
use rusqlite::{OptionalExtension, Row, Transaction};

use super::{indexes, parse};
use crate::CatalogError;
use crate::reach::reaches;

/// Folds a name for comparison.
pub fn name_key(name: &CollectionName) -> String {
    name.as_str().to_lowercase()
}

/// Finds a collection's row number, if it can be reached.
pub fn collection_row(
    transaction: &Transaction<'_>,
    name: &CollectionName,
) -> Result<i64, CatalogError> {
    let sql = "SELECT id FROM collections WHERE name_key = ?1";
    let found = transaction.query_row(sql, [name_key(name)], |row| row.get(0)).optional()?;
    let found = found.filter(|_| reaches(name));
    found.ok_or_else(|| CatalogError::NoSuchCollection { name: name.to_string() })
}

/// Reads a collection with its counts and indexes.
pub fn read_collection(
    transaction: &Transaction<'_>,
    name: &CollectionName,
) -> Result<Collection, CatalogError> {
    let id = collection_row(transaction, name)?;
    let sql = format!("{COLLECTION} WHERE c.id = ?1");
    let mut statement = transaction.prepare_cached(&sql)?;
    let mut found = statement.query([id])?;
    let row = found.next()?;
    row.map_or_else(|| Err(CatalogError::NoSuchCollection { name: name.to_string() }), collection)
}

/// Counts of a collection `c`, kept with each change by triggers.
const COUNTS: &str = "
    SELECT k.documents, k.indexed, k.pending, k.failed, k.size_bytes, i.chunks
    FROM collections c
    JOIN collection_counts k ON k.collection_id = c.id
    JOIN index_counts i ON i.index_id = c.index_id";

/// Columns of a collection with its counts, its active index `x`, its next index `n` and its
/// previous index `p`. What the next one holds already is counted only if there is one.
pub const COLLECTION: &str = "
    SELECT c.name, c.index_id, x.embedding_model, x.language, c.created_at_ms,
           n.id AS next_id, n.embedding_model AS next_model, n.language AS next_language,
           n.switch AS next_switch, n.failure AS next_failure,
           p.id AS previous_id, p.embedding_model AS previous_model,
           p.language AS previous_language,
           i.documents AS held,
           CASE WHEN n.id IS NULL THEN 0 ELSE (SELECT COUNT(*) FROM index_documents b
               JOIN index_documents a ON a.document_id = b.document_id AND a.text_key = b.text_key
               WHERE b.index_id = c.next_index_id AND a.index_id = c.index_id) END AS built,
           k.documents, k.indexed, k.pending, k.failed, k.size_bytes, i.chunks
    FROM collections c
    JOIN indexes x ON x.id = c.index_id
    JOIN collection_counts k ON k.collection_id = c.id
    JOIN index_counts i ON i.index_id = c.index_id
    LEFT JOIN indexes n ON n.id = c.next_index_id
    LEFT JOIN indexes p ON p.id = c.previous_index_id";

/// Reads the counts of a row of [`COUNTS`] or [`COLLECTION`].
fn counts(row: &Row<'_>) -> Result<CollectionCounts, CatalogError> {
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
        switch: indexes::switch(row, "next_switch")?,
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

/// Counts a collection's documents, in a time that does not depend on how many there are.
pub fn count(
    transaction: &Transaction<'_>,
    name: &CollectionName,
) -> Result<CollectionCounts, CatalogError> {
    let id = collection_row(transaction, name)?;
    let sql = format!("{COUNTS} WHERE c.id = ?1");
    let mut statement = transaction.prepare_cached(&sql)?;
    let mut found = statement.query([id])?;
    let missing = || CatalogError::NoSuchCollection { name: name.to_string() };
    counts(found.next()?.ok_or_else(missing)?)
}
