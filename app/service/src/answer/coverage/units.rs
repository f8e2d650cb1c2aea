//! What is read at a time: whole pages where they are short enough, and which questions want it.

use std::collections::VecDeque;

use quire_catalog::IndexedDocument;
use quire_domain::{Collection, DocumentId, DocumentPath};
use quire_language::Words;
use quire_vectorstore::IndexId;

use crate::answer::arrange::join_in_order;
use crate::answer::selection::Selection;
use crate::{ServiceError, Services};

/// Documents whose records are held at a time.
const DOCUMENTS: usize = 32;

/// Says whether a question asks about everything there is.
pub fn wants_everything(question: &str) -> bool {
    let lower = question.to_lowercase();
    Words::all().any(|table| table.everything.iter().any(|phrase| lower.contains(phrase)))
}

/// Everything that can be read, as it is asked for: by document and page.
///
/// Few records of documents are held at a time, and no passages.
pub struct Units {
    collection: Collection,
    listing: Listing,
    documents: VecDeque<IndexedDocument>,
    /// Documents that were opened and had something to read.
    pub documents_seen: u32,
    /// Chunks that they had.
    pub chunks_seen: u64,
}

/// Which documents come next.
enum Listing {
    /// Those of the index, by path, after this one.
    Index { after: Option<DocumentPath> },
    /// Those that a question is limited to.
    Scope(VecDeque<DocumentId>),
    /// There are no more.
    End,
}

impl Units {
    /// Begins before the first document; nothing is read yet.
    pub fn new(collection: Collection, scope: Option<&[DocumentId]>) -> Self {
        let listing = match scope {
            Some(ids) => Listing::Scope(ids.iter().cloned().collect()),
            None => Listing::Index { after: None },
        };
        let documents = VecDeque::new();
        Self { collection, listing, documents, documents_seen: 0, chunks_seen: 0 }
    }

    /// Reads the next document that has something to read; `None` at the end.
    pub async fn next(&mut self, services: &Services) -> Result<Option<Selection>, ServiceError> {
        loop {
            let Some(document) = self.documents.pop_front() else {
                if self.list(services).await? {
                    continue;
                }
                return Ok(None);
            };
            let error = match self.open(services, &document).await {
                Ok(opened) if opened.is_empty() => continue,
                Ok(opened) => return Ok(Some(opened)),
                Err(error) => error,
            };
            let ids = std::iter::once(document.document.id.clone());
            let ids: Vec<DocumentId> =
                ids.chain(self.documents.iter().map(|one| one.document.id.clone())).collect();
            if !self.follow_index(services).await {
                return Err(error);
            }
            let catalog = &services.inner.catalog;
            self.documents = in_order(catalog.get_indexed(&self.collection.index_id, &ids).await?);
        }
    }

    /// Goes on in the index that took the place of this one, if that is gone: it holds the same.
    async fn follow_index(&mut self, services: &Services) -> bool {
        let successor = services.inner.retrieval.find_successor(&self.collection).await;
        let is_gone = successor.is_some();
        self.collection = successor.unwrap_or_else(|| self.collection.clone());
        is_gone
    }

    /// Lists some more documents; false if there are none.
    async fn list(&mut self, services: &Services) -> Result<bool, ServiceError> {
        let mut listed = self.peek(services).await?;
        if listed.is_empty() && self.follow_index(services).await {
            listed = self.peek(services).await?;
        }
        self.listing = match std::mem::replace(&mut self.listing, Listing::End) {
            Listing::End => return Ok(false),
            Listing::Index { .. } => listed.last().map_or(Listing::End, |last| Listing::Index {
                after: Some(last.document.path.clone()),
            }),
            Listing::Scope(mut ids) => {
                ids.drain(..ids.len().min(DOCUMENTS));
                if ids.is_empty() { Listing::End } else { Listing::Scope(ids) }
            }
        };
        self.documents = in_order(listed);
        Ok(true)
    }

    /// Gets what comes next in the listing.
    async fn peek(&self, services: &Services) -> Result<Vec<IndexedDocument>, ServiceError> {
        let (catalog, index_id) = (&services.inner.catalog, &self.collection.index_id);
        Ok(match &self.listing {
            Listing::End => Vec::new(),
            Listing::Index { after } => {
                catalog.list_indexed_after(index_id, after.as_ref(), DOCUMENTS).await?
            }
            Listing::Scope(ids) => {
                let ids: Vec<DocumentId> = ids.iter().take(DOCUMENTS).cloned().collect();
                catalog.get_indexed(index_id, &ids).await?
            }
        })
    }

    async fn open(
        &mut self,
        services: &Services,
        document: &IndexedDocument,
    ) -> Result<Selection, ServiceError> {
        let index: IndexId = self.collection.index_id.parse()?;
        let mut opened = services.document_passages(&index, document).await?;
        self.documents_seen += u32::from(!opened.passages().is_empty());
        self.chunks_seen += opened.passages().len() as u64;
        join_in_order(&mut opened);
        Ok(opened)
    }
}

fn in_order(mut documents: Vec<IndexedDocument>) -> VecDeque<IndexedDocument> {
    documents.sort_by(|a, b| a.document.path.as_str().cmp(b.document.path.as_str()));
    documents.into()
}

#[cfg(test)]
mod tests {
    use super::wants_everything;

    #[test]
    fn questions_about_everything_are_told_from_others() {
        assert!(wants_everything("Summarise everything in here"));
        assert!(wants_everything("List all contracts and when they end."));
        assert!(wants_everything("Nenne alle Verträge."));
        assert!(wants_everything("Перечисли все договоры."));
        assert!(!wants_everything("When does the contract with Miller end?"));
    }
}
