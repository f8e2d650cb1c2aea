//! One collection on the first page.

use leptos::html::Dialog;
use leptos::prelude::*;
use quire_domain::{Collection, url_part};

use super::attempt::attempt;
use super::confirm_dialog::ConfirmDialog;
use super::deed_button::DeedButton;
use super::rename_dialog::RenameDialog;
use crate::browser::{dialog, focus};
use crate::server_functions::collections::{delete_collection, rename_collection};
use crate::show;

/// Shows a collection's name and numbers, and leads into it.
#[component]
pub fn CollectionCard(
    /// The collection.
    collection: Collection,
    /// Runs when it was renamed or deleted.
    on_change: Callback<()>,
) -> impl IntoView {
    let name = collection.name.to_string();
    let counts = collection.counts;
    let href = format!("/c/{}", url_part(&name));
    let rename = NodeRef::<Dialog>::new();
    let delete = NodeRef::<Dialog>::new();
    let error = RwSignal::new(None);
    let open = move |dialog| {
        move |()| {
            error.set(None);
            dialog::open(dialog);
        }
    };
    let on_rename = Callback::new({
        let name = name.clone();
        move |new_name: String| {
            attempt(rename_collection(name.clone(), new_name), error, move |_| {
                dialog::close(rename);
                on_change.run(());
            });
        }
    });
    let on_confirm = Callback::new({
        let name = name.clone();
        move |()| {
            attempt(delete_collection(name.clone()), error, move |()| {
                dialog::close(delete);
                focus::to_content();
                on_change.run(());
            });
        }
    });
    let documents = show::count(counts.documents, "document", "documents");
    let warning = format!(
        "This deletes {documents} ({}) from Quire, with the index and every conversation about them. \
         The files you added them from stay where they are.",
        show::size(counts.size_bytes)
    );
    view! {
        <article class="card">
            <h2><a class="card-link" href=href>{name.clone()}</a></h2>
            <p class="muted">{documents} " · " {show::size(counts.size_bytes)} " · " {show::language(&collection)}</p>
            <p class="badges">{badges(&collection)}</p>
            <div class="card-actions">
                <DeedButton deed="Rename" of=name.clone() on_press=open(rename)/>
                <DeedButton deed="Delete" of=name.clone() on_press=open(delete)/>
            </div>
            <RenameDialog dialog=rename title="Rename the collection" value=name.clone() max_length=64 error on_rename/>
            <ConfirmDialog
                dialog=delete
                title=format!("Delete “{name}”?")
                text=warning
                action="Delete the collection"
                error
                on_confirm
            />
        </article>
    }
    .into_any()
}

fn badges(collection: &Collection) -> impl IntoView + use<> {
    let counts = collection.counts;
    let ready = (counts.indexed > 0).then(
        || view! { <span class="badge ready">{show::thousands(counts.indexed)} " ready"</span> },
    );
    let pending = (counts.pending > 0).then(|| {
        view! { <span class="badge pending">{show::thousands(counts.pending)} " being read"</span> }
    });
    let failed = (counts.failed > 0).then(|| {
        view! { <span class="badge failed">{show::thousands(counts.failed)} " not read"</span> }
    });
    let empty = (counts.documents == 0).then(|| view! { <span class="badge">"Empty"</span> });
    view! { {ready} {pending} {failed} {empty} }
}
