//! Plans in SQLite: the manifest of a vault, for as long as its sync takes.

use quire_domain::ContentHash;
use quire_domain::sync::{DeviceId, FileHash, PlanFile, PlanId, SourceId};
use quire_folder_sync::now_ms;
use rusqlite::{Row, Transaction, params};

use crate::sqlite::rows::sources::current_seq;
use crate::sqlite::rows::{from_json, to_json};
use crate::{CatalogError, NewPlan, PlanRecord};

/// Records a plan and its first files, and forgets plans that have ended.
pub(super) fn begin(
    transaction: &Transaction<'_>,
    plan: &NewPlan,
    page: u32,
    files: &[PlanFile],
) -> Result<PlanRecord, CatalogError> {
    transaction.execute("DELETE FROM source_plans WHERE expires_at_ms < ?1", [now_ms()])?;
    let id = format!("pl_{}", uuid::Uuid::now_v7().simple());
    let id: PlanId = id.parse().map_err(|_| CatalogError::Corrupt { column: "id" })?;
    let sql = "INSERT INTO source_plans (id, source_id, seq, device, rules_hash, scope,
        is_complete, planned_at_ms, page_count, expires_at_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let values = params![
        id.as_str(),
        plan.source.as_str(),
        current_seq(transaction, &plan.source)?,
        plan.device.as_ref().map(DeviceId::as_str),
        plan.rules_hash,
        to_json(&plan.scope, "scope")?,
        plan.is_complete,
        plan.planned_at_ms,
        plan.page_count,
        plan.expires_at_ms
    ];
    transaction.execute(sql, values)?;
    add_files(transaction, &id, Some(page), files)?;
    read(transaction, &plan.source, &id)
}

/// Adds files to a plan.
pub(super) fn extend(
    transaction: &Transaction<'_>,
    source: &SourceId,
    id: &PlanId,
    page: Option<u32>,
    files: &[PlanFile],
) -> Result<PlanRecord, CatalogError> {
    read_properties(transaction, source, id)?;
    add_files(transaction, id, page, files)?;
    read(transaction, source, id)
}

fn add_files(
    transaction: &Transaction<'_>,
    id: &PlanId,
    page: Option<u32>,
    files: &[PlanFile],
) -> Result<(), CatalogError> {
    let sql = "INSERT OR IGNORE INTO source_plan_pages (plan_id, page)
        SELECT ?1, ?2 WHERE ?2 IS NOT NULL";
    transaction.execute(sql, params![id.as_str(), page])?;
    let sql = "INSERT OR REPLACE INTO source_plan_files (plan_id, path, hash, mtime_ms, size_bytes)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut statement = transaction.prepare_cached(sql)?;
    for PlanFile { path, hash, mtime_ms, size_bytes } in files {
        let hash = hash.as_ref().map(|hash| hash.content().as_str());
        let size = i64::try_from(*size_bytes).unwrap_or(i64::MAX);
        statement.execute(params![id.as_str(), path, hash, mtime_ms, size])?;
    }
    Ok(())
}

fn read_properties(
    transaction: &Transaction<'_>,
    source: &SourceId,
    id: &PlanId,
) -> Result<(NewPlan, u64), CatalogError> {
    let sql = "SELECT * FROM source_plans
        WHERE id = ?1 AND source_id = ?2 AND expires_at_ms >= ?3";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut found = statement.query(params![id.as_str(), source.as_str(), now_ms()])?;
    let row = found.next()?.ok_or_else(|| CatalogError::NoSuchPlan { id: id.to_string() })?;
    let device: Option<String> = row.get("device")?;
    let device = device.map(|device| device.parse()).transpose();
    let plan = NewPlan {
        source: source.clone(),
        device: device.map_err(|_| CatalogError::Corrupt { column: "device" })?,
        rules_hash: row.get("rules_hash")?,
        scope: from_json(row, "scope")?,
        is_complete: row.get("is_complete")?,
        planned_at_ms: row.get("planned_at_ms")?,
        page_count: row.get("page_count")?,
        expires_at_ms: row.get("expires_at_ms")?,
    };
    Ok((plan, row.get("seq")?))
}

/// Reads a plan with its files.
pub(super) fn read(
    transaction: &Transaction<'_>,
    source: &SourceId,
    id: &PlanId,
) -> Result<PlanRecord, CatalogError> {
    let (plan, seq) = read_properties(transaction, source, id)?;
    let sql = "SELECT page FROM source_plan_pages WHERE plan_id = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let pages = statement.query_map([id.as_str()], |row| row.get::<_, u32>(0))?;
    let pages = pages.collect::<Result<Vec<_>, _>>()?;
    let sql = "SELECT * FROM source_plan_files WHERE plan_id = ?1 ORDER BY path";
    let mut statement = transaction.prepare_cached(sql)?;
    let files = statement.query_and_then([id.as_str()], read_file)?;
    Ok(PlanRecord {
        id: id.clone(),
        seq,
        awaiting_pages: (1..=plan.page_count).filter(|page| !pages.contains(page)).collect(),
        files: files.collect::<Result<Vec<_>, _>>()?,
        plan,
    })
}

fn read_file(row: &Row<'_>) -> Result<PlanFile, CatalogError> {
    let hash: Option<String> = row.get("hash")?;
    let hash = hash.map(|hash| hash.parse::<ContentHash>()).transpose();
    let hash = hash.map_err(|_| CatalogError::Corrupt { column: "hash" })?;
    Ok(PlanFile {
        path: row.get("path")?,
        hash: hash.map(FileHash::from),
        mtime_ms: row.get("mtime_ms")?,
        size_bytes: row.get("size_bytes")?,
    })
}
