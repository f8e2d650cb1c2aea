//! What is read at a time: whole pages where they are short enough, and which questions want it.

use quire_domain::{Collection, DocumentId};
use quire_vectorstore::IndexId;

use crate::answer::arrange::join_in_order;
use crate::answer::passages::Passage;
use crate::{ServiceError, Services};

/// Beginnings and parts of questions that only reading everything answers.
const EVERYTHING: &[&str] = &[
    "summarise everything",
    "summarize everything",
    "summarise all",
    "summarize all",
    "summarise the documents",
    "summarize the documents",
    "summarise these",
    "summarize these",
    "summary of all",
    "overview of all",
    "list all",
    "list every",
    "name all",
    "which documents",
    "compare all",
    "across all",
    "in all documents",
    "every document",
    "each document",
    "how many documents",
    "fasse alle",
    "fasse alles",
    "zusammenfassung aller",
    "liste alle",
    "nenne alle",
    "alle dokumente",
    "jedes dokument",
    "vat alle",
    "vat alles",
    "samenvatting van alle",
    "noem alle",
    "alle documenten",
    "elk document",
    "résume tous",
    "résumez tous",
    "liste tous",
    "tous les documents",
    "resume todos",
    "enumera todos",
    "todos los documentos",
];

/// Says whether a question asks about everything there is.
pub fn wants_everything(question: &str) -> bool {
    let lower = question.to_lowercase();
    EVERYTHING.iter().any(|phrase| lower.contains(phrase))
}

impl Services {
    /// Lists all that can be read, by document and page.
    pub(super) async fn units(
        &self,
        collection: &Collection,
        scope: Option<&[DocumentId]>,
    ) -> Result<Vec<Passage>, ServiceError> {
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
    ) -> Result<Vec<Passage>, ServiceError> {
        let index: IndexId = collection.index_id.parse()?;
        let listed = self.inner.catalog.list_indexed(&collection.index_id).await?;
        let mut ids: Vec<DocumentId> = listed.into_iter().map(|(id, _)| id).collect();
        ids.retain(|id| scope.is_none_or(|scope| scope.contains(id)));
        let mut indexed = self.inner.catalog.get_indexed(&collection.index_id, &ids).await?;
        indexed.sort_by(|a, b| a.document.path.as_str().cmp(b.document.path.as_str()));
        let mut units = Vec::new();
        for one in indexed {
            units.extend(join_in_order(self.document_passages(&index, &one).await?));
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
        assert!(!wants_everything("When does the contract with Miller end?"));
    }
}
