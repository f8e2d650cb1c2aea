//! What documents state about themselves: the tags of a collection, the links of a document.

use std::collections::HashMap;

use quire_domain::link::link_key;
use quire_domain::{
    Backlink, CollectionName, DocumentId, DocumentLinks, DocumentRef, LinkPaths, ResolvedLink,
    TagCount,
};

use crate::{ServiceError, Services};

impl Services {
    /// Lists the tags of a collection with those above them, by name.
    pub async fn list_tags(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<TagCount>, ServiceError> {
        Ok(self.inner.catalog.list_tags(collection).await?)
    }

    /// Finds where the links of a document lead, and which documents link to it.
    pub async fn get_links(&self, id: &DocumentId) -> Result<DocumentLinks, ServiceError> {
        let catalog = &self.inner.catalog;
        let document = catalog.get_document(id).await?;
        let known = catalog.list_document_refs(&document.collection).await?;
        let known: HashMap<&str, &DocumentRef> =
            known.iter().map(|one| (one.path.as_str(), one)).collect();
        let paths = LinkPaths::new(known.keys().copied());
        let links = catalog.list_links(id).await?.into_iter().map(|link| {
            let path = paths.resolve(&link.target, document.path.as_str());
            let document = path.and_then(|path| known.get(path)).map(|&one| one.clone());
            ResolvedLink { link, document }
        });
        let links = links.collect();
        let key = link_key(document.path.as_str());
        let candidates = catalog.list_links_to(&document.collection, &key).await?.into_iter();
        let backlinks = candidates.filter(|from| {
            let path = paths.resolve(&from.link.target, from.document.path.as_str());
            path == Some(document.path.as_str()) && from.document.id != document.id
        });
        let backlinks =
            backlinks.map(|from| Backlink { document: from.document, link: from.link }).collect();
        Ok(DocumentLinks { links, backlinks })
    }

    /// Has texts that an earlier parser made be made anew, in the background.
    pub(crate) async fn renew_texts(&self) -> Result<(), ServiceError> {
        let count = self.inner.catalog.renew_texts().await?;
        if count > 0 {
            tracing::info!(document.count = count, "reading {count} documents anew");
            self.inner.work.notify_one();
        }
        Ok(())
    }
}
