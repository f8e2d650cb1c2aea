//! Rows of indexes: their records, and which versions they hold.

use quire_domain::IndexSwitch;
use rusqlite::{Row, Transaction, params};

use crate::{CatalogError, CommittedDocument, NewIndexRecord};

/// Adds the record of an index.
pub fn insert(
    transaction: &Transaction<'_>,
    collection: i64,
    index: &NewIndexRecord,
    switch: IndexSwitch,
) -> Result<(), CatalogError> {
    let sql = "INSERT INTO indexes
        (id, collection_id, embedding_model, language, analyzer_version, switch)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let NewIndexRecord { id, embedding_model, language, analyzer_version } = index;
    let (model, switch) = (embedding_model.as_str(), switch_word(switch));
    let values = params![id, collection, model, language.code(), analyzer_version, switch];
    transaction.execute(sql, values)?;
    Ok(())
}

/// Records which versions an index holds, of documents and an index that are still there.
///
/// Chunks of an earlier version that were to be removed were replaced with the commit. Their
/// removal goes off the list with it, or it would take the new ones out.
pub fn hold(
    transaction: &Transaction<'_>,
    index_id: &str,
    documents: &[CommittedDocument],
) -> Result<(), CatalogError> {
    // Not `OR REPLACE`: that would pass by the triggers that keep the counts.
    let sql = "INSERT INTO index_documents (index_id, document_id, text_key, chunk_count)
        SELECT x.id, d.id, ?3, ?4 FROM indexes x JOIN documents d
        ON d.collection_id = x.collection_id WHERE x.id = ?1 AND d.id = ?2
        ON CONFLICT DO UPDATE SET text_key = ?3, chunk_count = ?4";
    let mut statement = transaction.prepare_cached(sql)?;
    let sql = "DELETE FROM removals WHERE index_id = ?1 AND document_id IN
        (SELECT document_id FROM index_documents WHERE index_id = ?1 AND document_id = ?2)";
    let mut replaced = transaction.prepare_cached(sql)?;
    for document in documents {
        let CommittedDocument { id, text_key, chunk_count, .. } = document;
        statement.execute(params![index_id, id.as_str(), text_key.as_str(), chunk_count])?;
        replaced.execute(params![index_id, id.as_str()])?;
    }
    Ok(())
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
