//! Sources in SQLite.

mod apply;
mod keys;
mod plans;

use async_trait::async_trait;
use quire_domain::link::VaultFile;
use quire_domain::sync::{
    Device, DeviceId, FileEntry, FileHash, PlanFile, PlanId, SourceId, SourcePath,
};
use quire_domain::{Document, DocumentId};
use quire_folder_sync::now_ms;
use rusqlite::{Row, Transaction, params};

use super::database::SqliteCatalog;
use super::rows::collections::collection_row;
use super::rows::sources::read_source;
use super::rows::{self, entries, to_json, versions};
use crate::{
    AppliedWrites, CatalogError, DocumentsOfSource, EntryFilter, NewPlan, NewSource, PlanRecord,
    SourceCounts, SourceLedger, SourceRecord, Write,
};

fn write_device(
    transaction: &Transaction<'_>,
    id: &SourceId,
    device: &Device,
) -> Result<(), CatalogError> {
    let sql = "INSERT INTO source_devices (source_id, id, name, platform, seen_at_ms)
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (source_id, id)
        DO UPDATE SET name = ?3, platform = ?4, seen_at_ms = ?5";
    let values = params![id.as_str(), device.id.as_str(), device.name, device.platform, now_ms()];
    transaction.execute(sql, values)?;
    Ok(())
}

fn see(
    transaction: &Transaction<'_>,
    id: &SourceId,
    device: Option<&DeviceId>,
) -> Result<(), CatalogError> {
    let now = now_ms();
    let sql = "UPDATE sources SET seen_at_ms = ?2 WHERE id = ?1";
    transaction.execute(sql, params![id.as_str(), now])?;
    let sql = "UPDATE source_devices SET seen_at_ms = ?3 WHERE source_id = ?1 AND id = ?2";
    let device = device.map(DeviceId::as_str);
    transaction.execute(sql, params![id.as_str(), device, now])?;
    Ok(())
}

fn insert(
    transaction: &Transaction<'_>,
    source: &NewSource,
    collection: i64,
) -> Result<(), CatalogError> {
    let (rules, rules_hash) = source.rules.as_ref().unwrap_or(&source.default_rules);
    let sql = "INSERT INTO sources (id, collection_id, kind, name, folder, vault, rules,
        rules_hash, created_at_ms, seen_at_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)";
    let vault = source.vault.as_ref().map(|vault| to_json(vault, "vault")).transpose()?;
    let values = params![
        source.id.as_str(),
        collection,
        to_json(&source.kind, "kind")?,
        source.name,
        source.folder,
        vault,
        to_json(rules, "rules")?,
        rules_hash,
        now_ms()
    ];
    transaction.execute(sql, values)?;
    Ok(())
}

fn update(
    transaction: &Transaction<'_>,
    source: &NewSource,
    old: &SourceRecord,
    collection: i64,
) -> Result<(), CatalogError> {
    let is_elsewhere =
        collection_row(transaction, &old.collection)? != collection || old.folder != source.folder;
    if is_elsewhere && entries::count(transaction, &source.id)?.files > 0 {
        return Err(CatalogError::SourceHasFiles { name: old.name.clone() });
    }
    let old_rules = (old.rules.clone(), old.rules_hash.clone());
    let (rules, rules_hash) = source.rules.as_ref().unwrap_or(&old_rules);
    let vault = source.vault.as_ref().or(old.vault.as_ref());
    let changes = *rules_hash != old.rules_hash || source.name != old.name;
    let sql = "UPDATE sources SET collection_id = ?2, kind = ?3, name = ?4, folder = ?5,
        vault = ?6, rules = ?7, rules_hash = ?8, seq = seq + ?9 WHERE id = ?1";
    let values = params![
        source.id.as_str(),
        collection,
        to_json(&source.kind, "kind")?,
        source.name,
        source.folder,
        vault.map(|vault| to_json(vault, "vault")).transpose()?,
        to_json(rules, "rules")?,
        rules_hash,
        changes
    ];
    transaction.execute(sql, values)?;
    Ok(())
}

