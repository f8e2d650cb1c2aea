//! Handing documents over in a batch: bytes that leave one path and come to another keep theirs.

use quire_domain::sync::{FileEntry, FileHash, SourcePath, Stamp};
use quire_domain::{Document, DocumentPath};
use rusqlite::params;

use super::{Batch, Detached, File, is_of};
use crate::sqlite::rows::{documents, versions};
use crate::{CatalogError, Change, Precondition, Write};

impl Batch<'_> {
    /// Finds a document with the same bytes whose path is deleted in this batch, before or after.
    pub(super) fn take_leaving(
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

    /// Returns whether a later put of this batch may want a document with these bytes.
    pub(super) fn comes_back(&self, number: usize, hash: &FileHash) -> bool {
        let puts_it = |write: &Write| matches!(&write.change, Change::Put { hash: other, .. } if other == hash);
        self.writes[number + 1..].iter().any(puts_it)
    }

    /// Gives a document another path; one that stands there already goes.
    pub(super) fn rename_document(
        &mut self,
        document: &Document,
        path: &SourcePath,
    ) -> Result<Document, CatalogError> {
        let path = self.document_path(path)?;
        let in_the_way = documents::find(self.transaction, self.collection, &path)?;
        if let Some(other) = in_the_way.filter(|other| other.id != document.id) {
            self.remove(&other)?;
        }
        let renamed = versions::rename(self.transaction, document, &path)?;
        self.applied.changed.push(renamed.clone());
        Ok(renamed)
    }

    /// Takes a document away.
    pub(super) fn remove(&mut self, document: &Document) -> Result<(), CatalogError> {
        self.applied.removed.push(versions::remove(self.transaction, &document.id)?);
        Ok(())
    }

    /// Reads the document that an entry is.
    pub(super) fn document_of(&self, entry: &FileEntry) -> Result<Option<Document>, CatalogError> {
        let document = entry.document_id.as_ref();
        document.map(|id| documents::read_document(self.transaction, id)).transpose()
    }

    /// Gives the path in the collection that a path of the source has.
    pub(super) fn document_path(&self, path: &SourcePath) -> Result<DocumentPath, CatalogError> {
        let whole = match self.source.folder.as_str() {
            "" => path.to_string(),
            folder => format!("{folder}/{path}"),
        };
        whole.parse().map_err(|_| CatalogError::PathTooLong { path: whole })
    }
}

/// Returns whether the same bytes are read the same way under both names.
pub(super) fn is_read_alike(one: &SourcePath, other: &SourcePath) -> bool {
    one.extension() == other.extension()
}

fn document_is_read_alike(document: &Document, path: &SourcePath) -> bool {
    document.path.extension() == path.extension()
}
