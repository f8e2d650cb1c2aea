//! Writes to a source in SQLite: the register of each path, and the documents behind it.
//!
//! Which write wins is [`Stamp`]'s order alone. What is done to documents is arranged so that bytes
//! that leave one path and come to another keep their document, and with it their chunks.

use quire_domain::Document;
use quire_domain::sync::{
    DeviceId, EntryOp, FileEntry, FileHash, SourceId, SourcePath, Stamp, WriteResult,
};
use rusqlite::{OptionalExtension, Transaction, params};

use super::super::collections::collection_row;
use super::super::documents;
use super::{current_seq, entries, read_source};
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
            self.applied.removed.push(documents::remove(self.transaction, &document.id)?);
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
        let accepted = documents::accept(self.transaction, &version)?;
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
                let removed = documents::remove(self.transaction, &document.id)?;
                self.applied.removed.push(removed);
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

    /// Renames: the same as a deletion and a put, each with the time of the rename.
    fn rename(
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
                let removed = documents::remove(self.transaction, &document.id)?;
                self.applied.removed.push(removed);
            }
            self.bury(from, old.as_ref(), ts_ms)?;
        }
        Ok(outcome)
    }

    /// Finds a document with the same bytes whose path is deleted in this batch, before or after.
    fn take_leaving(
        &mut self,
        number: usize,
        file: &File<'_>,
    ) -> Result<Option<Document>, CatalogError> {
        let fits = |one: &Detached| {
            one.hash == *file.hash && document_is_read_alike(&one.document, file.path)
        };
        if let Some(place) = self.detached.iter().position(fits) {
            let document = self.detached.swap_remove(place).document;
            return Ok(Some(self.rename_document(&document, file.path)?));
        }
        let writes = self.writes;
        for Write { path, precondition, change } in &writes[number + 1..] {
            let Change::Delete { ts_ms } = change else { continue };
            if path == file.path || !is_read_alike(path, file.path) {
                continue;
            }
            let Some(entry) = self.find(path)? else { continue };
            let will_go = match precondition {
                Precondition::Matches(hash) => is_of(&entry, hash),
                _ => Stamp::delete(*ts_ms) > entry.stamp(),
            };
            if !(will_go && is_of(&entry, file.hash) && entry.is_whole()) {
                continue;
            }
            if let Some(document) = self.document_of(&entry)? {
                let sql = "UPDATE source_entries SET document_id = NULL
                    WHERE source_id = ?1 AND path = ?2";
                let values = params![self.source.id.as_str(), path.as_str()];
                self.transaction.execute(sql, values)?;
                return Ok(Some(self.rename_document(&document, file.path)?));
            }
        }
        Ok(None)
    }

    /// Says whether a later put of this batch may want a document with these bytes.
    fn comes_back(&self, number: usize, hash: &FileHash) -> bool {
        let puts_it = |write: &Write| matches!(&write.change, Change::Put { hash: other, .. } if other == hash);
        self.writes[number + 1..].iter().any(puts_it)
    }

    /// Gives a document another path; one that stands there already goes.
    fn rename_document(
        &mut self,
        document: &Document,
        path: &SourcePath,
    ) -> Result<Document, CatalogError> {
        let path = self.document_path(path)?;
        let in_the_way = documents::find(self.transaction, self.collection, &path)?;
        if let Some(other) = in_the_way.filter(|other| other.id != document.id) {
            self.applied.removed.push(documents::remove(self.transaction, &other.id)?);
        }
        let renamed = documents::rename(self.transaction, document, &path)?;
        self.applied.changed.push(renamed.clone());
        Ok(renamed)
    }

    fn document_of(&self, entry: &FileEntry) -> Result<Option<Document>, CatalogError> {
        let document = entry.document_id.as_ref();
        document.map(|id| documents::read_document(self.transaction, id)).transpose()
    }

    /// Says why no file may come to a path.
    fn refuse(&self, path: &SourcePath) -> Result<Option<Outcome>, CatalogError> {
        let document_path = self.document_path(path)?;
        let sql = "SELECT s.name FROM documents d
            JOIN source_entries e ON e.document_id = d.id JOIN sources s ON s.id = e.source_id
            WHERE d.collection_id = ?1 AND d.path = ?2 AND s.id <> ?3";
        let values = params![self.collection, document_path.as_str(), self.source.id.as_str()];
        let mut statement = self.transaction.prepare_cached(sql)?;
        let other: Option<String> = statement.query_row(values, |row| row.get(0)).optional()?;
        if let Some(source) = other {
            return Ok(Some(Outcome::PathTaken { source }));
        }
        if !self.folds_case {
            return Ok(None);
        }
        let sql = "SELECT path FROM source_entries
            WHERE source_id = ?1 AND case_key = ?2 AND path <> ?3 AND op = 'put'";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let values = params![self.source.id.as_str(), path.case_key(), path.as_str()];
        let read = |row: &rusqlite::Row<'_>| super::rows::parse::<SourcePath>(row, "path");
        for other in statement.query_and_then(values, read)? {
            let other = other?;
            if !self.is_leaving(&other) {
                return Ok(Some(Outcome::CaseCollision { path: other }));
            }
        }
        Ok(None)
    }

    /// Says whether this batch takes the file at a path away.
    fn is_leaving(&self, path: &SourcePath) -> bool {
        self.writes.iter().any(|write| match &write.change {
            Change::Delete { .. } => write.path == *path,
            Change::Move { from, .. } => from == path,
            Change::Put { .. } => false,
        })
    }

    fn document_path(&self, path: &SourcePath) -> Result<quire_domain::DocumentPath, CatalogError> {
        let whole = match self.source.folder.as_str() {
            "" => path.to_string(),
            folder => format!("{folder}/{path}"),
        };
        whole.parse().map_err(|_| CatalogError::PathTooLong { path: whole })
    }
}

/// Says whether a file is there with these bytes.
fn is_of(entry: &FileEntry, hash: &FileHash) -> bool {
    entry.is_live() && entry.hash.as_ref() == Some(hash)
}

/// Says whether the same bytes are read the same way under both names.
fn is_read_alike(one: &SourcePath, other: &SourcePath) -> bool {
    one.extension() == other.extension()
}

fn document_is_read_alike(document: &Document, path: &SourcePath) -> bool {
    document.path.extension() == path.extension()
}
