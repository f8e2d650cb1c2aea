//! Limiting a question to folders, documents, tags and days: the dialog that chooses them, and what
//! is chosen.

use leptos::html::Dialog;
use leptos::prelude::*;
use quire_domain::{Day, DocumentRef, Folder, Places, TagCount};

use super::notice::Notice;
use super::workspace_state::WorkspaceState;
use crate::browser::dialog;
use crate::limits::{Limit, Limits};
use crate::server_functions::documents::{find_places, list_tags};
use crate::show;

/// The most tags that are offered: those used most.
const TAGS: usize = 24;

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
    let tags = Resource::new(
        move || (is_wanted.get(), state.name.get()),
        |(is_wanted, name)| async move {
            if is_wanted { list_tags(name).await } else { Ok(Vec::new()) }
        },
    );
    let open = move |_| {
        if is_wanted.get_untracked() {
            places.refetch();
            tags.refetch();
        }
        is_wanted.set(true);
        dialog::open(dialog);
    };
    let label = move || match limits.read().list().len() {
        0 => "All documents".to_owned(),
        chosen => format!("{chosen} chosen"),
    };
    let tag_choices = move || {
        Suspend::new(async move {
            // If tags cannot be listed, folders and documents still can be chosen.
            let tags = tags.await.unwrap_or_default();
            (!tags.is_empty()).then(|| tag_list(tags, limits))
        })
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
            <p class="muted small">"The answer rests on what is chosen here alone."</p>
            <input
                type="search"
                aria-label="Find a folder or document"
                placeholder="Find a folder or document…"
                autofocus=true
                on:input:target=move |event| words.set(event.target().value())
            />
            <div class="places"><Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{list}</Transition></div>
            <Transition>{tag_choices}</Transition>
            <DayFields limits/>
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
    let chip = move |limit: Limit| {
        let name = limit.label();
        let label = format!("No longer limit to {name}");
        view! {
            <li class="chip">
                <span class="path">{name}</span>
                <button type="button" aria-label=label on:click=move |_| limits.update(|limits| limits.remove(&limit))>
                    "×"
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || !limits.read().list().is_empty()>
            <ul class="chips" aria-label="Limited to">
                <For each=move || limits.read().list() key=Limit::clone children=chip/>
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

fn tag_list(tags: Vec<TagCount>, limits: RwSignal<Limits>) -> impl IntoView {
    let tag_choice = move |TagCount { tag, documents }: TagCount| {
        let (chosen, toggled) = (tag.clone(), tag.clone());
        let is_chosen = move || limits.read().holds_tag(&chosen).to_string();
        let title = show::count(documents, "document", "documents");
        view! {
            <button
                type="button"
                class="tag"
                title=title
                aria-pressed=is_chosen
                on:click=move |_| limits.update(|limits| limits.toggle_tag(&toggled))
            >
                "#" {tag}
            </button>
        }
    };
    let choices = tags.into_iter().take(TAGS).map(tag_choice).collect_view();
    view! { <div class="tags" role="group" aria-label="Tags">{choices}</div> }
}

/// The first and the last day.
#[component]
fn DayFields(
    /// What is chosen.
    limits: RwSignal<Limits>,
) -> impl IntoView {
    let shown = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let after = move || shown(limits.read().scope.after);
    let before = move || shown(limits.read().scope.before);
    view! {
        <div class="days">
            <label class="field inline">
                <span>"From"</span>
                <input type="date" name="after" prop:value=after on:change:target=move |event| {
                    limits.update(|limits| limits.scope.after = event.target().value().parse().ok());
                }/>
            </label>
            <label class="field inline">
                <span>"until"</span>
                <input type="date" name="before" prop:value=before on:change:target=move |event| {
                    limits.update(|limits| limits.scope.before = event.target().value().parse().ok());
                }/>
            </label>
        </div>
    }
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
