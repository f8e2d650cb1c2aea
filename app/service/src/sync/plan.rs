//! Plans and commits: bringing a source in line with the whole of a vault.

use std::time::Duration;

use quire_catalog::{
    AppliedWrite, CatalogError, Change, NewPlan, Outcome, PlanRecord, Precondition, SourceRecord,
    Write,
};
use quire_domain::sync::{
    CommitReply, CommitRequest, DeleteGuard, DeviceId, FileEntry, Missing, PlanId, PlanReply,
    PlanRequest, PlannedMove, SourceId, SourcePath, WriteResult, clamp_ts,
};
use quire_folder_sync::{RuleSet, now_ms};

use super::comparison::{Comparison, compare};
use super::{MAX_PLAN_FILES, Sources, SyncError, TOMBSTONE_AGE, milliseconds};
use crate::ServiceError;

/// How long a plan lasts: an upload of a large vault over a slow line takes hours.
const PLAN_AGE: Duration = Duration::from_hours(24);

impl Sources {
    /// Says what the server lacks of what the vault holds, and notes times that changed alone.
    pub async fn plan(
        &self,
        id: &SourceId,
        device: Option<&DeviceId>,
        request: PlanRequest,
    ) -> Result<PlanReply, ServiceError> {
        let source = self.open(id).await?;
        check_rules(&source, &request.rules_hash)?;
        if request.files.len() > MAX_PLAN_FILES {
            let limit = MAX_PLAN_FILES as u64;
            return Err(SyncError::TooMany { what: "files of a plan's page", limit }.into());
        }
        let catalog = &self.parts.catalog;
        catalog.see_source(id, device).await?;
        let now = now_ms();
        let plan = if let Some(plan) = &request.plan_id {
            let extended = catalog.extend_plan(id, plan, request.page, request.files).await;
            extended.map_err(|error| plan_gone(plan, error))?
        } else {
            catalog.forget_tombstones(now - milliseconds(TOMBSTONE_AGE)).await?;
            let plan = NewPlan {
                source: id.clone(),
                device: device.cloned(),
                rules_hash: request.rules_hash,
                scope: request.scope,
                is_complete: request.complete,
                planned_at_ms: clamp_ts(request.device_time.unwrap_or(now), now),
                page_count: request.of.unwrap_or(1),
                expires_at_ms: now + milliseconds(PLAN_AGE),
            };
            catalog.begin_plan(plan, request.page.unwrap_or(1), request.files).await?
        };
        check_rules(&source, &plan.plan.rules_hash)?;
        let (plan_id, expires_at, seq) = (plan.id.clone(), plan.plan.expires_at_ms, plan.seq);
        let awaiting_pages = plan.awaiting_pages.clone();
        let found = if awaiting_pages.is_empty() {
            self.compare_with_vault(source, plan).await?
        } else {
            Comparison::default()
        };
        let touch = found.touch.iter().map(|(path, ..)| path.clone()).collect();
        self.touch(id, device, &found).await?;
        Ok(PlanReply {
            plan_id,
            expires_at,
            seq,
            awaiting_pages,
            unchanged: found.unchanged,
            hash_wanted: found.hash_wanted,
            upload: found.upload.into_iter().map(|(upload, _)| upload).collect(),
            touch,
            moves: found.moves.into_iter().map(|(planned, _)| planned).collect(),
            delete_guard: DeleteGuard::new(found.missing.len() as u64, found.held),
            missing: found.missing,
            superseded: found.superseded,
            skipped: found.skipped,
        })
    }

