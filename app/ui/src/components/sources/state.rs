//! What the parts of the sources share: the list, the dialogs, and what became of the last deed.

use std::collections::HashSet;

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use quire_domain::sync::{PairingCode, SourceStatus};

use crate::UiError;
use crate::browser::dialog;
use crate::components::attempt::attempt;
use crate::components::workspace_state::WorkspaceState;
use crate::components::workspace_view::WorkspaceView;
use crate::server_functions::sources::{
    KeyOfSource, ListedSource, create_pairing_code, list_source_keys, list_sources,
};

/// The state of a collection's sources.
#[derive(Clone, Copy)]
pub(crate) struct SourcesState {
    /// The collection's name.
    pub(crate) name: Memo<String>,
    /// The sources.
    pub(crate) sources: Resource<Result<Vec<ListedSource>, UiError>>,
    /// The keys of all sources; none if the page is open on another machine, which may not see
    /// them.
    pub(crate) keys: RwSignal<Vec<KeyOfSource>>,
    /// Which details are open; the list is drawn anew whenever a file comes further.
    pub(crate) open: RwSignal<HashSet<String>>,
    /// Why the last deed was refused.
    pub(crate) error: RwSignal<Option<String>>,
    /// What the last deed came to.
    pub(crate) news: RwSignal<String>,
    /// The dialog that shows a pairing code.
    pub(crate) pair_dialog: NodeRef<Dialog>,
    /// The code.
    pub(crate) code: RwSignal<Option<PairingCode>>,
    /// The source that the code is for; a new one if absent.
    code_source: RwSignal<Option<String>>,
    /// The dialog that revokes a key.
    pub(crate) revoke_dialog: NodeRef<Dialog>,
    /// The key that it is about.
    pub(crate) to_revoke: RwSignal<Option<KeyOfSource>>,
    /// Why it was not revoked.
    pub(crate) revoke_error: RwSignal<Option<String>>,
    /// The dialog that removes a source.
    pub(crate) remove_dialog: NodeRef<Dialog>,
    /// The source that it is about.
    pub(crate) to_remove: RwSignal<Option<SourceStatus>>,
    /// Why it was not removed.
    pub(crate) remove_error: RwSignal<Option<String>>,
}

impl SourcesState {
    /// Makes the state of a collection's sources.
    pub(crate) fn new(workspace: WorkspaceState) -> Self {
        let name = workspace.name;
        let sources = Resource::new(move || name.get(), list_sources);
        // The collection is loaded anew, not too often, while documents come further. Its counts may
        // be the same again by then, but what is listed here was read in between.
        Effect::new(move |before: Option<()>| {
            workspace.collection.track();
            if before.is_some() {
                sources.refetch();
            }
        });
        // What was paused or paired elsewhere is seen when the view is opened again.
        Effect::new(move |before: Option<WorkspaceView>| {
            let view = workspace.view.get();
            if before.is_some_and(|before| before != view) && view == WorkspaceView::Sources {
                sources.refetch();
            }
            view
        });
        let keys = RwSignal::new(Vec::new());
        Effect::new(move || {
            sources.track();
            let collection = name.get();
            spawn_local(async move {
                let listed = list_source_keys(collection).await.unwrap_or_default();
                // The view may be gone by now.
                keys.try_set(listed);
            });
        });
        Self {
            name,
            sources,
            keys,
            open: RwSignal::new(HashSet::new()),
            error: RwSignal::new(None),
            news: RwSignal::new(String::new()),
            pair_dialog: NodeRef::new(),
            code: RwSignal::new(None),
            code_source: RwSignal::new(None),
            revoke_dialog: NodeRef::new(),
            to_revoke: RwSignal::new(None),
            revoke_error: RwSignal::new(None),
            remove_dialog: NodeRef::new(),
            to_remove: RwSignal::new(None),
            remove_error: RwSignal::new(None),
        }
    }

    /// Runs a deed, says what it came to, and reads the list anew.
    pub(crate) fn change<T: 'static>(
        self,
        call: impl Future<Output = Result<T, UiError>> + 'static,
        says: impl FnOnce(T) -> String + 'static,
    ) {
        self.news.set(String::new());
        attempt(call, self.error, move |done| {
            self.news.set(says(done));
            self.sources.refetch();
        });
    }

    /// Gets a code for a device, for a new source or for this one, and shows it.
    pub(crate) fn pair(self, source: Option<String>) {
        self.code_source.set(source);
        self.renew_code();
    }

    /// Gets another code for the same.
    pub(crate) fn renew_code(self) {
        self.code.set(None);
        let source = self.code_source.get_untracked();
        let call = create_pairing_code(self.name.get_untracked(), source);
        attempt(call, self.error, move |code| {
            self.code.set(Some(code));
            dialog::open(self.pair_dialog);
        });
    }

    /// Asks whether to revoke a key.
    pub(crate) fn ask_to_revoke(self, key: KeyOfSource) {
        self.revoke_error.set(None);
        self.to_revoke.set(Some(key));
        dialog::open(self.revoke_dialog);
    }

    /// Asks whether to remove a source.
    pub(crate) fn ask_to_remove(self, source: SourceStatus) {
        self.remove_error.set(None);
        self.to_remove.set(Some(source));
        dialog::open(self.remove_dialog);
    }
}
