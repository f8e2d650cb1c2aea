//! What is read at a time: whole pages where they are short enough, and which questions want it.

use quire_domain::{Collection, DocumentId};
use quire_language::Words;
use quire_vectorstore::IndexId;

use crate::answer::arrange::join_in_order;
use crate::answer::selection::Selection;
use crate::{ServiceError, Services};

/// Says whether a question asks about everything there is.
pub fn wants_everything(question: &str) -> bool {
    let lower = question.to_lowercase();
    Words::all().any(|table| table.everything.iter().any(|phrase| lower.contains(phrase)))
}

impl Services {
    /// Lists all that can be read, by document and page.
    pub(super) async fn units(
        &self,
        collection: &Collection,
        scope: Option<&[DocumentId]>,
    ) -> Result<Selection, ServiceError> {
        match self.units_of_index(collection, scope).await {
            // Another index took its place and it is gone: the other one holds the same documents.
            Err(error) => match self.inner.retrieval.find_successor(collection).await {
                Some(now) => self.units_of_index(&now, scope).await,
                None => Err(error),
            },
            listed => listed,
        }
    }

    async fn units_of_index(
        &self,
        collection: &Collection,
        scope: Option<&[DocumentId]>,
    ) -> Result<Selection, ServiceError> {
        let index: IndexId = collection.index_id.parse()?;
        let listed = self.inner.catalog.list_indexed(&collection.index_id).await?;
        let mut ids: Vec<DocumentId> = listed.into_iter().map(|(id, _)| id).collect();
        ids.retain(|id| scope.is_none_or(|scope| scope.contains(id)));
        let mut indexed = self.inner.catalog.get_indexed(&collection.index_id, &ids).await?;
        indexed.sort_by(|a, b| a.document.path.as_str().cmp(b.document.path.as_str()));
        let mut units = Selection::default();
        for one in indexed {
            let mut passages = self.document_passages(&index, &one).await?;
            join_in_order(&mut passages);
            units.append(passages);
        }
        Ok(units)
    }
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
