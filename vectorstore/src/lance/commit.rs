//! The replacing commit: old chunks out and new chunks in, in one version of the table.
//!
//! Lance's own `merge_insert` could do it, but joins with the whole table. Here the new rows are
//! written aside, the old ones are marked deleted, and one transaction publishes both, so that the
//! time taken depends on the documents replaced and not on the table.

use std::collections::HashSet;
use std::sync::Arc;

use ::lance::Dataset;
use ::lance::dataset::transaction::{Operation, Transaction, UpdateMode};
use ::lance::dataset::{
    CommitBuilder, DeleteBuilder, InsertBuilder, UncommittedDelete, WriteMode, WriteParams,
};
use arrow_array::RecordBatch;
use quire_domain::DocumentId;

use crate::{DocumentChunks, StoreError};

use super::tables::{Life, OpenTable};
use super::{columns, failed, rows};

const ACTION: &str = "commit documents";

/// How often a commit is tried anew when maintenance has moved the rows it touches.
const ATTEMPTS: usize = 10;

/// Puts each document's chunks in place of those it had.
pub(super) async fn replace(
    table: &OpenTable,
    documents: Vec<DocumentChunks>,
) -> Result<(), StoreError> {
    let documents = last_of_each(documents);
    if documents.is_empty() {
        return Ok(());
    }
    let old_rows = belonging_to(documents.iter().map(|document| &document.document_id));
    let new_rows = encode(table, documents).await?;

    let life = table.life.lock().await;
    if *life == Life::Removed {
        return Err(StoreError::NoSuchIndex { index: table.index.clone() });
    }
    let insertion = match new_rows.num_rows() {
        0 => None,
        _ => Some(write_aside(table.dataset().await?, new_rows).await?),
    };
    for _ in 1..ATTEMPTS {
        let before = table.dataset().await?;
        let result = commit(before, &old_rows, insertion.as_ref()).await;
        match result {
            Ok(Some(after)) => {
                table.publish(after);
                return Ok(());
            }
            Ok(None) => return Ok(()),
            Err(::lance::Error::RetryableCommitConflict { .. }) => {
                table.reload().await?;
            }
            Err(error) => return Err(failed(ACTION)(error)),
        }
    }
    Err(failed(ACTION)("the table kept changing under the commit"))
}

/// Keeps the last mention of each document: the later one replaces the earlier.
fn last_of_each(documents: Vec<DocumentChunks>) -> Vec<DocumentChunks> {
    let mut seen = HashSet::new();
    let mut kept: Vec<DocumentChunks> = Vec::with_capacity(documents.len());
    for document in documents.into_iter().rev() {
        if seen.insert(document.document_id.clone()) {
            kept.push(document);
        }
    }
    kept.reverse();
    kept
}

/// Says in SQL: a row of one of these documents.
pub(super) fn belonging_to<'a>(documents: impl Iterator<Item = &'a DocumentId>) -> String {
    is_one_of(columns::DOCUMENT_ID, documents.map(DocumentId::as_str))
}

/// Says in SQL: `column` has one of these values.
pub(super) fn is_one_of<'a>(column: &str, values: impl Iterator<Item = &'a str>) -> String {
    let literals: Vec<String> =
        values.map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
    if literals.is_empty() {
        return "false".to_owned();
    }
    format!("{column} IN ({})", literals.join(","))
}

async fn encode(
    table: &OpenTable,
    documents: Vec<DocumentChunks>,
) -> Result<RecordBatch, StoreError> {
    let (spec, analyzer) = (table.spec, table.analyzer.clone());
    let encoded = tokio::task::spawn_blocking(move || rows::encode(&documents, spec, &analyzer));
    encoded.await.map_err(failed(ACTION))?
}

/// Writes rows into files that no version of the table has yet.
async fn write_aside(dataset: Arc<Dataset>, rows: RecordBatch) -> Result<Transaction, StoreError> {
    let parameters = WriteParams { mode: WriteMode::Append, ..WriteParams::default() };
    let insertion = InsertBuilder::new(dataset).with_params(&parameters);
    insertion.execute_uncommitted(vec![rows]).await.map_err(failed("write rows"))
}

/// Commits, or does nothing when there is nothing to do.
async fn commit(
    before: Arc<Dataset>,
    old_rows: &str,
    insertion: Option<&Transaction>,
) -> ::lance::Result<Option<Dataset>> {
    let deletion = DeleteBuilder::new(before.clone(), old_rows).execute_uncommitted().await?;
    let UncommittedDelete { transaction: deletion, affected_rows, num_deleted_rows } = deletion;
    let transaction = match (num_deleted_rows, insertion) {
        (0, None) => return Ok(None),
        (0, Some(insertion)) => insertion.clone(),
        (_, None) => deletion,
        (_, Some(insertion)) => both(&before, deletion, insertion),
    };
    let mut builder = CommitBuilder::new(before);
    if let Some(rows) = affected_rows {
        builder = builder.with_affected_rows(rows);
    }
    builder.execute(transaction).await.map(Some)
}

fn both(before: &Dataset, deletion: Transaction, insertion: &Transaction) -> Transaction {
    let (updated_fragments, removed_fragment_ids) = match deletion.operation {
        Operation::Delete { updated_fragments, deleted_fragment_ids, .. } => {
            (updated_fragments, deleted_fragment_ids)
        }
        _ => (Vec::new(), Vec::new()),
    };
    let new_fragments = match &insertion.operation {
        Operation::Append { fragments } => fragments.clone(),
        _ => Vec::new(),
    };
    let every_field = before.schema().fields_pre_order().map(|field| field.id as u32).collect();
    let operation = Operation::Update {
        removed_fragment_ids,
        updated_fragments,
        new_fragments,
        fields_modified: Vec::new(),
        compacted_sstables: Vec::new(),
        fields_for_preserving_frag_bitmap: every_field,
        update_mode: Some(UpdateMode::RewriteRows),
        inserted_rows_filter: None,
        updated_fragment_offsets: None,
    };
    Transaction::new(before.manifest().version, operation, None)
}
