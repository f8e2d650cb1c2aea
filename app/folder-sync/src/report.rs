//! What a round came to, file by file if something is to be said of it.

use std::collections::BTreeMap;

use quire_domain::sync::{DeleteGuard, FileHash, SkipReason, Skipped, SourcePath};
use serde::Serialize;

use crate::hashing::HashedFolder;
use crate::listing::LeftOut;

/// A file that is not mirrored as it should be.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FileProblem {
    /// Its path below the folder.
    pub path: String,
    /// A stable word for programs.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do about it, if we know.
    pub hint: Option<String>,
}

impl FileProblem {
    /// A file that cannot be read.
    pub(crate) fn unreadable(path: &impl ToString, reason: String) -> Self {
        let hint = Some("check who may read it; its mirror stays as it is".to_owned());
        Self { path: path.to_string(), code: "unreadable".to_owned(), message: reason, hint }
    }

    fn refused(left: &LeftOut) -> Self {
        let (path, message) = (left.path.clone(), left.reason.clone());
        Self { path, code: "invalid_path".to_owned(), message, hint: None }
    }

    /// A file that the server does not take.
    pub(crate) fn skipped(skipped: &Skipped) -> Self {
        let (code, message) = match skipped.why {
            SkipReason::CaseCollision => (
                "case_collision",
                "it differs only in case from another file, which a device of this source cannot tell",
            ),
            _ => ("skipped", "the server does not take it"),
        };
        let hint = Some("rename it".to_owned());
        let (path, code, message) = (skipped.path.clone(), code.to_owned(), message.to_owned());
        Self { path, code, message, hint }
    }
}

/// What a round came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RoundReport {
    /// Files of the folder that are mirrored.
    pub files: u64,
    /// Files that had to be read to be hashed.
    pub read: u64,
    /// Files that were sent.
    pub uploaded: u64,
    /// Their bytes.
    pub uploaded_bytes: u64,
    /// Files that were renamed without being sent.
    pub moved: u64,
    /// Files that were deleted from the mirror.
    pub deleted: u64,
    /// Files that another device has written or deleted later: the mirror keeps that.
    pub superseded: Vec<String>,
    /// Files and folders that the rules leave out, counted by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// Files that differ only in case.
    pub collisions: Vec<LeftOut>,
    /// Files that are not mirrored as they should be.
    pub failed: Vec<FileProblem>,
    /// Files that changed while they were read; the next round takes them.
    pub later: Vec<SourcePath>,
    /// Deletions that were held back.
    pub held_back: Option<DeleteGuard>,
    /// Whether anything was written to the mirror.
    pub changed: bool,
    /// What the mirror and the folder agree on.
    #[serde(skip)]
    pub hashes: BTreeMap<SourcePath, FileHash>,
}

impl HashedFolder {
    /// Lists what of the folder cannot be mirrored as it is.
    pub fn problems(&self) -> Vec<FileProblem> {
        let unreadable = self.unreadable.iter();
        let mut problems: Vec<FileProblem> = unreadable
            .map(|(path, reason)| FileProblem::unreadable(path, reason.clone()))
            .collect();
        let folders = self.listing.unreadable.iter();
        problems
            .extend(folders.map(|left| FileProblem::unreadable(&left.path, left.reason.clone())));
        problems.extend(self.listing.refused.iter().map(FileProblem::refused));
        problems
    }
}

/// Begins the report of a round with what the look at the folder found.
pub(crate) fn report_of(folder: &HashedFolder) -> RoundReport {
    let listing = &folder.listing;
    RoundReport {
        files: listing.files.len() as u64,
        read: folder.read,
        left_out: listing.excluded.clone(),
        collisions: listing.collisions.clone(),
        failed: folder.problems(),
        later: folder.changing.clone(),
        ..RoundReport::default()
    }
}