fn put_source(
    transaction: &Transaction<'_>,
    source: &NewSource,
) -> Result<SourceRecord, CatalogError> {
    let collection = collection_row(transaction, &source.collection)?;
    match read_source(transaction, &source.id) {
        Ok(old) => update(transaction, source, &old, collection)?,
        Err(CatalogError::NoSuchSource { .. }) => insert(transaction, source, collection)?,
        Err(error) => return Err(error),
    }
    if let Some(device) = &source.device {
        write_device(transaction, &source.id, device)?;
    }
    see(transaction, &source.id, None)?;
    read_source(transaction, &source.id)
}

fn delete_source(
    transaction: &Transaction<'_>,
    id: &SourceId,
    fate: DocumentsOfSource,
) -> Result<Vec<Document>, CatalogError> {
    read_source(transaction, id)?;
    let mut removed = Vec::new();
    if fate == DocumentsOfSource::Removed {
        let sql = "SELECT document_id FROM source_entries
            WHERE source_id = ?1 AND document_id IS NOT NULL";
        let mut statement = transaction.prepare_cached(sql)?;
        let read = |row: &Row<'_>| rows::parse::<DocumentId>(row, "document_id");
        let found = statement.query_and_then([id.as_str()], read)?;
        for document in found.collect::<Result<Vec<_>, _>>()? {
            removed.push(versions::remove(transaction, &document)?);
        }
    }
    transaction.execute("DELETE FROM source_keys WHERE source_id = ?1", [id.as_str()])?;
    transaction.execute("DELETE FROM sources WHERE id = ?1", [id.as_str()])?;
    Ok(removed)
}

#[async_trait]
impl SourceLedger for SqliteCatalog {
    async fn put_source(&self, source: NewSource) -> Result<SourceRecord, CatalogError> {
        self.database.transact(move |transaction| put_source(transaction, &source)).await
    }

