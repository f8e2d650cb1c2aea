//! Entries in SQLite: reading them with the state of their documents.

use quire_domain::link::VaultFile;
use quire_domain::sync::{
    DeviceId, EntryOp, FileEntry, FileHash, FileStatus, SourceId, SourcePath, Vault,
};
use quire_domain::{ContentHash, DocumentId, DocumentStatus};
use quire_folder_sync::now_ms;
use rusqlite::{Row, ToSql, Transaction, params};

use super::{parse, parse_json};
use crate::{CatalogError, EntryFilter, SourceCounts};

/// Columns of an entry `e` with its document `d`.
const ENTRY: &str = "SELECT e.*, d.status AS document_status, d.error AS document_error,
    d.sha256 AS document_hash
    FROM source_entries e LEFT JOIN documents d ON d.id = e.document_id";

/// Shows how an operation is stored.
fn op_word(op: EntryOp) -> &'static str {
    match op {
        EntryOp::Put => "put",
        EntryOp::Delete => "delete",
    }
}

fn read(row: &Row<'_>) -> Result<FileEntry, CatalogError> {
    let op: String = row.get("op")?;
    let op = match op.as_str() {
        "put" => EntryOp::Put,
        "delete" => EntryOp::Delete,
        _ => return Err(CatalogError::Corrupt { column: "op" }),
    };
    let hash = optional::<ContentHash>(row, "hash")?;
    let status = optional::<DocumentStatus>(row, "document_status")?;
    let is_of_these_bytes = optional::<ContentHash>(row, "document_hash")? == hash;
    let status = match (op, status.filter(|_| is_of_these_bytes)) {
        (EntryOp::Delete, _) => None,
        (EntryOp::Put, None) => Some(FileStatus::Lost),
        (EntryOp::Put, Some(status)) => Some(match status {
            DocumentStatus::Accepted | DocumentStatus::Parsed | DocumentStatus::Embedded => {
                FileStatus::Queued
            }
            DocumentStatus::Indexed => FileStatus::Indexed,
            DocumentStatus::Failed => FileStatus::Failed,
            DocumentStatus::Unsupported => FileStatus::Skipped,
        }),
    };
    let is_reasoned = matches!(status, Some(FileStatus::Failed | FileStatus::Skipped));
    Ok(FileEntry {
        path: parse(row, "path")?,
        op,
        hash: hash.map(FileHash::from),
        mtime_ms: row.get("mtime_ms")?,
        ctime_ms: row.get("ctime_ms")?,
        size_bytes: row.get("size_bytes")?,
        ts_ms: row.get("ts_ms")?,
        device: optional(row, "device")?,
        seq: row.get("seq")?,
        document_id: optional(row, "document_id")?,
        status,
        reason: if is_reasoned { parse_json(row, "document_error")? } else { None },
    })
}

fn optional<T: std::str::FromStr>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<T>, CatalogError> {
    let value: Option<String> = row.get(column)?;
    let value = value.map(|value| value.parse()).transpose();
    value.map_err(|_| CatalogError::Corrupt { column })
}