    /// Ends a plan: does the renames that it saw, and deletes what it did not find.
    pub async fn commit(
        &self,
        id: &SourceId,
        device: Option<&DeviceId>,
        request: CommitRequest,
    ) -> Result<CommitReply, ServiceError> {
        let source = self.open(id).await?;
        let plan = self.parts.catalog.get_plan(id, &request.plan_id).await;
        let plan = plan.map_err(|error| plan_gone(&request.plan_id, error))?;
        check_rules(&source, &plan.plan.rules_hash)?;
        if !plan.awaiting_pages.is_empty() {
            return Err(SyncError::PlanUnfinished { pages: plan.awaiting_pages }.into());
        }
        if request.delete_missing && !plan.plan.is_complete {
            return Err(SyncError::PlanIncomplete.into());
        }
        let planned_at_ms = plan.plan.planned_at_ms;
        let collection = source.collection.clone();
        let found = self.compare_with_vault(source, plan).await?;
        let is_wanted = |one: &Missing| request.delete_missing && request.scope.contains(&one.path);
        let missing: Vec<Missing> = found.missing.into_iter().filter(is_wanted).collect();
        let guard = DeleteGuard::new(missing.len() as u64, found.held);
        if !guard.allows(request.expected_deletes) {
            return Err(SyncError::MassDelete { guard }.into());
        }
        let mut writes = Vec::new();
        for (PlannedMove { from, to, hash }, mtime_ms) in found.moves {
            // The plan saw what both paths had, so the rename stands over that.
            let (old, new) = (self.time_of(id, &from).await?, self.time_of(id, &to).await?);
            let ts_ms = planned_at_ms.max(old).max(new);
            let change = Change::Move { from, hash, mtime_ms: Some(mtime_ms), ts_ms };
            writes.push(Write { path: to, precondition: Precondition::None, change });
        }
        for Missing { path, hash, .. } in missing {
            let precondition = Precondition::Matches(hash);
            writes.push(Write {
                path,
                precondition,
                change: Change::Delete { ts_ms: planned_at_ms },
            });
        }
        let applied = {
            let _writing = self.parts.ingest.content_writes.lock().await;
            self.parts.catalog.apply_writes(id, device, writes).await?
        };
        let seq = applied.seq;
        let count = |result| {
            let is_so = |one: &&AppliedWrite| one.outcome == Outcome::Done(result);
            applied.writes.iter().filter(is_so).count() as u64
        };
        let (moved, deleted) = (count(WriteResult::Moved), count(WriteResult::Deleted));
        self.follow_up(&collection, applied).await?;
        let digest = self.digest(id).await?.root;
        tracing::info!(
            source.id = %id, moved, deleted,
            "committed a plan of source {id}: {moved} renamed, {deleted} deleted"
        );
        Ok(CommitReply { seq, moved, deleted, digest })
    }

    async fn compare_with_vault(
        &self,
        source: SourceRecord,
        plan: PlanRecord,
    ) -> Result<Comparison, ServiceError> {
        let rules = RuleSet::new(&source.rules, self.parts.uploads.max_file_bytes)?;
        let register = self.parts.catalog.list_register(&source.id).await?;
        let now = now_ms();
        let work = move || compare(&source, &rules, &plan, register, now);
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| ServiceError::TaskStopped { task: "comparing a vault" })
    }

    /// Notes the times of files whose bytes did not change.
    async fn touch(
        &self,
        id: &SourceId,
        device: Option<&DeviceId>,
        found: &Comparison,
    ) -> Result<(), ServiceError> {
        if found.touch.is_empty() {
            return Ok(());
        }
        let now = now_ms();
        let write = |(path, hash, file): &(SourcePath, _, quire_domain::sync::PlanFile)| {
            let hash: &quire_domain::sync::FileHash = hash;
            let change = Change::Put {
                hash: hash.clone(),
                size_bytes: file.size_bytes,
                mtime_ms: file.mtime_ms,
                ctime_ms: None,
                ts_ms: clamp_ts(file.mtime_ms, now),
            };
            // Only what is there with these bytes: a put that finds others would need the bytes.
            let precondition = Precondition::Matches(hash.clone());
            Write { path: path.clone(), precondition, change }
        };
        let writes = found.touch.iter().map(write).collect();
        self.parts.catalog.apply_writes(id, device, writes).await?;
        Ok(())
    }

    /// Gives a time that stands over whatever is at a path.
    async fn time_of(&self, id: &SourceId, path: &SourcePath) -> Result<i64, ServiceError> {
        let entry: Option<FileEntry> = self.parts.catalog.find_entry(id, path).await?;
        Ok(entry.map_or(0, |entry| entry.ts_ms.saturating_add(1)))
    }
}

fn plan_gone(id: &PlanId, error: CatalogError) -> ServiceError {
    match error {
        CatalogError::NoSuchPlan { .. } => SyncError::PlanGone { id: id.clone() }.into(),
        error => error.into(),
    }
}

fn check_rules(source: &SourceRecord, rules_hash: &str) -> Result<(), SyncError> {
    if source.rules_hash == rules_hash {
        return Ok(());
    }
    let rules = Box::new(source.rules.clone());
    Err(SyncError::RulesChanged { rules, rules_hash: source.rules_hash.clone() })
}
