//! One round: a folder is looked at, and its mirror brought in step. Interrupted means again.

use std::collections::BTreeMap;

use quire_domain::sync::{
    CommitReply, CommitRequest, DeleteGuard, FileHash, PlanReply, PlanRequest, Scope, SourcePath,
};

use crate::delete_limit::DeleteLimit;
use crate::hashing::{HashedFolder, LookError, SyncedFolder};
use crate::listing::ListingError;
use crate::mirror::{Mirror, MirrorError, MirrorTerms};
use crate::now_ms;
use crate::report::{FileProblem, RoundReport, report_of};
use crate::sending::send_files;

/// Paths that differ beyond which the whole folder is planned.
const MAX_SCOPE: usize = 500;

/// How far a round is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// The folder is looked at.
    Looking,
    /// So many files will be sent.
    Sending(u64),
    /// So many have been.
    Sent(u64),
}

/// Why a round failed.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// The folder could not be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// The mirror refused, or is away.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
}

impl RoundError {
    /// Tells if the folder is not there.
    pub fn is_missing_folder(&self) -> bool {
        matches!(self, Self::Look(LookError::Listing(ListingError::Missing { .. })))
    }
}

/// A folder, its mirror, and how much may be deleted.
pub struct Round<'a> {
    /// The folder.
    pub folder: &'a SyncedFolder,
    /// The mirror.
    pub mirror: &'a dyn Mirror,
    /// How many deletions go through.
    pub limit: DeleteLimit,
    /// Is told how far it is.
    pub on_step: &'a (dyn Fn(Step) + Sync),
}

