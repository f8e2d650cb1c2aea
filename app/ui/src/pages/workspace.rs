//! A collection's page: its documents, its conversations, and the place to ask.
//!
//! One page for `/c/:name`, `/c/:name/documents` and `/c/:name/chat/:id`: what runs, keeps running
//! while the address changes.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map};
use web_sys::DragEvent;

use crate::browser::dropped;
use crate::components::chat::Chat;
use crate::components::conversation_list::ConversationList;
use crate::components::document_reader::{DocumentReader, DocumentTarget};
use crate::components::document_table::DocumentTable;
use crate::components::ingest_progress::IngestProgress;
use crate::components::notice::Notice;
use crate::components::upload_area::UploadArea;
use crate::components::upload_list::UploadList;
use crate::components::workspace_state::{WorkspaceState, upload};
use crate::show;

/// Shows a collection.
#[component]
pub fn WorkspacePage() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.read().get("name").unwrap_or_default());
    let path = use_location().pathname;
    let in_documents = Memo::new(move |_| path.read().ends_with("/documents"));
    let state = WorkspaceState::new(name);
    provide_context(state);
    let dragging = RwSignal::new(false);
    let on_drop = move |event: DragEvent| {
        event.prevent_default();
        dragging.set(false);
        let entries = event.data_transfer().map(|data| dropped::entries(&data)).unwrap_or_default();
        leptos::task::spawn_local(async move {
            upload(state, dropped::from_entries(entries).await).await;
        });
    };
    let failure = move || {
        Suspend::new(async move {
            state.collection.await.err().map(|error| view! { <Notice message=error.message/> })
        })
    };
    view! {
        <Title text=move || name.get()/>
        <div
            class="workspace"
            class:dragging=dragging
            class:with-panel=move || state.panel.read().is_some()
            on:dragover=move |event: DragEvent| {
                event.prevent_default();
                dragging.set(true);
            }
            on:dragleave=move |event: DragEvent| {
                // Moving onto a child is no leaving.
                if event.related_target().is_none() {
                    dragging.set(false);
                }
            }
            on:drop=on_drop
        >
            <Sidebar in_documents/>
            <section class="workspace-main" aria-label=move || name.get()>
                <Transition>{failure}</Transition>
                <div class="documents-view" hidden=move || !in_documents.get()>
                    <div class="page-heading">
                        <h1>"Documents"</h1>
                    </div>
                    <UploadArea/>
                    <UploadList/>
                    <IngestProgress/>
                    <DocumentTable/>
                </div>
                <div class="chat-view" hidden=in_documents><Chat/></div>
            </section>
            <SidePanel/>
            <div class="drop-hint" aria-hidden="true">"Drop to add to " {name}</div>
        </div>
    }
    .into_any()
}

/// The way between a collection's views.
#[component]
fn Sidebar(
    /// Whether the documents are shown, and not the questions.
    in_documents: Memo<bool>,
) -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let base = move || format!("/c/{}", show::url_part(&state.name.read()));
    let ask = move || match state.conversation.get().filter(|_| in_documents.get()) {
        Some(id) => format!("{}/chat/{id}", base()),
        None => base(),
    };
    let current = move |here: bool| if here { "page" } else { "false" };
    let numbers = move || {
        state.counts().map(|counts| {
            let ready = show::count(counts.indexed, "document ready", "documents ready");
            let failed = (counts.failed > 0)
                .then(|| format!(" · {} not read", show::thousands(counts.failed)));
            view! { {ready} {failed} }
        })
    };
    view! {
        <aside class="sidebar">
            <div class="sidebar-heading">
                <a class="back" href="/">"← Collections"</a>
                <h2 class="collection-name">{state.name}</h2>
                <p class="muted small"><Transition>{numbers}</Transition></p>
            </div>
            <nav class="sidebar-nav" aria-label="Collection">
                <a href=ask aria-current=move || current(!in_documents.get())>"Ask"</a>
                <a href=move || format!("{}/documents", base()) aria-current=move || current(in_documents.get())>
                    "Documents"
                </a>
            </nav>
            <ConversationList/>
        </aside>
    }
    .into_any()
}

/// A document beside the answer.
#[component]
fn SidePanel() -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let on_turn = Callback::new(move |target: DocumentTarget| state.panel.set(Some(target)));
    let on_close = Callback::new(move |()| state.panel.set(None));
    let is_open = Memo::new(move |_| state.panel.read().is_some());
    view! {
        <Show when=move || is_open.get()>
            <aside
                class="side-panel"
                aria-label="Source"
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        on_close.run(());
                    }
                }
            >
                <DocumentReader target=state.panel on_turn on_close/>
            </aside>
        </Show>
    }
    .into_any()
}
