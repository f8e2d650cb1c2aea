//! What can go wrong in sync, with the codes and details that the protocol promises.

use quire_domain::ErrorKind;
use quire_domain::sync::{DeleteGuard, FileEntry, FileHash, PlanId, Rules, SkipReason, SourcePath};
use quire_folder_sync::InvalidGlob;
use serde_json::{Value, json};

use crate::ServiceError;

/// An error of sync; [`SyncError::code`] is the word that clients go by.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// No file at that path.
    #[error("there is no file `{path}` in this source")]
    NoSuchFile {
        /// The path.
        path: SourcePath,
    },
    /// The rules that chose the files are not the source's.
    #[error(
        "the rules of this source have changed; take the new ones from `details` and plan again"
    )]
    RulesChanged {
        /// The rules now.
        rules: Box<Rules>,
        /// Their name.
        rules_hash: String,
    },
    /// The source takes no changes for now.
    #[error("source `{name}` is paused; resume it on the sources page")]
    Paused {
        /// What the source is called.
        name: String,
    },
    /// A folder that the server cannot watch.
    #[error("`{root}` cannot be watched: {reason}")]
    InvalidRoot {
        /// The folder.
        root: String,
        /// Why not.
        reason: String,
    },
    /// A folder that could not be looked at.
    #[error("the folder is not in step: {reason}")]
    FolderNotInStep {
        /// Why not.
        reason: String,
    },
    /// A glob that cannot be read.
    #[error(transparent)]
    InvalidGlob(#[from] InvalidGlob),
    /// A commit would delete much, and that was not confirmed.
    #[error(
        "this would delete {} of {} files; check that the whole vault is there, then send `expected_deletes`: {}",
        guard.would_delete, guard.of, guard.would_delete
    )]
    MassDelete {
        /// How much.
        guard: DeleteGuard,
    },
    /// Pages of a plan have not come.
    #[error("pages {pages:?} of the plan have not come; send them before the commit")]
    PlanUnfinished {
        /// Which.
        pages: Vec<u32>,
    },
    /// A commit of a plan that does not say what is not there.
    #[error("the plan is not `complete`, so nothing can be deleted by it")]
    PlanIncomplete,
    /// A plan that is unknown or has ended.
    #[error("there is no plan `{id}` any more; begin another one")]
    PlanGone {
        /// The plan.
        id: PlanId,
    },
    /// More of something than one call may hold.
    #[error("{what} are limited to {limit} a call; send several")]
    TooMany {
        /// What, as a plural.
        what: &'static str,
        /// How many there may be.
        limit: u64,
    },
    /// The server has another version than the one that was named.
    #[error("the server has another version of `{path}`")]
    PreconditionFailed {
        /// The path.
        path: SourcePath,
        /// What is there.
        current: Option<Box<FileEntry>>,
    },
    /// Bytes that the server does not have.
    #[error("the server does not have {hash}; send put with the bytes")]
    UnknownHash {
        /// Their hash.
        hash: FileHash,
    },
    /// Another source mirrors a file to the same path of the collection.
    #[error(
        "`{path}` belongs to source `{owner}` of the same collection; give one of the two a folder of its own"
    )]
    PathTaken {
        /// The path.
        path: SourcePath,
        /// What the other source is called.
        owner: String,
    },
    /// Two files that some device of the source cannot tell apart.
    #[error(
        "`{path}` and `{other}` differ only in case, which a device of this source cannot tell; rename one"
    )]
    CaseCollision {
        /// The path.
        path: SourcePath,
        /// The file that is there.
        other: SourcePath,
    },
    /// A file that the rules leave out.
    #[error("the rules of this source leave `{path}` out ({})", word(*why))]
    Excluded {
        /// The path.
        path: SourcePath,
        /// By which rule.
        why: SkipReason,
    },
    /// Other bytes than their hash says.
    #[error(
        "the bytes have the hash {actual}, not {expected}; was the file changed while it was read?"
    )]
    DigestMismatch {
        /// What was said.
        expected: FileHash,
        /// What came.
        actual: FileHash,
    },
    /// A piece of a blob that does not continue what is there.
    #[error("the blob goes on at byte {offset}")]
    OffsetMismatch {
        /// Where the next piece must begin.
        offset: u64,
    },
    /// A piece of a blob beyond its end or over the limit for a piece.
    #[error("a piece of a blob has 1 to {limit} bytes and ends within `Upload-Length`")]
    InvalidPiece {
        /// The limit for a piece.
        limit: u64,
    },
    /// Changes that are no longer known.
    #[error("changes since {since} are not known any more; plan again")]
    ChangesGone {
        /// What was asked for.
        since: u64,
    },
    /// An op that cannot be understood.
    #[error("{reason}")]
    InvalidOp {
        /// Why.
        reason: String,
    },
    /// A pairing code that is unknown, used or ended.
    #[error("the pairing code is wrong or has ended; ask for a new one on the sources page")]
    WrongCode,
    /// A request from another machine without a key.
    #[error("requests from other machines need a key; pair this device on the sources page")]
    KeyNeeded,
    /// A key that does not exist, or no longer.
    #[error("the key is not valid; pair this device again")]
    InvalidKey,
    /// A key of something else.
    #[error("the key does not open this; pair this device with it")]
    WrongScope,
    /// Something that only the server's own machine may ask.
    #[error("only the machine that the server runs on may do this")]
    LocalOnly,
}

