//! Writes to a source in SQLite: the register of each path, and the documents behind it.
//!
//! Which write wins is [`Stamp`]'s order alone. What is done to documents is arranged so that bytes
//! that leave one path and come to another keep their document, and with it their chunks.

mod handover;
mod refusal;
mod rename;

use quire_domain::Document;
use quire_domain::sync::{
    DeviceId, EntryOp, FileEntry, FileHash, SourceId, SourcePath, Stamp, WriteResult,
};
use rusqlite::{Transaction, params};

use crate::sqlite::rows::collections::collection_row;
use crate::sqlite::rows::sources::{current_seq, read_source};
use crate::sqlite::rows::{entries, versions};
use crate::{
    AppliedWrite, AppliedWrites, CatalogError, Change, NewVersion, Outcome, Precondition,
    SourceRecord, Write,
};

/// Does writes in their order.
pub(super) fn apply(
    transaction: &Transaction<'_>,
    id: &SourceId,
    device: Option<&DeviceId>,
    writes: &[Write],
) -> Result<AppliedWrites, CatalogError> {
    let source = read_source(transaction, id)?;
    let collection = collection_row(transaction, &source.collection)?;
    let folds_case = source.devices.iter().any(quire_domain::sync::Device::folds_case);
    let applied = AppliedWrites { seq: current_seq(transaction, id)?, ..AppliedWrites::default() };
    let mut batch = Batch {
        transaction,
        source,
        collection,
        folds_case,
        device,
        writes,
        detached: Vec::new(),
        applied,
    };
    for number in 0..writes.len() {
        let outcome = batch.write(number)?;
        batch.applied.writes.push(AppliedWrite { outcome, entry: None });
    }
    batch.finish()
}

/// A document whose path was deleted, kept for a put of the same bytes later in the batch.
struct Detached {
    document: Document,
    hash: FileHash,
}

struct Batch<'a> {
    transaction: &'a Transaction<'a>,
    source: SourceRecord,
    collection: i64,
    folds_case: bool,
    device: Option<&'a DeviceId>,
    writes: &'a [Write],
    detached: Vec<Detached>,
    applied: AppliedWrites,
}

/// A file as it is to be at a path.
struct File<'a> {
    path: &'a SourcePath,
    hash: &'a FileHash,
    size_bytes: u64,
    mtime_ms: i64,
    ctime_ms: Option<i64>,
    ts_ms: i64,
}

