//! What the parts of a collection's page share: its data, its uploads, the opened source.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::AbortHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use quire_domain::{
    Collection, CollectionCounts, Conversation, DocumentId, DocumentTarget, IngestEvent, url_part,
};

use super::renames::Renames;
use super::workspace_view::WorkspaceView;
use crate::UiError;
use crate::browser::dropped::Chosen;
use crate::browser::ingest_events::{self, Heard};
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
    /// Which view of it is shown.
    pub(crate) view: Memo<WorkspaceView>,
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
    /// The names that collections had while this page was open, and what they are called now.
    renames: StoredValue<Renames>,
    /// Runs with the collection's new name, when it was renamed here or elsewhere.
    on_rename: Callback<String>,
    /// Leads to the list of documents.
    show_documents: Callback<()>,
    refresh_pending: RwSignal<bool>,
}

impl WorkspaceState {
    /// Makes the state of a collection's page, and listens to its progress in the browser.
    pub(crate) fn new(name: Memo<String>) -> Self {
        let filter = RwSignal::new(DocumentFilter {
            limit: DOCUMENTS_AT_A_TIME,
            ..DocumentFilter::default()
        });
        let path = use_location().pathname;
        let state = Self {
            name,
            view: Memo::new(move |_| WorkspaceView::of_path(&path.read())),
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
            renames: StoredValue::new(Renames::default()),
            on_rename: follow_name(),
            show_documents: lead_to_documents(name),
            refresh_pending: RwSignal::new(false),
        };
        Effect::new(move |previous: Option<Option<AbortHandle>>| {
            if let Some(listening) = previous.flatten() {
                listening.abort();
            }
            state.newer_counts.set(None);
            let listening = ingest_events::listen(&name.read(), move |heard| state.take(heard));
            on_cleanup({
                let listening = listening.clone();
                move || listening.abort()
            });
            Some(listening)
        });
        state
    }

    /// Counts the documents, as newly as is known; `None` until they are loaded.
    pub(crate) fn counts(&self) -> Option<CollectionCounts> {
        let newer = self.newer_counts.get();
        let loaded = self.collection.get().and_then(Result::ok).map(|collection| collection.counts);
        newer.or(loaded)
    }

    /// Reads the list of documents and the counts anew.
    pub(crate) fn refetch(self) {
        self.documents.refetch();
        self.collection.refetch();
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
                    self.refetch();
                }
            },
            REFRESH_AFTER,
        );
    }

    fn take(self, heard: Heard) {
        let event = match heard {
            Heard::Event(event) => event,
            Heard::Snapshot(collection) => {
                // What was loaded with the page may be older, and so may the list.
                if untrack(|| self.counts()) != Some(collection.counts) {
                    self.newer_counts.set(Some(collection.counts));
                    self.refresh();
                }
                return;
            }
        };
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
            IngestEvent::Renamed { collection, name } => {
                self.renames
                    .update_value(|renames| renames.add(collection.as_str(), name.as_str()));
                self.on_rename.run(name.to_string());
            }
            // The list shows that documents wait; what for is told by `/api/health/index`.
            IngestEvent::Paused { .. } => {}
            IngestEvent::Index { .. } => self.refresh(),
        }
    }
}

/// Makes what gives the page the address of its renamed collection, in place of the old one.
fn follow_name() -> Callback<String> {
    let (navigate, path) = (use_navigate(), use_location().pathname);
    Callback::new(move |name: String| {
        let view = path.with_untracked(|path| {
            let view = path.trim_start_matches("/c/").split_once('/');
            view.map(|(_, view)| format!("/{view}")).unwrap_or_default()
        });
        let url = format!("/c/{}{view}", url_part(&name));
        let options =
            NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&url, options);
    })
}

fn lead_to_documents(name: Memo<String>) -> Callback<()> {
    let (navigate, path) = (use_navigate(), use_location().pathname);
    Callback::new(move |()| {
        if WorkspaceView::of_path(&path.read_untracked()) != WorkspaceView::Documents {
            let url = format!("/c/{}/documents", url_part(&name.read_untracked()));
            navigate(&url, NavigateOptions::default());
        }
    })
}

/// Uploads chosen files into the collection, and keeps an account of each. The list of documents,
/// where that account stands, is shown at once.
pub(crate) fn upload(state: WorkspaceState, chosen: impl Future<Output = Chosen> + 'static) {
    state.show_documents.run(());
    spawn_local(async move { upload_chosen(state, chosen.await).await });
}

async fn upload_chosen(state: WorkspaceState, chosen: Chosen) {
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
    // Files that wait go to the collection that they were dropped on, whatever it is called then and
    // whichever is shown. Once the page is left nobody listens to renames.
    let name = state.name.get_untracked();
    let collection = move || {
        let followed = state.renames.try_with_value(|renames| renames.follow(&name));
        followed.unwrap_or_else(|| name.clone())
    };
    upload_all(collection, files, move |number, step| {
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