impl From<InvalidGlob> for ServiceError {
    fn from(error: InvalidGlob) -> Self {
        SyncError::from(error).into()
    }
}

fn word(why: SkipReason) -> &'static str {
    match why {
        SkipReason::InvalidPath => "invalid path",
        SkipReason::DuplicatePath => "duplicate path",
        SkipReason::CaseCollision => "case collision",
        SkipReason::OutOfScope => "out of scope",
        SkipReason::NotIncluded => "not included",
        SkipReason::Excluded => "excluded",
        SkipReason::Extension => "extension",
        SkipReason::Attachment => "attachment",
        SkipReason::MaxBytes => "too large",
    }
}

impl SyncError {
    /// Shows the stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchFile { .. } => "not_found",
            Self::RulesChanged { .. } => "rules_changed",
            Self::Paused { .. } => "source_paused",
            Self::InvalidRoot { .. } => "invalid_root",
            Self::FolderNotInStep { .. } => "folder_not_in_step",
            Self::InvalidGlob(_) => "invalid_glob",
            Self::MassDelete { .. } => "mass_delete_guard",
            Self::PlanUnfinished { .. } => "plan_unfinished",
            Self::PlanIncomplete => "plan_incomplete",
            Self::PlanGone { .. } => "plan_gone",
            Self::TooMany { .. } => "too_many",
            Self::PreconditionFailed { .. } => "precondition_failed",
            Self::UnknownHash { .. } => "unknown_hash",
            Self::PathTaken { .. } => "path_taken",
            Self::CaseCollision { .. } => "case_collision",
            Self::Excluded { .. } => "excluded",
            Self::DigestMismatch { .. } => "digest_mismatch",
            Self::OffsetMismatch { .. } => "offset_mismatch",
            Self::InvalidPiece { .. } => "invalid_piece",
            Self::ChangesGone { .. } => "changes_gone",
            Self::InvalidOp { .. } => "invalid_op",
            Self::WrongCode => "wrong_code",
            Self::KeyNeeded => "key_needed",
            Self::InvalidKey => "invalid_key",
            Self::WrongScope => "wrong_scope",
            Self::LocalOnly => "local_only",
        }
    }

    /// Gives the status that the protocol names for it; HTTP's numbers, in single ops too.
    pub fn status(&self) -> u16 {
        match self {
            Self::NoSuchFile { .. } | Self::UnknownHash { .. } => 404,
            Self::RulesChanged { .. }
            | Self::Paused { .. }
            | Self::MassDelete { .. }
            | Self::PlanUnfinished { .. }
            | Self::PlanIncomplete
            | Self::PathTaken { .. }
            | Self::CaseCollision { .. }
            | Self::OffsetMismatch { .. } => 409,
            Self::ChangesGone { .. } | Self::PlanGone { .. } => 410,
            Self::PreconditionFailed { .. } => 412,
            Self::TooMany { .. } | Self::InvalidPiece { .. } => 413,
            Self::Excluded { .. }
            | Self::DigestMismatch { .. }
            | Self::InvalidGlob(_)
            | Self::InvalidRoot { .. }
            | Self::FolderNotInStep { .. }
            | Self::InvalidOp { .. } => 422,
            Self::KeyNeeded | Self::InvalidKey => 401,
            Self::WrongCode | Self::WrongScope | Self::LocalOnly => 403,
        }
    }

    /// Gives what a client needs to go on, as JSON.
    pub fn details(&self) -> Option<Value> {
        match self {
            Self::RulesChanged { rules, rules_hash } => {
                Some(json!({ "rules": rules, "rules_hash": rules_hash }))
            }
            Self::MassDelete { guard } => Some(json!({ "delete_guard": guard })),
            Self::PreconditionFailed { current, .. } => Some(json!({ "current": current })),
            Self::CaseCollision { other, .. } => Some(json!({ "other": other })),
            Self::Excluded { why, .. } => Some(json!({ "why": why })),
            Self::OffsetMismatch { offset } => Some(json!({ "offset": offset })),
            Self::PlanUnfinished { pages } => Some(json!({ "awaiting_pages": pages })),
            _ => None,
        }
    }

    /// Sorts the error for the faces.
    pub fn kind(&self) -> ErrorKind {
        match self.status() {
            404 | 410 => ErrorKind::NotFound,
            409 | 412 => ErrorKind::Conflict,
            413 => ErrorKind::TooLarge,
            _ => ErrorKind::InvalidInput,
        }
    }
}
