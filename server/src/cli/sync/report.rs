//! What a sync came to, for people and for programs.

use std::path::PathBuf;
use std::time::Duration;

use quire_domain::CollectionName;
use quire_domain::sync::{DeleteGuard, SourceId};
use quire_folder_sync::RoundReport;
use serde::Serialize;

use crate::cli::{Ending, output};

/// What a sync came to.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The source that the folder is to the server.
    pub source_id: SourceId,
    /// The collection it is mirrored into.
    pub collection: CollectionName,
    /// The folder.
    pub root: PathBuf,
    /// What was done.
    #[serde(flatten)]
    pub round: RoundReport,
    /// How long it took until everything was sent.
    pub sent_ms: u64,
    /// How long it took until everything could be searched.
    pub took_ms: u64,
}

impl Report {
    /// Says how the command ends.
    pub fn ending(&self) -> Ending {
        if self.round.held_back.is_some() {
            return Ending::HeldBack;
        }
        let is_whole = self.round.failed.is_empty() && self.round.later.is_empty();
        if is_whole { Ending::Done } else { Ending::SomeFailed }
    }

    /// Prints the report for people.
    pub fn show(&self) {
        show_notes(&self.round);
        let took = Duration::from_millis(self.took_ms).as_secs_f64();
        let (files, collection) = (self.round.files, &self.collection);
        output::line(&format!(
            "{files} files in `{collection}`: {}, in {took:.1} s",
            summary(&self.round)
        ));
        if let Some(guard) = self.round.held_back {
            output::note(&held_back(guard));
        }
    }
}

/// Prints what did not go as wished.
pub fn show_notes(round: &RoundReport) {
    for collision in &round.collisions {
        output::note(&format!(
            "warning  {}: {}; devices without regard to case will see only one of them",
            collision.path, collision.reason
        ));
    }
    for path in &round.superseded {
        output::note(&format!("kept     {path}: another device has written or deleted it later"));
    }
    for path in &round.later {
        output::note(&format!("changing {path}: it changed while it was read; sync again"));
    }
    for problem in &round.failed {
        let hint = problem.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
        output::note(&format!("failed   {}: {}{hint}", problem.path, problem.message));
    }
}

/// Says in a few words what a round did.
pub fn summary(round: &RoundReport) -> String {
    let mut parts = Vec::new();
    let mut add = |count: u64, what: &str| {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    };
    add(round.uploaded, &format!("sent ({})", output::size(round.uploaded_bytes)));
    add(round.moved, "renamed");
    add(round.deleted, "deleted");
    add(round.failed.len() as u64, "failed");
    add(round.left_out.values().sum(), "left out");
    add(round.held_back.map_or(0, |guard| guard.would_delete), "deletions held back");
    if !round.changed && round.held_back.is_none() {
        parts.insert(0, "nothing to do".to_owned());
    }
    parts.join(", ")
}

/// Says what was held back and what to do about it.
pub fn held_back(DeleteGuard { would_delete, of, .. }: DeleteGuard) -> String {
    format!(
        "{would_delete} of {of} files are gone from the folder; nothing was deleted. Check that all of it is there (drive connected, vault loaded, the right folder); if it is, give the command again with `--delete-limit 100%`."
    )
}
