//! What the parts of a collection's page share: its data, its uploads, the opened source.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::AbortHandle;
use leptos::prelude::*;
use quire_domain::{Collection, CollectionCounts, Conversation, DocumentId, IngestEvent};

use super::document_reader::DocumentTarget;
use crate::UiError;
use crate::browser::dropped::Chosen;
use crate::browser::ingest_events;
use crate::browser::upload::{UploadStep, upload_all};
use crate::server_functions::collections::get_collection;
use crate::server_functions::conversations::list_conversations;
use crate::server_functions::documents::{DocumentFilter, ListedDocuments, list_documents};

/// How many documents are listed at first, and how many more each time.
pub(crate) const DOCUMENTS_AT_A_TIME: usize = 100;

/// Events come in bursts while a folder is read; the list is read anew at most this often.
const REFRESH_AFTER: Duration = Duration::from_millis(600);

/// What a file's upload has come to.
#[derive(Clone, Debug)]
pub(crate) struct UploadItem {
    /// Its path in the collection.
    pub(crate) path: String,
    /// Its size.
    pub(crate) size_bytes: f64,
    /// How far it is.
    pub(crate) step: UploadStep,
}

/// The state of a collection's page.
#[derive(Clone, Copy)]
pub(crate) struct WorkspaceState {
    /// The collection's name.
    pub(crate) name: Memo<String>,
    /// The collection.
    pub(crate) collection: Resource<Result<Collection, UiError>>,
    /// Newer counts than the collection's, as events tell them.
    pub(crate) newer_counts: RwSignal<Option<CollectionCounts>>,
    /// Which documents are listed.
    pub(crate) filter: RwSignal<DocumentFilter>,
    /// The listed documents.
    pub(crate) documents: Resource<Result<ListedDocuments, UiError>>,
    /// Chunks embedded so far and in all, of documents on their way.
    pub(crate) embedding: RwSignal<HashMap<DocumentId, (u32, u32)>>,
    /// The conversations, newest first.
    pub(crate) conversations: Resource<Result<Vec<Conversation>, UiError>>,
    /// What this page has uploaded and is uploading.
    pub(crate) uploads: RwSignal<Vec<UploadItem>>,
    /// How many hidden files the last choice left out.
    pub(crate) hidden_files: RwSignal<usize>,
    /// The source that is open beside the answer.
    pub(crate) panel: RwSignal<Option<DocumentTarget>>,
    /// The conversation that is open or going on.
    pub(crate) conversation: RwSignal<Option<String>>,
    refresh_pending: RwSignal<bool>,
}

impl WorkspaceState {
    /// Makes the state of a collection's page, and listens to its progress in the browser.
    pub(crate) fn new(name: Memo<String>) -> Self {
        let filter = RwSignal::new(DocumentFilter {
            limit: DOCUMENTS_AT_A_TIME,
            ..DocumentFilter::default()
        });
        let state = Self {
            name,
            collection: Resource::new(move || name.get(), get_collection),
            newer_counts: RwSignal::new(None),
            filter,
            documents: Resource::new(
                move || (name.get(), filter.get()),
                |(name, filter)| list_documents(name, filter),
            ),
            embedding: RwSignal::new(HashMap::new()),
            conversations: Resource::new(move || name.get(), list_conversations),
            uploads: RwSignal::new(Vec::new()),
            hidden_files: RwSignal::new(0),
            panel: RwSignal::new(None),
            conversation: RwSignal::new(None),
            refresh_pending: RwSignal::new(false),
        };
        Effect::new(move |previous: Option<Option<AbortHandle>>| {
            if let Some(listening) = previous.flatten() {
                listening.abort();
            }
            state.newer_counts.set(None);
            let listening = ingest_events::listen(&name.read(), move |event| state.take(event));
            on_cleanup({
                let listening = listening.clone();
                move || listening.abort()
            });
            Some(listening)
        });
        state
    }

    /// Counts the documents, as newly as is known.
    pub(crate) fn counts(&self) -> Option<CollectionCounts> {
        let newer = self.newer_counts.get();
        let loaded = self.collection.get().and_then(Result::ok).map(|collection| collection.counts);
        newer.or(loaded)
    }

    /// Reads the list of documents and the counts anew, soon.
    pub(crate) fn refresh(self) {
        if self.refresh_pending.get_untracked() {
            return;
        }
        self.refresh_pending.set(true);
        set_timeout(
            move || {
                // The page may have been left meanwhile.
                if self.refresh_pending.try_set(false).is_none() {
                    self.documents.refetch();
                    self.collection.refetch();
                }
            },
            REFRESH_AFTER,
        );
    }

    fn take(self, event: IngestEvent) {
        match event {
            IngestEvent::Document { document, counts } => {
                if document.status.is_final() {
                    self.embedding.update(|embedding| {
                        embedding.remove(&document.id);
                    });
                }
                self.newer_counts.set(Some(counts));
                self.refresh();
            }
            IngestEvent::Deleted { counts, .. } => {
                self.newer_counts.set(Some(counts));
                self.refresh();
            }
            IngestEvent::Embedding { document_id, done, total, .. } => {
                self.embedding.update(|embedding| {
                    embedding.insert(document_id, (done, total));
                });
            }
        }
    }
}

/// Uploads chosen files into the collection, and keeps an account of each.
pub(crate) async fn upload(state: WorkspaceState, chosen: Chosen) {
    state.hidden_files.set(chosen.hidden);
    let first = state.uploads.read_untracked().len();
    state.uploads.update(|uploads| {
        uploads.extend(chosen.files.iter().map(|file| UploadItem {
            path: file.path.clone(),
            size_bytes: file.file.size(),
            step: UploadStep::Sent(0.0),
        }));
    });
    let files =
        chosen.files.into_iter().enumerate().map(|(index, file)| (first + index, file)).collect();
    let name = state.name.get_untracked();
    upload_all(&name, files, move |number, step| {
        if step == UploadStep::Accepted {
            state.refresh();
        }
        // The page may have been left meanwhile; the upload goes on without its account.
        state.uploads.try_update(|uploads| {
            if let Some(item) = uploads.get_mut(number) {
                item.step = step;
            }
        });
    })
    .await;
}