impl Round<'_> {
    /// Compares the whole folder, by one small request if nothing changed.
    pub async fn run(&self) -> Result<RoundReport, RoundError> {
        self.run_with(None).await
    }

    /// Compares what changed since an earlier round; if nothing did, the mirror is not asked.
    pub async fn follow(
        &self,
        earlier: &BTreeMap<SourcePath, FileHash>,
    ) -> Result<RoundReport, RoundError> {
        self.run_with(Some(earlier)).await
    }

    async fn run_with(
        &self,
        earlier: Option<&BTreeMap<SourcePath, FileHash>>,
    ) -> Result<RoundReport, RoundError> {
        let terms = self.mirror.terms().await?;
        match self.try_with(&terms, earlier).await {
            // The source is gone, or has other rules, or the plan ended: begin with what is now.
            Err(RoundError::Mirror(MirrorError::Refused { status: 404 | 410, .. })) => {}
            Err(RoundError::Mirror(error)) if error.is("rules_changed") => {}
            done => return done,
        }
        let terms = self.mirror.renew_terms().await?;
        self.try_with(&terms, None).await
    }

    async fn try_with(
        &self,
        terms: &MirrorTerms,
        earlier: Option<&BTreeMap<SourcePath, FileHash>>,
    ) -> Result<RoundReport, RoundError> {
        (self.on_step)(Step::Looking);
        let looked_at_ms = now_ms();
        let folder = self.folder.look(terms.rules.clone(), terms.limits.max_file_bytes).await?;
        let mut report = report_of(&folder);
        let Some(scope) = self.find_scope(terms, &folder, earlier).await? else {
            report.hashes = folder.hashes;
            return Ok(report);
        };
        let plan = self.plan(terms, &folder, (scope, looked_at_ms)).await?;
        self.carry_out(terms, &folder, (plan, earlier), &mut report).await?;
        report.hashes = folder.hashes;
        // What did not go over is not agreed on, and is tried again with the next change.
        for path in &report.later {
            report.hashes.remove(path);
        }
        for problem in &report.failed {
            if let Ok(path) = problem.path.parse() {
                report.hashes.remove(&path);
            }
        }
        if let Some(earlier) = earlier.filter(|_| report.held_back.is_some()) {
            // What was held back is still there, and asked about again.
            for (path, hash) in earlier {
                report.hashes.entry(path.clone()).or_insert_with(|| hash.clone());
            }
        }
        Ok(report)
    }

    /// Finds what must be compared; nothing if both sides agree.
    async fn find_scope(
        &self,
        terms: &MirrorTerms,
        folder: &HashedFolder,
        earlier: Option<&BTreeMap<SourcePath, FileHash>>,
    ) -> Result<Option<Scope>, RoundError> {
        if let Some(earlier) = earlier {
            let differing = folder.differences(earlier);
            let prefixes = differing.iter().map(ToString::to_string).collect();
            return Ok(match differing.len() {
                0 => None,
                1..=MAX_SCOPE => Some(Scope { prefixes }),
                _ => Some(Scope::default()),
            });
        }
        let Some(ours) = folder.digest() else { return Ok(Some(Scope::default())) };
        let theirs = self.mirror.digest().await?;
        if theirs.rules_hash != terms.rules_hash {
            let (code, message) = ("rules_changed".to_owned(), "the rules changed".to_owned());
            return Err(MirrorError::Refused { status: 409, code, message }.into());
        }
        Ok((theirs.digest != ours).then(Scope::default))
    }

    async fn plan(
        &self,
        terms: &MirrorTerms,
        folder: &HashedFolder,
        (scope, looked_at_ms): (Scope, i64),
    ) -> Result<PlanReply, RoundError> {
        let rows = folder.rows(&scope);
        let page_size = terms.limits.max_plan_files.max(1);
        let pages = rows.len().div_ceil(page_size).max(1);
        let mut request = PlanRequest {
            plan_id: None,
            rules_hash: terms.rules_hash.clone(),
            scope,
            complete: folder.is_complete(),
            device_time: Some(looked_at_ms),
            page: None,
            of: None,
            files: Vec::new(),
        };
        if pages == 1 {
            request.files = rows;
            return Ok(self.mirror.plan(request).await?);
        }
        let mut reply = None;
        for (number, files) in rows.chunks(page_size).enumerate() {
            request.page = Some(number as u32 + 1);
            request.of = Some(pages as u32);
            request.files = files.to_vec();
            let answered = self.mirror.plan(request.clone()).await?;
            request.plan_id = Some(answered.plan_id.clone());
            reply = Some(answered);
        }
        let message = "the plan has no pages".to_owned();
        Ok(reply.ok_or(MirrorError::Away { message })?)
    }

    async fn carry_out(
        &self,
        terms: &MirrorTerms,
        folder: &HashedFolder,
        (plan, earlier): (PlanReply, Option<&BTreeMap<SourcePath, FileHash>>),
        report: &mut RoundReport,
    ) -> Result<(), RoundError> {
        report.superseded.extend(plan.superseded.iter().map(|one| one.path.to_string()));
        report.failed.extend(plan.skipped.iter().map(FileProblem::skipped));
        (self.on_step)(Step::Sending(plan.upload.len() as u64));
        let on_progress = |sent| (self.on_step)(Step::Sent(sent));
        let uploads = (plan.upload, terms.limits);
        let sent = send_files(self.mirror, folder, uploads, &on_progress).await?;
        report.uploaded = sent.done;
        report.uploaded_bytes = sent.bytes;
        report.superseded.extend(sent.superseded.iter().map(ToString::to_string));
        report.failed.extend(sent.failed);
        report.later.extend(sent.later);
        let would_delete = plan.missing.len() as u64;
        // A part of the folder that is planned for itself is still a part of the whole.
        let of = plan.delete_guard.of.max(earlier.map_or(0, |earlier| earlier.len() as u64));
        let guard = DeleteGuard { of, ..DeleteGuard::new(would_delete, of) };
        let is_allowed = self.limit.allows(guard, folder.listing.files.is_empty());
        report.held_back = (!is_allowed).then_some(guard);
        let deletes = is_allowed && would_delete > 0;
        if deletes || !plan.moves.is_empty() {
            let request = CommitRequest {
                plan_id: plan.plan_id,
                scope: Scope::default(),
                delete_missing: deletes,
                expected_deletes: deletes.then_some(would_delete),
            };
            match self.mirror.commit(request).await {
                Ok(CommitReply { moved, deleted, .. }) => {
                    (report.moved, report.deleted) = (moved, deleted);
                }
                // More would go by now than the plan said.
                Err(error) if error.is("mass_delete_guard") => report.held_back = Some(guard),
                Err(error) => return Err(error.into()),
            }
        }
        report.changed = report.uploaded + report.moved + report.deleted > 0;
        Ok(())
    }
}
