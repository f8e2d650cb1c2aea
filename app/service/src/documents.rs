//! Documents: adding, listing, reading, deleting.

mod links;
mod opened;
mod places;
mod report;
mod scope;

use std::path::PathBuf;
use std::sync::Arc;

use quire_catalog::{
    CollectionRecords, DocumentFilter, DocumentLedger, MetadataRecords, NewVersion, TextKey,
    TextRecords,
};
use quire_domain::display::Node;
use quire_domain::{
    Block, CollectionName, Document, DocumentDetails, DocumentId, DocumentPath, DocumentStatus,
    Format, IngestTask, LeftOut, PageText, ParsedDocument,
};
use quire_ingest::PageToShow;
use serde::{Deserialize, Serialize};

pub use opened::OpenedDocument;

use crate::ServiceError;
use crate::data_folder::DataFolder;
use crate::ingest::Ingest;
use crate::uploads::Upload;

/// Which documents to list.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct DocumentQuery {
    /// Only those in this state.
    #[serde(default)]
    pub status: Option<DocumentStatus>,
    /// Only those whose path starts so.
    #[serde(default)]
    pub prefix: Option<String>,
    /// At most this many; default 100, at most 1,000.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Where the page before ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Some documents, by path.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct DocumentPage {
    /// The documents.
    pub documents: Vec<Document>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// The stored text of a page, or of a document without pages.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct StoredText {
    /// The page, from 1.
    pub page: Option<u32>,
    /// Its text.
    pub text: String,
}

/// A document's page with its structure, for showing it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct DocumentView {
    /// The document.
    pub document: Document,
    /// The page's text and where its lines lie.
    pub page: PageText,
    /// The blocks of this page.
    pub blocks: Vec<Block>,
    /// The format it was read as.
    pub format: Format,
    /// What was left out of the document's text.
    pub left_out: Vec<LeftOut>,
}

/// A document's page as it is shown.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct DisplayedPage {
    /// The page.
    pub view: DocumentView,
    /// Its text as a tree.
    pub content: Vec<Node>,
}

/// An original on disk.
#[derive(Clone, Debug)]
pub struct OriginalFile {
    /// The document.
    pub document: Document,
    /// The file.
    pub path: PathBuf,
}

/// What documents need of the catalog.
pub(crate) trait DocumentCatalog:
    CollectionRecords + DocumentLedger + TextRecords + MetadataRecords
{
}

impl<T: CollectionRecords + DocumentLedger + TextRecords + MetadataRecords> DocumentCatalog for T {}

/// The part of the services that keeps documents, shows them, and finds them by what is known of them.
pub struct Documents {
    pub(crate) catalog: Arc<dyn DocumentCatalog>,
    /// Where originals lie.
    pub(crate) folder: Arc<DataFolder>,
    /// Told of every document that came or went.
    pub(crate) ingest: Arc<Ingest>,
}

impl Documents {
    /// Makes a finished upload the document at `path`, or its new content.
    ///
    /// The same bytes at the same path change nothing. Returns before it is indexed.
    pub async fn add(
        &self,
        collection: &CollectionName,
        path: DocumentPath,
        upload: Upload,
    ) -> Result<Document, ServiceError> {
        let version = NewVersion {
            collection: collection.clone(),
            path,
            sha256: upload.sha256().clone(),
            size_bytes: upload.size_bytes(),
        };
        // The catalog is asked first, so that an unknown collection leaves no original behind.
        self.catalog.get_collection(collection).await?;
        let accepted = {
            let _writing = self.ingest.content_writes.lock().await;
            upload.keep(&self.folder.original(&version.sha256)).await?;
            self.catalog.accept(version).await?
        };
        self.ingest.supersede(accepted.replaced);
        if accepted.changed {
            self.ingest.announce(&accepted.document).await?;
            self.ingest.wake(IngestTask::Documents);
        }
        Ok(accepted.document)
    }

    /// Lists documents by path, a page at a time.
    pub async fn list(
        &self,
        collection: &CollectionName,
        query: DocumentQuery,
    ) -> Result<DocumentPage, ServiceError> {
        let limit = query.limit.unwrap_or(100).clamp(1, 1000);
        let filter = DocumentFilter {
            status: query.status,
            prefix: query.prefix,
            limit: limit + 1,
            after: query.cursor,
        };
        let mut documents = self.catalog.list_documents(collection, filter).await?;
        let more = documents.len() > limit;
        documents.truncate(limit);
        let last = documents.last().map(|document| document.path.to_string());
        Ok(DocumentPage { documents, next: last.filter(|_| more) })
    }

    /// Gets a document.
    pub async fn get(&self, id: &DocumentId) -> Result<Document, ServiceError> {
        Ok(self.catalog.get_document(id).await?)
    }

    /// Gets a document with what reading it left out of its text.
    pub async fn get_details(&self, id: &DocumentId) -> Result<DocumentDetails, ServiceError> {
        let document = self.catalog.get_document(id).await?;
        let (_, key) = self.stored_text_of(id).await?;
        let left_out = self.catalog.find_left_out(&key).await?;
        Ok(DocumentDetails { document, left_out })
    }

