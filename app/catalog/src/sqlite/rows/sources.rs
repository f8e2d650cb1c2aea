//! Rows of sources: reading them.

use quire_domain::sync::{Device, SourceId};
use rusqlite::{OptionalExtension, Row, Transaction};

use super::{from_json, parse, parse_json};
use crate::reach::reaches;
use crate::{CatalogError, SourceRecord};

const SOURCE: &str = "SELECT s.*, c.name AS collection FROM sources s
    JOIN collections c ON c.id = s.collection_id";

fn read_row(row: &Row<'_>) -> Result<SourceRecord, CatalogError> {
    Ok(SourceRecord {
        id: parse(row, "id")?,
        kind: from_json(row, "kind")?,
        collection: parse(row, "collection")?,
        name: row.get("name")?,
        folder: row.get("folder")?,
        vault: parse_json(row, "vault")?,
        devices: Vec::new(),
        rules: from_json(row, "rules")?,
        rules_hash: row.get("rules_hash")?,
        paused: row.get("paused")?,
        seq: row.get("seq")?,
        horizon_seq: row.get("horizon_seq")?,
        created_at_ms: row.get("created_at_ms")?,
        seen_at_ms: row.get("seen_at_ms")?,
    })
}

fn read_devices(transaction: &Transaction<'_>, id: &SourceId) -> Result<Vec<Device>, CatalogError> {
    let sql = "SELECT id, name, platform, seen_at_ms FROM source_devices WHERE source_id = ?1
        ORDER BY id";
    let mut statement = transaction.prepare_cached(sql)?;
    let read = |row: &Row<'_>| -> Result<Device, CatalogError> {
        Ok(Device {
            id: parse(row, "id")?,
            name: row.get("name")?,
            platform: row.get("platform")?,
            seen_at: row.get("seen_at_ms")?,
        })
    };
    let found = statement.query_and_then([id.as_str()], read)?;
    found.collect()
}

/// Reads a source, if it can be reached.
pub fn read_source(
    transaction: &Transaction<'_>,
    id: &SourceId,
) -> Result<SourceRecord, CatalogError> {
    let sql = format!("{SOURCE} WHERE s.id = ?1");
    let mut statement = transaction.prepare_cached(&sql)?;
    let mut found = statement.query([id.as_str()])?;
    let row = found.next()?.ok_or_else(|| CatalogError::NoSuchSource { id: id.to_string() })?;
    let source = read_row(row)?;
    if !reaches(&source.collection) {
        return Err(CatalogError::NoSuchSource { id: id.to_string() });
    }
    Ok(SourceRecord { devices: read_devices(transaction, id)?, ..source })
}

/// Gives the sequence number of a source.
pub fn current_seq(transaction: &Transaction<'_>, id: &SourceId) -> Result<u64, CatalogError> {
    let sql = "SELECT seq FROM sources WHERE id = ?1";
    let found = transaction.query_row(sql, [id.as_str()], |row| row.get(0)).optional()?;
    found.ok_or_else(|| CatalogError::NoSuchSource { id: id.to_string() })
}
