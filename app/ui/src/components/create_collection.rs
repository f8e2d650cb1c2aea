//! Making a collection.

use leptos::html::{Dialog, Input, Select};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use quire_domain::{Language, url_part};

use super::attempt::attempt;
use super::form_dialog::FormDialog;
use crate::browser::dialog;
use crate::server_functions::collections::create_collection;

/// A button whose dialog makes a collection and then opens it.
#[component]
pub fn CreateCollection() -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let name = NodeRef::<Input>::new();
    let language = NodeRef::<Select>::new();
    let error = RwSignal::new(None);
    let navigate = use_navigate();
    let on_submit = Callback::new(move |()| {
        let (Some(name), Some(language)) = (name.get_untracked(), language.get_untracked()) else {
            return;
        };
        let navigate = navigate.clone();
        attempt(create_collection(name.value(), language.value()), error, move |collection| {
            dialog::close(dialog);
            let url = format!("/c/{}", url_part(collection.name.as_str()));
            navigate(&url, NavigateOptions::default());
        });
    });
    let open = move |_| {
        error.set(None);
        if let Some(name) = name.get_untracked() {
            name.set_value("");
        }
        dialog::open(dialog);
    };
    let languages = Language::ALL
        .iter()
        .map(|language| view! { <option value=language.code()>{language.name()}</option> })
        .collect_view();
    view! {
        <button type="button" class="button primary" on:click=open>
            "New collection"
        </button>
        <FormDialog dialog title="New collection" action="Create" error on_submit>
            <label class="field">
                <span>"Name"</span>
                <input
                    node_ref=name
                    type="text"
                    name="name"
                    required=true
                    autofocus=true
                    maxlength="64"
                    autocomplete="off"
                    placeholder="Manuals"
                />
            </label>
            <label class="field">
                <span>"Language of the documents"</span>
                <select node_ref=language name="language">
                    <option value="">"Detect from the documents"</option>
                    {languages}
                </select>
            </label>
        </FormDialog>
    }
    .into_any()
}