    /// Finds the document at a path.
    pub async fn find(
        &self,
        collection: &CollectionName,
        path: &DocumentPath,
    ) -> Result<Option<Document>, ServiceError> {
        Ok(self.catalog.find_document(collection, path).await?)
    }

    /// Deletes a document: no search that starts afterwards finds it.
    pub async fn delete(&self, id: &DocumentId) -> Result<(), ServiceError> {
        let document = self.catalog.delete_document(id).await?;
        self.ingest.finish_deletion(vec![document]).await?;
        tracing::info!(document.id = %id, "deleted document {id}");
        Ok(())
    }

    /// Has a document read again from its original: one that failed, or one with pages that can be read now that a
    /// model is installed.
    pub async fn retry(&self, id: &DocumentId) -> Result<Document, ServiceError> {
        let document = self.catalog.read_again(id).await?;
        self.ingest.announce(&document).await?;
        self.ingest.wake(IngestTask::Documents);
        Ok(document)
    }

    /// Opens the original.
    pub async fn get_original(&self, id: &DocumentId) -> Result<OriginalFile, ServiceError> {
        let document = self.catalog.get_document(id).await?;
        let path = self.folder.original(&document.sha256);
        Ok(OriginalFile { document, path })
    }

    /// Reads the stored text of a page; `page` must be given exactly if there are pages.
    pub async fn get_text(
        &self,
        id: &DocumentId,
        page: Option<u32>,
    ) -> Result<StoredText, ServiceError> {
        let (document, key) = self.stored_text_of(id).await?;
        let index = match (document.pages, page) {
            (Some(pages), None) => {
                return Err(ServiceError::PageNeeded { document: id.clone(), pages });
            }
            (None, None) => 0,
            (pages, Some(page)) => page_index(&document, page, pages.unwrap_or(0))?,
        };
        let text = self.catalog.find_page(&key, index).await?;
        let text = text.ok_or_else(|| no_text(&document))?;
        Ok(StoredText { page: text.number, text: text.text })
    }

    /// Reads all the stored text, a page at a time; without pages it is one.
    pub async fn list_texts(&self, id: &DocumentId) -> Result<Vec<StoredText>, ServiceError> {
        let (document, key) = self.stored_text_of(id).await?;
        let parsed = self.catalog.find_text(&key).await?.ok_or_else(|| no_text(&document))?;
        let text = |page: PageText| StoredText { page: page.number, text: page.text };
        Ok(parsed.pages.into_iter().map(text).collect())
    }

    /// Reads a page with its blocks and boxes; `None` is the first page.
    pub async fn get_view(
        &self,
        id: &DocumentId,
        page: Option<u32>,
    ) -> Result<DocumentView, ServiceError> {
        let (document, key) = self.stored_text_of(id).await?;
        let index = match (document.pages, page) {
            (Some(pages), Some(page)) => page_index(&document, page, pages)?,
            _ => 0,
        };
        let parsed = self.catalog.find_text(&key).await?;
        let parsed = parsed.ok_or_else(|| no_text(&document))?;
        view_of(document, parsed, index)
    }

    /// Makes what is shown of a page, with links to the documents that it names.
    async fn display(&self, view: DocumentView) -> Result<DisplayedPage, ServiceError> {
        let links = self.find_linked_documents(&view.document).await?;
        let display = move || {
            let DocumentView { format, page, blocks, .. } = &view;
            let page = PageToShow { format: *format, text: &page.text, blocks, links: &links };
            let content = quire_ingest::display(&page);
            DisplayedPage { view, content }
        };
        tokio::task::spawn_blocking(display)
            .await
            .map_err(|_| ServiceError::TaskStopped { task: "preparing a page to be shown" })
    }

    /// Gets a document and the key of the text that searches quote, or else of its latest text.
    async fn stored_text_of(&self, id: &DocumentId) -> Result<(Document, TextKey), ServiceError> {
        if let Some(indexed) = self.catalog.find_indexed(id).await? {
            return Ok((indexed.document, indexed.text_key));
        }
        let document = self.catalog.get_document(id).await?;
        let key = TextKey::new(&document.sha256, &document.path);
        Ok((document, key))
    }
}

/// Takes a page out of a document's text.
fn view_of(
    document: Document,
    mut parsed: ParsedDocument,
    index: usize,
) -> Result<DocumentView, ServiceError> {
    if index >= parsed.pages.len() {
        return Err(no_text(&document));
    }
    let page = parsed.pages.swap_remove(index);
    parsed.blocks.retain(|block| block.page_index == index);
    let ParsedDocument { blocks, format, left_out, .. } = parsed;
    Ok(DocumentView { document, page, blocks, format, left_out })
}

fn page_index(document: &Document, page: u32, pages: u32) -> Result<usize, ServiceError> {
    if page == 0 || page > pages {
        return Err(ServiceError::NoSuchPage { document: document.id.clone(), page, pages });
    }
    Ok(page as usize - 1)
}

fn no_text(document: &Document) -> ServiceError {
    ServiceError::NoText { document: document.id.clone(), status: document.status.as_str() }
}
