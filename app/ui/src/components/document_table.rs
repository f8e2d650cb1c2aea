//! The documents of a collection, with what became of each.

use leptos::html::Dialog;
use leptos::prelude::*;
use quire_domain::Document;

use super::attempt::attempt;
use super::confirm_dialog::ConfirmDialog;
use super::document_row::DocumentRow;
use super::notice::Notice;
use super::workspace_state::{DOCUMENTS_AT_A_TIME, WorkspaceState};
use crate::browser::{dialog, focus};
use crate::server_functions::documents::{DocumentFilter, delete_document};

/// The states one can choose, and their words.
const STATES: [(&str, &str); 7] = [
    ("", "All"),
    ("indexed", "Ready"),
    ("accepted", "Waiting"),
    ("parsed", "Reading"),
    ("embedded", "Indexing"),
    ("failed", "Could not be read"),
    ("unsupported", "Not supported"),
];

/// Lists the documents that the filter lets through.
#[component]
pub fn DocumentTable() -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let filter = state.filter;
    let to_delete = RwSignal::new(None::<Document>);
    let dialog = NodeRef::<Dialog>::new();
    let error = RwSignal::new(None);
    let on_delete = Callback::new(move |document: Document| {
        error.set(None);
        to_delete.set(Some(document));
        dialog::open(dialog);
    });
    let on_confirm = Callback::new(move |()| {
        let Some(document) = to_delete.get_untracked() else { return };
        attempt(delete_document(document.id.to_string()), error, move |()| {
            dialog::close(dialog);
            focus::to_content();
            state.refetch();
        });
    });
    let path = move || {
        to_delete.read().as_ref().map(|document| document.path.to_string()).unwrap_or_default()
    };
    let rows = move || {
        Suspend::new(async move {
            match state.documents.await {
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(list) if list.documents.is_empty() => {
                    let message = if is_filtered(state) {
                        "No document matches."
                    } else {
                        "No documents yet."
                    };
                    view! { <p class="muted">{message}</p> }.into_any()
                }
                Ok(list) => {
                    let rows = list
                        .documents
                        .into_iter()
                        .map(|document| view! { <DocumentRow document on_delete/> })
                        .collect_view();
                    let more = list.more.then(|| {
                        view! {
                            <button
                                type="button"
                                class="button"
                                on:click=move |_| filter.update(|filter| filter.limit += DOCUMENTS_AT_A_TIME)
                            >
                                "Show more"
                            </button>
                        }
                    });
                    view! {
                        <table class="table documents">
                            <thead>
                                <tr>
                                    <th scope="col">"Document"</th>
                                    <th scope="col">"State"</th>
                                    <th scope="col" class="number">"Pages"</th>
                                    <th scope="col" class="number">"Size"</th>
                                    <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                        {more}
                    }
                    .into_any()
                }
            }
        })
    };
    view! {
        <DocumentFilters filter/>
        <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{rows}</Transition>
        <ConfirmDialog
            dialog
            title=Signal::derive(move || format!("Delete “{}”?", path()))
            text="It is taken out of this collection, and no answer will use it any more. The file it came from stays where it is."
            action="Delete the document"
            error
            on_confirm
        />
    }
    .into_any()
}

/// Chooses which documents are listed.
#[component]
fn DocumentFilters(
    /// The choice.
    filter: RwSignal<DocumentFilter>,
) -> impl IntoView {
    let states = STATES
        .iter()
        .map(|(value, name)| view! { <option value=*value>{*name}</option> })
        .collect_view();
    view! {
        <div class="filters">
            <label class="field inline">
                <span>"State"</span>
                <select on:change:target=move |event| filter.update(|filter| filter.status = event.target().value())>
                    {states}
                </select>
            </label>
            <label class="field inline grow">
                <span>"Path begins with"</span>
                <input
                    type="search"
                    placeholder="folder/"
                    on:input:target=move |event| filter.update(|filter| filter.prefix = event.target().value())
                />
            </label>
        </div>
    }
}

fn is_filtered(state: WorkspaceState) -> bool {
    state.filter.with_untracked(|filter| !filter.status.is_empty() || !filter.prefix.is_empty())
}
