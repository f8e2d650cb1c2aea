//! A collection's page: its documents, its conversations, the place to ask, its sources, its
//! evaluation, and its settings.
//!
//! One page for `/c/:name`, `/c/:name/documents`, `/c/:name/sources`, `/c/:name/evaluation`,
//! `/c/:name/settings` and `/c/:name/chat/:id`: what runs, keeps running while the address changes.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Outlet;
use leptos_router::hooks::{use_location, use_params_map};
use quire_domain::{DocumentTarget, ErrorKind, url_part};
use web_sys::DragEvent;

use crate::browser::{dropped, focus};
use crate::components::chat::Chat;
use crate::components::collection_settings::CollectionSettings;
use crate::components::conversation_list::ConversationList;
use crate::components::document_reader::DocumentReader;
use crate::components::document_table::DocumentTable;
use crate::components::evaluation::EvaluationView;
use crate::components::ingest_progress::IngestProgress;
use crate::components::missing::Missing;
use crate::components::notice::Notice;
use crate::components::sources::SourcesView;
use crate::components::upload_area::UploadArea;
use crate::components::upload_list::UploadList;
use crate::components::workspace_state::{WorkspaceState, upload};
use crate::components::workspace_view::WorkspaceView;
use crate::show;

/// Shows a collection.
#[component]
pub fn WorkspacePage() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.read().get("name").unwrap_or_default());
    let path = use_location().pathname;
    let state = WorkspaceState::new(name);
    provide_context(state);
    let is_view = move |view| state.view.get() == view;
    // What it shows is loaded when it is first wanted, and a run goes on behind another view.
    let evaluates =
        Memo::new(move |before| before == Some(&true) || is_view(WorkspaceView::Evaluation));
    let has_sources =
        Memo::new(move |before| before == Some(&true) || is_view(WorkspaceView::Sources));
    let has_settings =
        Memo::new(move |before| before == Some(&true) || is_view(WorkspaceView::Settings));
    let dragging = RwSignal::new(false);
    let on_drop = move |event: DragEvent| {
        dragging.set(false);
        if carries_files(&event) {
            event.prevent_default();
            let dropped = event.data_transfer().map(|data| dropped::take(&data));
            upload(state, dropped::from_dropped(dropped.unwrap_or_default()));
        }
    };
    // A source belongs to the answer beside it.
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path) {
            state.panel.set(None);
        }
        path
    });
    let failure = move || {
        Suspend::new(async move {
            let error = state.collection.await.err()?;
            if error.kind == ErrorKind::NotFound {
                let text = "It may have been renamed or deleted.";
                return Some(
                    view! { <Missing title="There is no such collection" text/> }.into_any(),
                );
            }
            Some(view! { <Notice message=error.message/> }.into_any())
        })
    };
    view! {
        <Title text=move || name.get()/>
        <div
            class="workspace"
            class:dragging=dragging
            class:with-panel=move || state.panel.read().is_some()
            on:dragover=move |event: DragEvent| {
                if carries_files(&event) {
                    event.prevent_default();
                    dragging.set(true);
                }
            }
            on:dragleave=move |event: DragEvent| {
                // Moving onto a child is no leaving.
                if event.related_target().is_none() {
                    dragging.set(false);
                }
            }
            on:drop=on_drop
        >
            <Sidebar/>
            <section class="workspace-main" aria-label=move || name.get()>
                <Transition>{failure}</Transition>
                <div class="documents-view" hidden=move || !is_view(WorkspaceView::Documents)>
                    <div class="page-heading">
                        <h1>"Documents"</h1>
                    </div>
                    <UploadArea/>
                    <UploadList/>
                    <IngestProgress/>
                    <DocumentTable/>
                </div>
                <div class="sources-view" hidden=move || !is_view(WorkspaceView::Sources)>
                    <Show when=move || has_sources.get()><SourcesView/></Show>
                </div>
                <div class="evaluation-view" hidden=move || !is_view(WorkspaceView::Evaluation)>
                    <Show when=move || evaluates.get()><EvaluationView/></Show>
                </div>
                <div class="settings-view" hidden=move || !is_view(WorkspaceView::Settings)>
                    <Show when=move || has_settings.get()><CollectionSettings/></Show>
                </div>
                <div class="chat-view" hidden=move || !is_view(WorkspaceView::Ask)><Chat/></div>
            </section>
            <SidePanel/>
            // Empty, but without it the router waits for the views below and keeps the old address.
            <Outlet/>
            <div class="drop-hint" aria-hidden="true">"Drop to add to " {name}</div>
        </div>
    }
    .into_any()
}

fn carries_files(event: &DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| dropped::has_files(&data))
}

/// The way between a collection's views.
#[component]
fn Sidebar() -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let base = move || format!("/c/{}", url_part(&state.name.read()));
    let ask = move || {
        let elsewhere = state.view.get() != WorkspaceView::Ask;
        match state.conversation.get().filter(|_| elsewhere) {
            Some(id) => format!("{}/chat/{id}", base()),
            None => base(),
        }
    };
    let current = move |view| if state.view.get() == view { "page" } else { "false" };
    let numbers = move || {
        state.counts().map(|counts| {
            let ready = show::count(counts.indexed, "document ready", "documents ready");
            let failed = (counts.failed > 0)
                .then(|| view! { ", " <span class="unbroken">{show::thousands(counts.failed)} " not read"</span> });
            view! { <span class="unbroken">{ready}</span> {failed} }
        })
    };
    let to_do = move || {
        let collection = state.collection.get().and_then(Result::ok)?;
        let waits = collection.next_index.is_some() || !collection.warnings.is_empty();
        waits.then(|| view! { <span class="dot" title="Something to look at"></span> })
    };
    view! {
        <aside class="sidebar">
            <div class="sidebar-heading">
                <a class="back" href="/">"← Collections"</a>
                <h2 class="collection-name">{state.name}</h2>
                <p class="muted small"><Transition>{numbers}</Transition></p>
            </div>
            <nav class="sidebar-nav" aria-label="Collection">
                <a href=ask aria-current=move || current(WorkspaceView::Ask)>"Ask"</a>
                <a href=move || format!("{}/documents", base()) aria-current=move || current(WorkspaceView::Documents)>
                    "Documents"
                </a>
                <a
                    class="aside"
                    href=move || format!("{}/sources", base())
                    aria-current=move || current(WorkspaceView::Sources)
                >
                    "Sources"
                </a>
                <a
                    class="aside"
                    href=move || format!("{}/evaluation", base())
                    aria-current=move || current(WorkspaceView::Evaluation)
                >
                    "Evaluation"
                </a>
                <a
                    class="aside"
                    href=move || format!("{}/settings", base())
                    aria-current=move || current(WorkspaceView::Settings)
                >
                    "Settings" <Transition>{to_do}</Transition>
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
    let on_close = Callback::new(move |()| {
        state.panel.set(None);
        focus::give_back();
    });
    view! {
        <aside
            class="side-panel"
            aria-label="Source"
            hidden=move || state.panel.read().is_none()
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    on_close.run(());
                }
            }
        >
            <DocumentReader target=state.panel on_turn on_close/>
        </aside>
    }
    .into_any()
}
