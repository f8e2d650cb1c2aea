//! Why no file may come to a path: another source has it, or another file in all but case.

use quire_domain::sync::SourcePath;
use rusqlite::{OptionalExtension, Row, params};

use super::Batch;
use crate::sqlite::rows;
use crate::{CatalogError, Change, Outcome};

impl Batch<'_> {
    /// Says why no file may come to a path.
    pub(super) fn refuse(&self, path: &SourcePath) -> Result<Option<Outcome>, CatalogError> {
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
        let read = |row: &Row<'_>| rows::parse::<SourcePath>(row, "path");
        for other in statement.query_and_then(values, read)? {
            let other = other?;
            if !self.is_leaving(&other) {
                return Ok(Some(Outcome::CaseCollision { path: other }));
            }
        }
        Ok(None)
    }

    /// Returns whether this batch takes the file at a path away.
    fn is_leaving(&self, path: &SourcePath) -> bool {
        self.writes.iter().any(|write| match &write.change {
            Change::Delete { .. } => write.path == *path,
            Change::Move { from, .. } => from == path,
            Change::Put { .. } => false,
        })
    }
}
