//! Limiting a question to folders and documents: the dialog that chooses them, and what is chosen.

use leptos::html::Dialog;
use leptos::prelude::*;
use quire_domain::{DocumentRef, Folder, Places};

use super::notice::Notice;
use super::workspace_state::WorkspaceState;
use crate::browser::dialog;
use crate::limits::Limits;
use crate::server_functions::documents::find_places;
use crate::show;

/// A button that says what a question is limited to, and opens the choice.
#[component]
pub fn LimitPicker(
    /// What is chosen.
    limits: RwSignal<Limits>,
) -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let dialog = NodeRef::<Dialog>::new();
    let words = RwSignal::new(String::new());
    // Nothing is listed before somebody wants to choose.
    let is_wanted = RwSignal::new(false);
    let places = Resource::new(
        move || (is_wanted.get(), state.name.get(), words.get()),
        |(is_wanted, name, words)| async move {
            if is_wanted { find_places(name, words).await } else { Ok(Places::default()) }
        },
    );
    let open = move |_| {
        if is_wanted.get_untracked() {
            places.refetch();
        }
        is_wanted.set(true);
        dialog::open(dialog);
    };
    let label = move || match limits.read().paths.len() {
        0 => "All documents".to_owned(),
        chosen => format!("{chosen} chosen"),
    };
    let list = move || {
        Suspend::new(async move {
            match places.await {
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(places) => place_list(&places, limits).into_any(),
            }
        })
    };
    view! {
        <button type="button" class="quiet limit-button" title="What the answer may rest on" on:click=open>
            {label}
        </button>
        <dialog node_ref=dialog class="dialog limit-dialog" aria-label="Limit the question">
            <h2>"Limit the question"</h2>
            <p class="muted small">"The answer rests on the chosen folders and documents alone."</p>
            <input
                type="search"
                aria-label="Find a folder or document"
                placeholder="Find a folder or document…"
                autofocus=true
                on:input:target=move |event| words.set(event.target().value())
            />
            <div class="places"><Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{list}</Transition></div>
            <div class="dialog-buttons">
                <button type="button" class="button" on:click=move |_| limits.set(Limits::default())>"All documents"</button>
                <button type="button" class="button primary" on:click=move |_| dialog::close(dialog)>"Done"</button>
            </div>
        </dialog>
    }
    .into_any()
}

/// Shows what a question is limited to; each can be taken out.
#[component]
pub fn LimitChips(
    /// What is chosen.
    limits: RwSignal<Limits>,
) -> impl IntoView {
    let chip = move |path: String| {
        let label = format!("No longer limit to {path}");
        let removed = path.clone();
        view! {
            <li class="chip">
                <span class="path">{path}</span>
                <button type="button" aria-label=label on:click=move |_| limits.update(|limits| limits.toggle(&removed))>
                    "×"
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || !limits.read().paths.is_empty()>
            <ul class="chips" aria-label="Limited to">
                <For each=move || limits.get().paths key=String::clone children=chip/>
            </ul>
        </Show>
    }
}

fn place_list(places: &Places, limits: RwSignal<Limits>) -> impl IntoView + use<> {
    if places.folders.is_empty() && places.documents.is_empty() {
        return view! { <p class="muted">"Nothing is called like that."</p> }.into_any();
    }
    let folders = (!places.folders.is_empty()).then(|| {
        let items =
            places.folders.iter().map(|folder| folder_choice(folder, limits)).collect_view();
        view! { <h3>"Folders"</h3> <ul>{items}</ul> }
    });
    let documents = (!places.documents.is_empty()).then(|| {
        let items = places
            .documents
            .iter()
            .map(|document| document_choice(document, limits))
            .collect_view();
        view! { <h3>"Documents"</h3> <ul>{items}</ul> }
    });
    let more = places
        .more
        .then(|| view! { <p class="muted small">"There are more: write a part of the name."</p> });
    view! { {folders} {documents} {more} }.into_any()
}

fn folder_choice(folder: &Folder, limits: RwSignal<Limits>) -> impl IntoView + use<> {
    let note = show::count(folder.documents, "document", "documents");
    choice(folder.path.clone(), note, limits)
}

fn document_choice(document: &DocumentRef, limits: RwSignal<Limits>) -> impl IntoView + use<> {
    let is_named = document.title != document.path.file_name();
    let title = if is_named { document.title.clone() } else { String::new() };
    choice(document.path.to_string(), title, limits)
}

/// A path with a box to tick; what lies in a chosen folder is chosen with it.
fn choice(path: String, note: String, limits: RwSignal<Limits>) -> impl IntoView {
    let (chosen, above) = (path.clone(), path.clone());
    let is_inside = Memo::new(move |_| limits.read().folder_of(&above).is_some());
    let is_chosen = move || is_inside.get() || limits.read().holds(&chosen);
    let toggled = path.clone();
    view! {
        <li>
            <label class="check">
                <input
                    type="checkbox"
                    value=path.clone()
                    prop:checked=is_chosen
                    disabled=is_inside
                    on:change=move |_| limits.update(|limits| limits.toggle(&toggled))
                />
                <span><span class="path">{path}</span> " " <small class="muted">{note}</small></span>
            </label>
        </li>
    }
}
