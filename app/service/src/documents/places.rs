//! Places: finding the folders and documents that a question can be limited to.

use std::collections::BTreeMap;

use quire_catalog::DocumentFilter;
use quire_domain::{CollectionName, Document, DocumentRef, DocumentStatus, Folder, Places};

use super::Documents;
use crate::ServiceError;

/// The most folders, and the most documents, that are listed: more are found by their names.
const LISTED: usize = 50;

impl Documents {
    /// Finds folders and indexed documents whose path or title holds all of the words.
    pub async fn find_places(
        &self,
        collection: &CollectionName,
        words: &str,
    ) -> Result<Places, ServiceError> {
        let filter = DocumentFilter {
            status: Some(DocumentStatus::Indexed),
            limit: i64::MAX as usize,
            ..DocumentFilter::default()
        };
        let documents = self.catalog.list_documents(collection, filter).await?;
        Ok(find(documents, words))
    }
}

fn find(documents: Vec<Document>, words: &str) -> Places {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let fits = |name: &str| {
        let name = name.to_lowercase();
        words.iter().all(|word| name.contains(word))
    };
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for document in &documents {
        for (end, _) in document.path.as_str().match_indices('/') {
            *counts.entry(document.path.as_str()[..=end].to_owned()).or_default() += 1;
        }
    }
    let folders = counts.into_iter().filter(|(path, _)| fits(path));
    let mut folders: Vec<Folder> =
        folders.map(|(path, documents)| Folder { path, documents }).collect();
    let fitting = documents.into_iter().filter(|one| fits(&format!("{} {}", one.path, one.title)));
    let reference = |one: Document| {
        let Document { id, path, title, page_kind, .. } = one;
        DocumentRef { id, path, title, page_kind }
    };
    let mut documents: Vec<DocumentRef> = fitting.map(reference).collect();
    let more = folders.len() > LISTED || documents.len() > LISTED;
    folders.truncate(LISTED);
    documents.truncate(LISTED);
    Places { folders, documents, more }
}
