//! Plans: a client says what the vault holds, the server says what it lacks.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{DeviceId, FileHash, SourcePath};
use crate::id::{InvalidName, refuse, string_newtype};

/// Names a plan until it expires.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct PlanId(String);

string_newtype!(PlanId);

impl FromStr for PlanId {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !value.starts_with("pl_") || value.len() > 80 || !value.chars().all(fits) {
            return Err(refuse("plan id", value, "is not a plan of ours; send null to begin one"));
        }
        Ok(Self(value.to_owned()))
    }
}

/// Which part of a source a plan or a commit is about.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scope {
    /// Paths that start with one of these; an empty prefix is everything.
    pub prefixes: Vec<String>,
}

impl Scope {
    /// Returns whether a path is in it.
    pub fn contains(&self, path: &SourcePath) -> bool {
        self.prefixes.iter().any(|prefix| path.as_str().starts_with(prefix))
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self { prefixes: vec![String::new()] }
    }
}

/// A file of the vault: on the wire an array `[path, hash or null, mtime, size]`.
///
/// The path is plain text, so that one that breaks the rules is reported and not refused with the
/// whole plan.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(
    from = "(String, Option<FileHash>, i64, u64)",
    into = "(String, Option<FileHash>, i64, u64)"
)]
pub struct PlanFile {
    /// Its path.
    pub path: String,
    /// The hash of its bytes, if it is known already.
    pub hash: Option<FileHash>,
    /// When it was changed.
    pub mtime_ms: i64,
    /// Its size.
    pub size_bytes: u64,
}

impl From<(String, Option<FileHash>, i64, u64)> for PlanFile {
    fn from((path, hash, mtime_ms, size_bytes): (String, Option<FileHash>, i64, u64)) -> Self {
        Self { path, hash, mtime_ms, size_bytes }
    }
}

impl From<PlanFile> for (String, Option<FileHash>, i64, u64) {
    fn from(file: PlanFile) -> Self {
        (file.path, file.hash, file.mtime_ms, file.size_bytes)
    }
}

/// What the vault holds, `POST /api/sources/{sid}/plan`.
///
/// A manifest too long for one request is sent in pages: the first with `page` 1, `of` N and no
/// `plan_id`, the others, in any order, with the `plan_id` of the reply. Until the last has come the
/// reply only lists `awaiting_pages`; the reply to that one answers for all. A later request with
/// the same `plan_id` and without `page` adds files, or hashes that were asked for, and is again
/// answered for all.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanRequest {
    /// The plan to add to; null begins one.
    #[serde(default)]
    pub plan_id: Option<PlanId>,
    /// The `rules_hash` of the rules that chose the files; another one than the server's is 409
    /// `rules_changed`, with the new rules in `details`.
    pub rules_hash: String,
    /// The part of the vault that `files` speaks of; of the request that begins the plan.
    #[serde(default)]
    pub scope: Scope,
    /// Whether `files` is all that is there: only then a commit may delete.
    #[serde(default)]
    pub complete: bool,
    /// The device's clock when the vault was listed; the time of the deletions that follow.
    #[serde(default)]
    pub device_time: Option<i64>,
    /// Which page this is, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// How many pages there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u32>,
    /// The files: arrays of path, hash or null, mtime and size.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<String>>))]
    pub files: Vec<PlanFile>,
}

/// Why a file is asked for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UploadReason {
    /// The server does not have it.
    New,
    /// Its bytes are others.
    Changed,
    /// The server had it, but its document was deleted or replaced by hand.
    Lost,
    /// This same device deleted it, or wrote a later version, and has it again: a file that came
    /// back from a bin or a backup. Send it with the precondition of the entry, else its old time
    /// makes it superseded.
    Restored,
}

/// A file to be uploaded.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedUpload {
    /// Its path.
    pub path: SourcePath,
    /// Why.
    pub why: UploadReason,
    /// To be sent as `if_match` with the put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_match: Option<FileHash>,
    /// To be sent as `if_none_match` with the put; it is `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_none_match: Option<String>,
}

/// A rename that the server saw by itself and does on commit.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedMove {
    /// The path so far.
    pub from: SourcePath,
    /// The path from now on.
    pub to: SourcePath,
    /// The hash of the bytes.
    pub hash: FileHash,
}

/// A file that the server has and the vault has not; a commit deletes it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Missing {
    /// Its path.
    pub path: SourcePath,
    /// The hash of its bytes.
    pub hash: FileHash,
    /// Whether it can be searched.
    pub indexed: bool,
}

/// What the server has in place of a file: a later version, or a later deletion.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerVersion {
    /// The hash of its bytes; null if it was deleted.
    pub hash: Option<FileHash>,
    /// Its time of change, or that of its deletion.
    #[serde(rename = "mtime")]
    pub mtime_ms: i64,
    /// The device that wrote it.
    pub device: Option<DeviceId>,
}

