//! Documents, for the page. Uploads go to `/api`, which takes files.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
#[cfg(feature = "ssr")]
use quire_domain::ErrorKind;
use quire_domain::display::Node;
use quire_domain::link::VaultFile;
use quire_domain::{Block, Document, DocumentTarget, ParseReport, Places, Span, TagCount};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::service::services;
use crate::UiError;

/// Which documents to list.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct DocumentFilter {
    /// Only those in this state; empty for all.
    pub status: String,
    /// Only those whose path starts so.
    pub prefix: String,
    /// At most this many.
    pub limit: usize,
}

/// Some documents, by path.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ListedDocuments {
    /// The documents.
    pub documents: Vec<Document>,
    /// Whether there are more.
    pub more: bool,
}

/// A document's page as it is shown.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct DocumentView {
    /// The document.
    pub document: Document,
    /// The page, from 1, for formats with pages.
    pub page: Option<u32>,
    /// The page's text.
    pub content: Vec<Node>,
    /// The blocks of this page.
    pub blocks: Vec<Block>,
    /// The file of a vault that it is.
    pub vault_file: Option<VaultFile>,
    /// How it was read; its structure is left out.
    pub report: ParseReport,
    /// Where the words that the link points to stand on this page; none if they are gone.
    pub quote: Option<Span>,
    /// Whether the document has changed since the link was made.
    pub has_changed: bool,
}

/// Lists the documents of a collection.
#[server(prefix = "/ui", endpoint = "list_documents", input = Json)]
pub async fn list_documents(
    /// The collection's name.
    collection: String,
    /// Which ones.
    filter: DocumentFilter,
) -> Result<ListedDocuments, UiError> {
    let query = quire_service::DocumentQuery {
        status: if filter.status.is_empty() { None } else { Some(filter.status.parse()?) },
        prefix: if filter.prefix.is_empty() { None } else { Some(filter.prefix) },
        limit: Some(filter.limit),
        cursor: None,
    };
    let found = services()?.documents.list(&collection.parse()?, query).await?;
    Ok(ListedDocuments { documents: found.documents, more: found.next.is_some() })
}

/// Finds the folders and documents whose names hold some words.
#[server(prefix = "/ui", endpoint = "find_places", input = Json)]
pub async fn find_places(
    /// The collection's name.
    collection: String,
    /// The words; none finds all.
    words: String,
) -> Result<Places, UiError> {
    Ok(services()?.documents.find_places(&collection.parse()?, &words).await?)
}

/// Lists the tags of a collection, the most used first.
#[server(prefix = "/ui", endpoint = "list_tags", input = Json)]
pub async fn list_tags(
    /// The collection's name.
    collection: String,
) -> Result<Vec<TagCount>, UiError> {
    let mut tags = services()?.documents.list_tags(&collection.parse()?).await?;
    tags.sort_by(|a, b| b.documents.cmp(&a.documents).then_with(|| a.tag.cmp(&b.tag)));
    Ok(tags)
}

/// Reads the page that a link points to as it is shown, and finds the words there.
#[server(prefix = "/ui", endpoint = "open_document", input = Json)]
pub async fn open_document(
    /// What the link points to.
    target: DocumentTarget,
) -> Result<DocumentView, UiError> {
    let services = services()?;
    let opened = services.documents.open(&target).await.map_err(|error| match error {
        // It is there, but cannot be read (yet): not what "not found" means to the page.
        quire_service::ServiceError::NoText { .. } => {
            UiError { kind: ErrorKind::Conflict, message: error.to_string() }
        }
        error => error.into(),
    })?;
    let quire_service::DisplayedPage { view, content } = opened.page;
    let vault_file = services.sources.find_vault_file(&view.document.id).await?;
    let report = services.documents.get_report(&view.document.id).await?;
    let report = ParseReport { blocks: Vec::new(), ..report };
    Ok(DocumentView {
        document: view.document,
        page: view.page.number,
        content,
        blocks: view.blocks,
        vault_file,
        report,
        quote: opened.quote,
        has_changed: opened.has_changed,
    })
}

/// Queues a failed document anew.
#[server(prefix = "/ui", endpoint = "retry_document", input = Json)]
pub async fn retry_document(
    /// Its identifier.
    id: String,
) -> Result<Document, UiError> {
    Ok(services()?.documents.retry(&id.parse()?).await?)
}

/// Deletes a document.
#[server(prefix = "/ui", endpoint = "delete_document", input = Json)]
pub async fn delete_document(
    /// Its identifier.
    id: String,
) -> Result<(), UiError> {
    Ok(services()?.documents.delete(&id.parse()?).await?)
}
