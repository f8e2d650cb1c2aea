//! Scope: the documents that a question or a search is limited to.

use std::collections::BTreeSet;

use quire_catalog::DocumentFilter;
use quire_domain::{CollectionName, DocumentId};

use crate::{ServiceError, Services};

impl Services {
    /// Gives the documents that are named by id, by path, or by a folder above them; `None` where
    /// nothing is named and all are meant.
    ///
    /// A path that matches nothing is `NothingInScope`: an answer from nowhere would be a lie.
    pub(crate) async fn resolve_scope(
        &self,
        collection: &CollectionName,
        documents: Option<Vec<DocumentId>>,
        paths: &[String],
    ) -> Result<Option<Vec<DocumentId>>, ServiceError> {
        if paths.is_empty() {
            return Ok(documents);
        }
        let mut chosen: BTreeSet<DocumentId> = documents.into_iter().flatten().collect();
        for path in paths {
            let path = path.trim_matches('/');
            let filter = DocumentFilter {
                prefix: Some(path.to_owned()),
                limit: i64::MAX as usize,
                ..DocumentFilter::default()
            };
            let found = self.inner.catalog.list_documents(collection, filter).await?;
            let is_below = |name: &str| {
                let rest = name.strip_prefix(path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || path.is_empty())
            };
            let before = chosen.len();
            let found = found.into_iter().filter(|one| is_below(one.path.as_str()));
            let ids: Vec<DocumentId> = found.map(|one| one.id).collect();
            let is_known = ids.iter().any(|id| chosen.contains(id));
            chosen.extend(ids);
            if chosen.len() == before && !is_known {
                return Err(ServiceError::NothingInScope { path: path.to_owned() });
            }
        }
        Ok(Some(chosen.into_iter().collect()))
    }
}
