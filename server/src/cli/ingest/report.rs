//! The summary of an ingest.

use std::time::Duration;

use quire_domain::{CollectionName, Document, DocumentStatus};
use serde::Serialize;

use super::upload::Rejected;
use super::walk::Skipped;
use crate::cli::output;

/// What came of an ingest.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The collection.
    pub collection: CollectionName,
    /// The documents of this call, as they are now.
    pub documents: Vec<Document>,
    /// How many of them can be searched.
    pub indexed: usize,
    /// How many files failed, for whatever reason.
    pub failed: usize,
    /// Files that never became documents.
    pub rejected: Vec<Rejected>,
    /// What was passed over.
    pub skipped: Vec<Skipped>,
    /// How long it took.
    pub took_ms: u64,
}

/// What did not become a document.
pub struct Left {
    /// Files that were refused or unreadable.
    pub rejected: Vec<Rejected>,
    /// What was passed over.
    pub skipped: Vec<Skipped>,
}

impl Report {
    /// Counts.
    pub fn new(
        collection: CollectionName,
        documents: Vec<Document>,
        left: Left,
        took: Duration,
    ) -> Self {
        let is_indexed = |document: &&Document| document.status == DocumentStatus::Indexed;
        let indexed = documents.iter().filter(is_indexed).count();
        let failed = documents.len() - indexed + left.rejected.len();
        let Left { rejected, skipped } = left;
        let took_ms = took.as_millis() as u64;
        Self { collection, documents, indexed, failed, rejected, skipped, took_ms }
    }

    /// Prints the summary for people.
    pub fn show(&self) {
        for skipped in &self.skipped {
            output::note(&format!("skipped  {}: {}", skipped.path, skipped.reason));
        }
        for document in &self.documents {
            show_document(document);
        }
        for rejected in &self.rejected {
            output::note(&format!("failed   {}: {}", rejected.path, rejected.reason));
        }
        let pages: u64 = self.documents.iter().filter_map(|d| d.pages).map(u64::from).sum();
        let chunks: u64 = self.documents.iter().map(|d| u64::from(d.chunk_count)).sum();
        output::line(&format!(
            "{} documents indexed in `{}` ({pages} pages, {chunks} chunks), {} failed, {} skipped, in {:.1} s",
            self.indexed,
            self.collection,
            self.failed,
            self.skipped.len(),
            self.took_ms as f64 / 1000.0
        ));
    }
}

fn show_document(document: &Document) {
    if let Some(failure) = &document.error {
        let hint = failure.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
        output::note(&format!("failed   {}: {}{hint}", document.path, failure.message));
    }
    for warning in &document.warnings {
        let kind = document.page_kind.as_str();
        let page = warning.page.map_or_else(String::new, |page| format!(", {kind} {page}"));
        output::note(&format!("warning  {}{page}: {}", document.path, warning.message));
    }
}