    async fn get_source(&self, id: &SourceId) -> Result<SourceRecord, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| read_source(transaction, &id)).await
    }

    async fn list_sources(&self) -> Result<Vec<SourceRecord>, CatalogError> {
        let work = |transaction: &Transaction<'_>| {
            let sql = "SELECT id FROM sources ORDER BY name, id";
            let mut statement = transaction.prepare_cached(sql)?;
            let ids = statement
                .query_and_then([], |row| rows::parse::<SourceId>(row, "id"))?
                .collect::<Result<Vec<_>, _>>()?;
            let found = ids.iter().map(|id| read_source(transaction, id));
            let is_reached = |found: &Result<SourceRecord, CatalogError>| {
                !matches!(found, Err(CatalogError::NoSuchSource { .. }))
            };
            found.filter(is_reached).collect()
        };
        self.database.transact(work).await
    }

    async fn see_source(
        &self,
        id: &SourceId,
        device: Option<&DeviceId>,
    ) -> Result<(), CatalogError> {
        let (id, device) = (id.clone(), device.cloned());
        self.database.transact(move |transaction| see(transaction, &id, device.as_ref())).await
    }

    async fn set_source_paused(&self, id: &SourceId, paused: bool) -> Result<(), CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE sources SET paused = ?2 WHERE id = ?1";
            match transaction.execute(sql, params![id.as_str(), paused])? {
                0 => Err(CatalogError::NoSuchSource { id: id.to_string() }),
                _ => Ok(()),
            }
        };
        self.database.transact(work).await
    }

    async fn delete_source(
        &self,
        id: &SourceId,
        documents: DocumentsOfSource,
    ) -> Result<Vec<Document>, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| delete_source(transaction, &id, documents)).await
    }

    async fn count_entries(&self, id: &SourceId) -> Result<SourceCounts, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| entries::count(transaction, &id)).await
    }

    async fn find_entry(
        &self,
        id: &SourceId,
        path: &SourcePath,
    ) -> Result<Option<FileEntry>, CatalogError> {
        let (id, path) = (id.clone(), path.clone());
        self.database.transact(move |transaction| entries::find(transaction, &id, &path)).await
    }

    async fn find_entry_of(
        &self,
        document: &DocumentId,
    ) -> Result<Option<(SourceId, SourcePath)>, CatalogError> {
        let document = document.clone();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT source_id, path FROM source_entries WHERE document_id = ?1";
            let mut statement = transaction.prepare_cached(sql)?;
            let mut found = statement.query([document.as_str()])?;
            let Some(row) = found.next()? else { return Ok(None) };
            Ok(Some((rows::parse(row, "source_id")?, rows::parse(row, "path")?)))
        };
        self.database.transact(work).await
    }

    async fn find_vault_file(
        &self,
        document: &DocumentId,
    ) -> Result<Option<VaultFile>, CatalogError> {
        let document = document.clone();
        let work =
            move |transaction: &Transaction<'_>| entries::find_vault_file(transaction, &document);
        self.database.transact(work).await
    }

    async fn list_entries(
        &self,
        id: &SourceId,
        filter: EntryFilter,
    ) -> Result<Vec<FileEntry>, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| entries::list(transaction, &id, &filter)).await
    }

    async fn list_register(&self, id: &SourceId) -> Result<Vec<FileEntry>, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| entries::list_all(transaction, &id)).await
    }

    async fn list_hashes(
        &self,
        id: &SourceId,
    ) -> Result<Vec<(SourcePath, FileHash)>, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| entries::list_hashes(transaction, &id)).await
    }

    async fn list_changes(
        &self,
        id: &SourceId,
        since: u64,
        limit: usize,
    ) -> Result<Vec<FileEntry>, CatalogError> {
        let id = id.clone();
        let work =
            move |transaction: &Transaction<'_>| entries::changes(transaction, &id, since, limit);
        self.database.transact(work).await
    }

    async fn apply_writes(
        &self,
        id: &SourceId,
        device: Option<&DeviceId>,
        writes: Vec<Write>,
    ) -> Result<AppliedWrites, CatalogError> {
        let (id, device) = (id.clone(), device.cloned());
        let work = move |transaction: &Transaction<'_>| {
            see(transaction, &id, device.as_ref())?;
            apply::apply(transaction, &id, device.as_ref(), &writes)
        };
        self.database.transact(work).await
    }

    async fn forget_tombstones(&self, before_ms: i64) -> Result<(), CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE sources SET horizon_seq = MAX(horizon_seq, COALESCE(
                (SELECT MAX(e.seq) FROM source_entries e WHERE e.source_id = sources.id
                    AND e.op = 'delete' AND e.written_at_ms < ?1), 0))";
            transaction.execute(sql, [before_ms])?;
            let sql = "DELETE FROM source_entries WHERE op = 'delete' AND written_at_ms < ?1";
            transaction.execute(sql, [before_ms])?;
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn begin_plan(
        &self,
        plan: NewPlan,
        page: u32,
        files: Vec<PlanFile>,
    ) -> Result<PlanRecord, CatalogError> {
        let work =
            move |transaction: &Transaction<'_>| plans::begin(transaction, &plan, page, &files);
        self.database.transact(work).await
    }

    async fn extend_plan(
        &self,
        source: &SourceId,
        plan: &PlanId,
        page: Option<u32>,
        files: Vec<PlanFile>,
    ) -> Result<PlanRecord, CatalogError> {
        let (source, plan) = (source.clone(), plan.clone());
        let work = move |transaction: &Transaction<'_>| {
            plans::extend(transaction, &source, &plan, page, &files)
        };
        self.database.transact(work).await
    }

    async fn get_plan(&self, source: &SourceId, plan: &PlanId) -> Result<PlanRecord, CatalogError> {
        let (source, plan) = (source.clone(), plan.clone());
        self.database.transact(move |transaction| plans::read(transaction, &source, &plan)).await
    }
}

#[cfg(test)]
mod tests;
