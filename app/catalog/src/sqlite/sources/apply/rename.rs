//! Renames in a batch: a file comes to one path and leaves another, and keeps its document.

use quire_domain::sync::{FileHash, SourcePath, Stamp, WriteResult};

use super::handover::is_read_alike;
use super::{Batch, File, is_of};
use crate::{CatalogError, Outcome};

impl Batch<'_> {
    /// Renames: the same as a deletion and a put, each with the time of the rename.
    pub(super) fn rename(
        &mut self,
        number: usize,
        from: &SourcePath,
        hash: &FileHash,
        mtime_ms: Option<i64>,
        ts_ms: i64,
    ) -> Result<Outcome, CatalogError> {
        let writes = self.writes;
        let path = &writes[number].path;
        let (old, new) = (self.find(from)?, self.find(path)?);
        let held = old.as_ref().filter(|entry| is_of(entry, hash) && entry.is_whole());
        let there = new.as_ref().filter(|entry| is_of(entry, hash) && entry.is_whole());
        let Some(known) = held.or(there) else { return Ok(Outcome::UnknownHash) };
        let file = File {
            path,
            hash,
            size_bytes: known.size_bytes,
            mtime_ms: mtime_ms.unwrap_or(known.mtime_ms),
            ctime_ms: known.ctime_ms,
            ts_ms,
        };
        if from == path {
            return self.keep(known, &file);
        }
        let leaves = old.as_ref().is_some_and(|entry| Stamp::delete(ts_ms) > entry.stamp());
        let stamp = Stamp::put(ts_ms, hash.clone());
        let arrives = new.as_ref().is_none_or(|entry| stamp > entry.stamp());
        let mut outcome = match there {
            Some(entry) => self.keep(entry, &file)?,
            None if !arrives => Outcome::Done(WriteResult::Superseded),
            None => match self.refuse(path)? {
                Some(refusal) => return Ok(refusal),
                None => Outcome::Done(WriteResult::Queued),
            },
        };
        let document = match held {
            Some(entry) => self.document_of(entry)?,
            None => None,
        };
        if outcome == Outcome::Done(WriteResult::Queued) {
            outcome = match document.as_ref().filter(|_| leaves && is_read_alike(from, path)) {
                Some(document) => {
                    let document = self.rename_document(document, path)?;
                    self.settle(&file, &document, WriteResult::Moved)?
                }
                None => self.accept(&file)?,
            };
        }
        if leaves || old.is_none() {
            let is_left_behind = outcome != Outcome::Done(WriteResult::Moved);
            let old_document = match old.as_ref().filter(|entry| entry.is_live()) {
                Some(entry) if is_left_behind => self.document_of(entry)?,
                _ => None,
            };
            if let Some(document) = old_document {
                self.remove(&document)?;
            }
            self.bury(from, old.as_ref(), ts_ms)?;
        }
        Ok(outcome)
    }
}