/// A file that another device has written or deleted later; not to be uploaded.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Superseded {
    /// Its path.
    pub path: SourcePath,
    /// What the server has.
    pub server: ServerVersion,
}

/// Why a file is not mirrored.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The path breaks the rules of paths.
    InvalidPath,
    /// Another row is the same path after normalisation.
    DuplicatePath,
    /// It differs only in case from another file, and a device of the source tells no case.
    CaseCollision,
    /// It is outside of the plan's scope.
    OutOfScope,
    /// No `include` matches.
    NotIncluded,
    /// An `exclude` matches.
    Excluded,
    /// Its ending is not among `extensions`.
    Extension,
    /// It is no note, and `index_attachments` is off.
    Attachment,
    /// It is too large.
    MaxBytes,
}

/// A file that is not mirrored.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Skipped {
    /// Its path as it was sent.
    pub path: String,
    /// Why.
    pub why: SkipReason,
}

/// Whether a commit deletes so much that it must be confirmed.
///
/// Half-loaded vaults, placeholders of cloud drives and a wrong folder all look like mass deletion.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteGuard {
    /// How many files the commit would delete; renames are none.
    pub would_delete: u64,
    /// How many files of the scope the server has.
    pub of: u64,
    /// Whether the commit must say this number in `expected_deletes`.
    pub needs_confirm: bool,
}

impl DeleteGuard {
    /// Deletions that never need to be confirmed.
    pub const FREE_DELETES: u64 = 20;

    /// Judges a number of deletions: more than 20, and more than a fifth, need to be confirmed.
    pub fn new(would_delete: u64, of: u64) -> Self {
        let needs_confirm = would_delete > Self::FREE_DELETES.max(of / 5);
        Self { would_delete, of, needs_confirm }
    }

    /// Returns whether a commit that expects this many deletions may go on.
    pub fn allows(&self, expected_deletes: Option<u64>) -> bool {
        !self.needs_confirm || expected_deletes == Some(self.would_delete)
    }
}

/// What the server lacks.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanReply {
    /// Names the plan.
    pub plan_id: PlanId,
    /// When it ends.
    pub expires_at: i64,
    /// The source's sequence number when it was made.
    pub seq: u64,
    /// Pages that have not come yet; until then all lists below are empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awaiting_pages: Vec<u32>,
    /// Files that are the same on both sides.
    pub unchanged: u64,
    /// Files without a hash that may have changed, or moved: send the hash, or just upload.
    pub hash_wanted: Vec<SourcePath>,
    /// Files to upload.
    pub upload: Vec<PlannedUpload>,
    /// Files of which only the time changed; recorded already.
    pub touch: Vec<SourcePath>,
    /// Renames; nothing to upload.
    #[serde(rename = "move")]
    pub moves: Vec<PlannedMove>,
    /// Files to be deleted by the commit.
    pub missing: Vec<Missing>,
    /// Files that are older than what the server has.
    pub superseded: Vec<Superseded>,
    /// Files that are not mirrored.
    pub skipped: Vec<Skipped>,
    /// Whether the commit needs `expected_deletes`.
    pub delete_guard: DeleteGuard,
}

/// Ends a plan, `POST /api/sources/{sid}/commit`: does its renames, and deletes what is missing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitRequest {
    /// The plan.
    pub plan_id: PlanId,
    /// The part of the plan's scope to delete in; all of it if absent.
    #[serde(default)]
    pub scope: Scope,
    /// Whether files that the plan's manifest lacks are deleted; needs a `complete` plan.
    #[serde(default)]
    pub delete_missing: bool,
    /// The number of deletions that the user has confirmed.
    #[serde(default)]
    pub expected_deletes: Option<u64>,
}

/// What a commit did. The same commit again does nothing more.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommitReply {
    /// The source's sequence number afterwards.
    pub seq: u64,
    /// Files that were renamed.
    pub moved: u64,
    /// Files that were deleted.
    pub deleted: u64,
    /// The digest of the source afterwards.
    pub digest: FileHash,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_many_deletions_need_to_be_confirmed() {
        for (would_delete, of, needs_confirm) in [
            (0, 0, false),
            (20, 20, false),
            (21, 25, true),
            (200, 1000, false),
            (201, 1000, true),
            (12, 5000, false),
        ] {
            let guard = DeleteGuard::new(would_delete, of);
            assert_eq!(guard.needs_confirm, needs_confirm, "{would_delete} of {of}");
            assert!(guard.allows(Some(would_delete)));
            assert_eq!(guard.allows(None), !needs_confirm);
            assert_eq!(guard.allows(Some(would_delete + 1)), !needs_confirm);
        }
    }

    #[test]
    fn files_of_a_plan_are_arrays() {
        let json = r#"["img/a.png",null,1763000000000,48213]"#;
        let file: PlanFile = serde_json::from_str(json).expect("a row");
        assert_eq!((file.path.as_str(), file.size_bytes), ("img/a.png", 48213));
        assert_eq!(serde_json::to_string(&file).expect("JSON"), json);
    }
}
