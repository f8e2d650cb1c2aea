//! What documents state about themselves: the tags of a collection, the links of a document.

use std::collections::HashMap;

use quire_domain::link::link_key;
use quire_domain::{
    Backlink, CollectionName, Document, DocumentId, DocumentLinks, DocumentPath, DocumentRef,
    IngestTask, Link, LinkPaths, ResolvedLink, TagCount,
};

use super::Documents;
use crate::ServiceError;

impl Documents {
    /// Lists the tags of a collection with those above them, by name.
    pub async fn list_tags(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<TagCount>, ServiceError> {
        Ok(self.catalog.list_tags(collection).await?)
    }

    /// Finds where the links of a document lead, and which documents link to it.
    pub async fn get_links(&self, id: &DocumentId) -> Result<DocumentLinks, ServiceError> {
        let catalog = &self.catalog;
        let document = catalog.get_document(id).await?;
        let known = catalog.list_document_refs(&document.collection).await?;
        let known = KnownDocuments::new(&known);
        self.links_among(&document.collection, &known, (id, &document.path)).await
    }

    /// Finds the links of a document, and those to it, among the documents of its collection.
    async fn links_among(
        &self,
        collection: &CollectionName,
        known: &KnownDocuments<'_>,
        (id, path): (&DocumentId, &DocumentPath),
    ) -> Result<DocumentLinks, ServiceError> {
        let catalog = &self.catalog;
        let links = known.resolve(catalog.list_links(id).await?, path);
        let candidates = catalog.list_links_to(collection, &link_key(path.as_str())).await?;
        let backlinks = candidates.into_iter().filter(|from| {
            let target = known.paths.resolve(&from.link.target, from.document.path.as_str());
            target == Some(path.as_str()) && from.document.id != *id
        });
        let backlinks =
            backlinks.map(|from| Backlink { document: from.document, link: from.link }).collect();
        Ok(DocumentLinks { links, backlinks })
    }

    /// Gives a note and the documents that are linked with it, whichever way; `None` if no
    /// document has that path or, as links have it, that name.
    pub(crate) async fn documents_linked_with(
        &self,
        collection: &CollectionName,
        note: &str,
    ) -> Result<Option<Vec<DocumentId>>, ServiceError> {
        let known = self.catalog.list_document_refs(collection).await?;
        let known = KnownDocuments::new(&known);
        let path = known.paths.resolve(note, "").filter(|_| !note.trim().is_empty());
        let Some(document) = path.and_then(|path| known.by_path.get(path)) else {
            return Ok(None);
        };
        let DocumentLinks { links, backlinks } =
            self.links_among(collection, &known, (&document.id, &document.path)).await?;
        let targets = links.into_iter().filter_map(|link| link.document);
        let linked = targets.chain(backlinks.into_iter().map(|link| link.document));
        Ok(Some([document.id.clone()].into_iter().chain(linked.map(|one| one.id)).collect()))
    }

    /// Finds which other documents the links of a document lead to.
    pub(crate) async fn find_linked_documents(
        &self,
        document: &Document,
    ) -> Result<Vec<ResolvedLink>, ServiceError> {
        let links = self.catalog.list_links(&document.id).await?;
        if links.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.catalog.list_document_refs(&document.collection).await?;
        let mut links = KnownDocuments::new(&known).resolve(links, &document.path);
        links.retain(|link| link.document.as_ref().is_some_and(|to| to.id != document.id));
        Ok(links)
    }

    /// Has texts that an earlier parser made be made anew, in the background.
    pub(crate) async fn renew_texts(&self) -> Result<(), ServiceError> {
        let count = self.catalog.renew_texts().await?;
        if count > 0 {
            tracing::info!(document.count = count, "reading {count} documents anew");
            self.ingest.wake(IngestTask::Documents);
        }
        Ok(())
    }
}

/// The documents of a collection, so arranged that links find them.
struct KnownDocuments<'a> {
    by_path: HashMap<&'a str, &'a DocumentRef>,
    paths: LinkPaths<'a>,
}

impl<'a> KnownDocuments<'a> {
    fn new(documents: &'a [DocumentRef]) -> Self {
        let by_path: HashMap<&str, &DocumentRef> =
            documents.iter().map(|one| (one.path.as_str(), one)).collect();
        let paths = LinkPaths::new(by_path.keys().copied());
        Self { by_path, paths }
    }

    /// Finds where the links of the document at a path lead.
    fn resolve(&self, links: Vec<Link>, from: &DocumentPath) -> Vec<ResolvedLink> {
        let resolve = |link: Link| {
            let path = self.paths.resolve(&link.target, from.as_str());
            let document = path.and_then(|path| self.by_path.get(path)).map(|&one| one.clone());
            ResolvedLink { link, document }
        };
        links.into_iter().map(resolve).collect()
    }
}
