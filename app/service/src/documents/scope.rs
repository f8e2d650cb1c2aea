//! Scope: from what a question names to the documents that it is limited to.

use std::collections::BTreeSet;

use quire_catalog::Selector;
use quire_domain::{CollectionName, DocumentId, Scope};

use super::Documents;
use crate::ServiceError;

impl Documents {
    /// Gives the documents that a scope means; `None` if nothing is named and all are meant.
    ///
    /// A path, tag or time that matches nothing is `NothingInScope`, and so are kinds that match
    /// nothing together: an answer from nowhere would be a lie.
    pub(crate) async fn resolve_scope(
        &self,
        collection: &CollectionName,
        scope: &Scope,
    ) -> Result<Option<Vec<DocumentId>>, ServiceError> {
        let named = scope.documents.as_ref().map(|ids| ids.iter().cloned().collect());
        let mut chosen: Option<BTreeSet<DocumentId>> = named;
        let kinds = [paths(scope), tags(scope), dates(scope)];
        for selectors in &kinds {
            let mut found: BTreeSet<DocumentId> = BTreeSet::new();
            for selector in selectors {
                let ids = self.catalog.select_documents(collection, selector).await?;
                if ids.is_empty() {
                    return Err(ServiceError::NothingInScope { what: describe(scope, selector) });
                }
                found.extend(ids);
            }
            if !selectors.is_empty() {
                chosen = Some(narrow(chosen, found));
            }
        }
        if !scope.linked_with.is_empty() {
            let mut found: BTreeSet<DocumentId> = BTreeSet::new();
            for note in &scope.linked_with {
                let linked = self.documents_linked_with(collection, note).await?;
                let nothing = || ServiceError::NothingInScope { what: linked_with(note) };
                found.extend(linked.ok_or_else(nothing)?);
            }
            chosen = Some(narrow(chosen, found));
        }
        let selectors = kinds.iter().flatten().map(|selector| describe(scope, selector));
        let limits: Vec<String> =
            selectors.chain(scope.linked_with.iter().map(|note| linked_with(note))).collect();
        if chosen.as_ref().is_some_and(BTreeSet::is_empty) && !limits.is_empty() {
            let chosen = scope.documents.as_ref().map(|_| "among those named".to_owned());
            let what = chosen.into_iter().chain(limits).collect::<Vec<_>>().join(" and ");
            return Err(ServiceError::NothingInScope { what });
        }
        Ok(chosen.map(|ids| ids.into_iter().collect()))
    }
}

/// Keeps of what was chosen before what another kind of limit lets through.
fn narrow(
    chosen: Option<BTreeSet<DocumentId>>,
    found: BTreeSet<DocumentId>,
) -> BTreeSet<DocumentId> {
    match chosen {
        Some(chosen) => chosen.intersection(&found).cloned().collect(),
        None => found,
    }
}

fn linked_with(note: &str) -> String {
    format!("linked with `{note}`")
}

fn paths(scope: &Scope) -> Vec<Selector> {
    scope.paths.iter().map(|path| Selector::Path(path.trim_matches('/').to_owned())).collect()
}

fn tags(scope: &Scope) -> Vec<Selector> {
    let plain = |tag: &String| tag.trim().trim_start_matches('#').trim_matches('/').to_owned();
    scope.tags.iter().map(plain).map(Selector::Tag).collect()
}

fn dates(scope: &Scope) -> Vec<Selector> {
    if scope.after.is_none() && scope.before.is_none() {
        return Vec::new();
    }
    let from_ms = scope.after.map_or(i64::MIN, quire_domain::Day::start_ms);
    let until_ms = scope.before.map_or(i64::MAX, quire_domain::Day::end_ms);
    vec![Selector::Dated { from_ms, until_ms }]
}

/// Says in words what a selector of a scope looks for.
fn describe(scope: &Scope, selector: &Selector) -> String {
    match selector {
        Selector::Path(path) => format!("at or below `{path}`"),
        Selector::Tag(tag) => format!("tagged `{tag}`"),
        Selector::Dated { .. } => match (scope.after, scope.before) {
            (Some(after), Some(before)) => format!("dated from `{after}` to `{before}`"),
            (Some(after), None) => format!("dated `{after}` or later"),
            (None, Some(before)) => format!("dated `{before}` or earlier"),
            (None, None) => "dated".to_owned(),
        },
    }
}
