//! The feed of changes, which waits for news when there is none.

use std::time::Duration;

use quire_domain::sync::{ChangePage, SourceId};

use super::{Sources, SyncError};
use crate::ServiceError;

/// The longest wait for news.
const MAX_WAIT: Duration = Duration::from_mins(1);
/// The most changes of one page.
const MAX_CHANGES: usize = 5000;

impl Sources {
    /// Lists what changed in a source after `since`; if there is nothing, waits for something.
    ///
    /// Changes before the horizon of deletions, or ahead of the server, are `ChangesGone`: plan
    /// again. From 0 everything is listed.
    pub async fn list_changes(
        &self,
        id: &SourceId,
        since: u64,
        wait: Duration,
        limit: usize,
    ) -> Result<ChangePage, ServiceError> {
        let limit = limit.clamp(1, MAX_CHANGES);
        let mut changed = self.shared.changed.subscribe();
        let mut stopping = self.parts.stopping.clone();
        let waited = tokio::time::sleep(wait.min(MAX_WAIT));
        tokio::pin!(waited);
        loop {
            changed.mark_unchanged();
            let source = self.parts.catalog.get_source(id).await?;
            if (since > 0 && since < source.horizon_seq) || since > source.seq {
                return Err(SyncError::ChangesGone { since }.into());
            }
            let found = self.parts.catalog.list_changes(id, since, limit).await?;
            let more = found.len() == limit;
            let last = found.last().map_or(since, |entry| entry.seq);
            let seq = if more { last } else { last.max(source.seq) };
            if !found.is_empty() || waited.is_elapsed() {
                return Ok(ChangePage { changes: found, seq, more });
            }
            tokio::select! {
                _ = changed.changed() => {}
                () = &mut waited => {}
                _ = stopping.wait_for(|stopping| *stopping) => {
                    return Ok(ChangePage { changes: found, seq, more });
                }
            }
        }
    }
}