fn select(
    transaction: &Transaction<'_>,
    condition: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<FileEntry>, CatalogError> {
    let mut statement = transaction.prepare_cached(&format!("{ENTRY} {condition}"))?;
    let found = statement.query_and_then(values, read)?;
    found.collect()
}

/// Finds what is at a path.
pub fn find(
    transaction: &Transaction<'_>,
    source: &SourceId,
    path: &SourcePath,
) -> Result<Option<FileEntry>, CatalogError> {
    let condition = "WHERE e.source_id = ?1 AND e.path = ?2";
    let found = select(transaction, condition, &[&source.as_str(), &path.as_str()])?;
    Ok(found.into_iter().next())
}

/// Finds the file of a vault that a document is.
pub fn find_vault_file(
    transaction: &Transaction<'_>,
    document: &DocumentId,
) -> Result<Option<VaultFile>, CatalogError> {
    let sql = "SELECT e.path, s.vault FROM source_entries e JOIN sources s ON s.id = e.source_id
        WHERE e.document_id = ?1 AND s.vault IS NOT NULL";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut found = statement.query([document.as_str()])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let vault: Option<Vault> = parse_json(row, "vault")?;
    let path = row.get("path")?;
    Ok(vault.map(|vault| VaultFile { vault: vault.name, path }))
}

/// Lists files that are there, by path.
pub fn list(
    transaction: &Transaction<'_>,
    source: &SourceId,
    filter: &EntryFilter,
) -> Result<Vec<FileEntry>, CatalogError> {
    let condition = "WHERE e.source_id = ?1 AND e.op = 'put' AND e.path > ?2
        AND substr(e.path, 1, length(?3)) = ?3 ORDER BY e.path LIMIT ?4";
    let after = filter.after.clone().unwrap_or_default();
    let limit = i64::try_from(filter.limit).unwrap_or(i64::MAX);
    select(transaction, condition, &[&source.as_str(), &after, &filter.prefix, &limit])
}

/// Lists everything at every path, by path.
pub fn list_all(
    transaction: &Transaction<'_>,
    source: &SourceId,
) -> Result<Vec<FileEntry>, CatalogError> {
    select(transaction, "WHERE e.source_id = ?1 ORDER BY e.path", &[&source.as_str()])
}

/// Lists path and hash of the files that are whole, by path.
pub fn list_hashes(
    transaction: &Transaction<'_>,
    source: &SourceId,
) -> Result<Vec<(SourcePath, FileHash)>, CatalogError> {
    let sql = "SELECT e.path, e.hash FROM source_entries e
        JOIN documents d ON d.id = e.document_id AND d.sha256 = e.hash
        WHERE e.source_id = ?1 AND e.op = 'put' ORDER BY e.path";
    let mut statement = transaction.prepare_cached(sql)?;
    let read = |row: &Row<'_>| -> Result<_, CatalogError> {
        Ok((parse(row, "path")?, parse::<ContentHash>(row, "hash")?.into()))
    };
    let found = statement.query_and_then([source.as_str()], read)?;
    found.collect()
}

/// Lists what was written after a sequence number.
pub fn changes(
    transaction: &Transaction<'_>,
    source: &SourceId,
    since: u64,
    limit: usize,
) -> Result<Vec<FileEntry>, CatalogError> {
    let condition = "WHERE e.source_id = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    select(transaction, condition, &[&source.as_str(), &since, &limit])
}

/// Counts files by the state of their documents.
pub fn count(
    transaction: &Transaction<'_>,
    source: &SourceId,
) -> Result<SourceCounts, CatalogError> {
    let sql = "SELECT COUNT(*) AS files, COALESCE(SUM(e.size_bytes), 0) AS size_bytes,
        COALESCE(SUM(d.status = 'accepted'), 0) AS queued,
        COALESCE(SUM(d.status IN ('parsed', 'embedded')), 0) AS running,
        COALESCE(SUM(d.status = 'indexed'), 0) AS indexed,
        COALESCE(SUM(d.status = 'failed'), 0) AS failed,
        COALESCE(SUM(d.status = 'unsupported'), 0) AS unsupported
        FROM source_entries e LEFT JOIN documents d ON d.id = e.document_id
        WHERE e.source_id = ?1 AND e.op = 'put'";
    let read = |row: &Row<'_>| {
        Ok(SourceCounts {
            files: row.get("files")?,
            size_bytes: row.get("size_bytes")?,
            queued: row.get("queued")?,
            running: row.get("running")?,
            indexed: row.get("indexed")?,
            failed: row.get("failed")?,
            unsupported: row.get("unsupported")?,
        })
    };
    Ok(transaction.query_row(sql, [source.as_str()], read)?)
}

/// Writes what is at a path in place of what was.
pub fn put(
    transaction: &Transaction<'_>,
    source: &SourceId,
    entry: &FileEntry,
) -> Result<(), CatalogError> {
    let sql = "INSERT INTO source_entries (source_id, path, case_key, op, hash, mtime_ms, ctime_ms,
        size_bytes, ts_ms, device, seq, document_id, written_at_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        ON CONFLICT (source_id, path) DO UPDATE SET op = ?4, hash = ?5, mtime_ms = ?6, ctime_ms = ?7, size_bytes = ?8,
        ts_ms = ?9, device = ?10, seq = ?11, document_id = ?12, written_at_ms = ?13";
    let mut statement = transaction.prepare_cached(sql)?;
    statement.execute(params![
        source.as_str(),
        entry.path.as_str(),
        entry.path.case_key(),
        op_word(entry.op),
        entry.hash.as_ref().map(|hash| hash.content().as_str()),
        entry.mtime_ms,
        entry.ctime_ms,
        entry.size_bytes,
        entry.ts_ms,
        entry.device.as_ref().map(DeviceId::as_str),
        entry.seq,
        entry.document_id.as_ref().map(DocumentId::as_str),
        now_ms()
    ])?;
    Ok(())
}