impl Batch<'_> {
    fn write(&mut self, number: usize) -> Result<Outcome, CatalogError> {
        let writes = self.writes;
        let Write { path, precondition, change } = &writes[number];
        match change {
            Change::Put { hash, size_bytes, mtime_ms, ctime_ms, ts_ms } => {
                let (size_bytes, mtime_ms, ctime_ms, ts_ms) =
                    (*size_bytes, *mtime_ms, *ctime_ms, *ts_ms);
                let file = File { path, hash, size_bytes, mtime_ms, ctime_ms, ts_ms };
                self.put(number, file, precondition)
            }
            Change::Move { from, hash, mtime_ms, ts_ms } => {
                self.rename(number, from, hash, *mtime_ms, *ts_ms)
            }
            Change::Delete { ts_ms } => self.delete(number, *ts_ms),
        }
    }

    /// Ends the batch: documents that nothing took over go, and entries are read as they are now.
    fn finish(mut self) -> Result<AppliedWrites, CatalogError> {
        for Detached { document, .. } in std::mem::take(&mut self.detached) {
            self.remove(&document)?;
        }
        let id = &self.source.id;
        let sql = "UPDATE sources SET seq = ?2 WHERE id = ?1";
        self.transaction.execute(sql, params![id.as_str(), self.applied.seq])?;
        for (write, applied) in self.writes.iter().zip(&mut self.applied.writes) {
            applied.entry = entries::find(self.transaction, id, &write.path)?;
        }
        Ok(self.applied)
    }

    fn find(&self, path: &SourcePath) -> Result<Option<FileEntry>, CatalogError> {
        entries::find(self.transaction, &self.source.id, path)
    }

    fn put(
        &mut self,
        number: usize,
        mut file: File<'_>,
        precondition: &Precondition,
    ) -> Result<Outcome, CatalogError> {
        let current = self.find(file.path)?;
        if let Some(entry) = current.as_ref().filter(|entry| is_of(entry, file.hash)) {
            return self.keep(entry, &file);
        }
        let live = current.as_ref().filter(|entry| entry.is_live());
        match precondition {
            Precondition::None => {}
            Precondition::Matches(hash) if live.is_some_and(|entry| is_of(entry, hash)) => {}
            Precondition::Absent if live.is_none() => {}
            Precondition::Matches(_) | Precondition::Absent => {
                return Ok(Outcome::PreconditionFailed);
            }
        }
        if let Some(entry) = &current {
            if *precondition != Precondition::None {
                file.ts_ms = file.ts_ms.max(entry.ts_ms.saturating_add(1));
            }
            if Stamp::put(file.ts_ms, file.hash.clone()) <= entry.stamp() {
                return Ok(Outcome::Done(WriteResult::Superseded));
            }
        }
        if let Some(refusal) = self.refuse(file.path)? {
            return Ok(refusal);
        }
        if live.is_none()
            && let Some(document) = self.take_leaving(number, &file)?
        {
            return self.settle(&file, &document, WriteResult::Moved);
        }
        self.accept(&file)
    }

    /// Notes a later time for a file that is there with the same bytes.
    fn keep(&mut self, entry: &FileEntry, file: &File<'_>) -> Result<Outcome, CatalogError> {
        if !entry.is_whole() {
            return self.accept(&File { ts_ms: file.ts_ms.max(entry.ts_ms), ..*file });
        }
        if file.ts_ms > entry.ts_ms {
            let later = FileEntry {
                mtime_ms: file.mtime_ms,
                ts_ms: file.ts_ms,
                ctime_ms: file.ctime_ms.or(entry.ctime_ms),
                device: self.device.cloned(),
                ..entry.clone()
            };
            entries::put(self.transaction, &self.source.id, &later)?;
        }
        Ok(Outcome::Done(WriteResult::Unchanged))
    }

    /// Lets the ledger of documents accept the bytes at a path.
    fn accept(&mut self, file: &File<'_>) -> Result<Outcome, CatalogError> {
        let version = NewVersion {
            collection: self.source.collection.clone(),
            path: self.document_path(file.path)?,
            sha256: file.hash.content().clone(),
            size_bytes: file.size_bytes,
        };
        // The document that stands at the path becomes this file's, whatever was planned for it.
        self.detached.retain(|one| one.document.path != version.path);
        let accepted = versions::accept(self.transaction, &version)?;
        self.applied.replaced.extend(accepted.replaced);
        let document = accepted.document;
        let outcome = self.settle(file, &document, WriteResult::Queued)?;
        if accepted.changed {
            self.applied.changed.push(document);
        }
        Ok(outcome)
    }

    /// Writes the entry of a file that a document stands for.
    fn settle(
        &mut self,
        file: &File<'_>,
        document: &Document,
        result: WriteResult,
    ) -> Result<Outcome, CatalogError> {
        self.applied.seq += 1;
        let entry = FileEntry {
            path: file.path.clone(),
            op: EntryOp::Put,
            hash: Some(file.hash.clone()),
            mtime_ms: file.mtime_ms,
            ctime_ms: file.ctime_ms,
            size_bytes: file.size_bytes,
            ts_ms: file.ts_ms,
            device: self.device.cloned(),
            seq: self.applied.seq,
            document_id: Some(document.id.clone()),
            status: None,
            reason: None,
        };
        entries::put(self.transaction, &self.source.id, &entry)?;
        Ok(Outcome::Done(result))
    }

    fn delete(&mut self, number: usize, mut ts_ms: i64) -> Result<Outcome, CatalogError> {
        let writes = self.writes;
        let Write { path, precondition, .. } = &writes[number];
        let current = self.find(path)?;
        let live = current.as_ref().filter(|entry| entry.is_live());
        if let (Some(entry), Precondition::Matches(hash)) = (live, precondition) {
            if !is_of(entry, hash) {
                return Ok(Outcome::PreconditionFailed);
            }
            ts_ms = ts_ms.max(entry.ts_ms.saturating_add(1));
        }
        if let Some(entry) = &current
            && Stamp::delete(ts_ms) <= entry.stamp()
        {
            let result =
                if entry.is_live() { WriteResult::Superseded } else { WriteResult::Deleted };
            return Ok(Outcome::Done(result));
        }
        if let Some(entry) = live
            && let Some(document) = self.document_of(entry)?
        {
            let hash = entry.hash.clone().filter(|_| entry.is_whole());
            let hash = hash.filter(|hash| self.comes_back(number, hash));
            if let Some(hash) = hash {
                self.detached.push(Detached { document, hash });
            } else {
                self.remove(&document)?;
            }
        }
        self.bury(path, current.as_ref(), ts_ms)?;
        Ok(Outcome::Done(WriteResult::Deleted))
    }

    /// Writes the entry of a path without a file.
    fn bury(
        &mut self,
        path: &SourcePath,
        current: Option<&FileEntry>,
        ts_ms: i64,
    ) -> Result<(), CatalogError> {
        // A later time of the same deletion is no news.
        let is_news = current.is_none_or(FileEntry::is_live);
        self.applied.seq += u64::from(is_news);
        let seq = current.filter(|_| !is_news).map_or(self.applied.seq, |entry| entry.seq);
        let entry = FileEntry {
            path: path.clone(),
            op: EntryOp::Delete,
            hash: current.and_then(|entry| entry.hash.clone()),
            mtime_ms: ts_ms,
            ctime_ms: None,
            size_bytes: 0,
            ts_ms,
            device: self.device.cloned(),
            seq,
            document_id: None,
            status: None,
            reason: None,
        };
        entries::put(self.transaction, &self.source.id, &entry)
    }
}

/// Returns whether a file is there with these bytes.
fn is_of(entry: &FileEntry, hash: &FileHash) -> bool {
    entry.is_live() && entry.hash.as_ref() == Some(hash)
}
