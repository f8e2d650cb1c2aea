//! Removing a source: what becomes of its documents is asked, and said.

use leptos::html::Input;
use leptos::prelude::*;

use super::state::SourcesState;
use crate::browser::{dialog, focus};
use crate::components::attempt::attempt;
use crate::components::form_dialog::FormDialog;
use crate::server_functions::sources::remove_source;
use crate::show;

/// Asks what becomes of the documents, and removes the source.
#[component]
pub fn RemoveDialog() -> impl IntoView {
    let state = expect_context::<SourcesState>();
    let keep = NodeRef::<Input>::new();
    let on_submit = Callback::new(move |()| {
        let (Some(source), Some(keep)) = (state.to_remove.get_untracked(), keep.get_untracked())
        else {
            return;
        };
        let name = source.source.name.clone();
        let call = remove_source(source.source.id.to_string(), keep.checked());
        attempt(call, state.remove_error, move |()| {
            dialog::close(state.remove_dialog);
            focus::to_content();
            state.news.set(format!("“{name}” is removed."));
            state.sources.refetch();
        });
    });
    let named = move || state.to_remove.read().as_ref().map(|one| one.source.name.clone());
    let documents = move || {
        let files = state.to_remove.read().as_ref().map_or(0, |one| one.files);
        show::count(files, "document", "documents")
    };
    view! {
        <FormDialog dialog=state.remove_dialog title="Remove the source" action="Remove" error=state.remove_error on_submit>
            <p>
                "Quire no longer follows “" {named} "”, and its devices can no longer send anything. The files themselves, in your \
                 vault or folder, are not touched."
            </p>
            <label class="check">
                <input type="radio" name="documents" value="remove" checked=true/>
                <span>"Remove its " {documents} " from this collection as well; answers no longer quote them"</span>
            </label>
            <label class="check">
                <input node_ref=keep type="radio" name="documents" value="keep"/>
                <span>"Keep them as they are now; nothing brings them up to date any more"</span>
            </label>
        </FormDialog>
    }
    .into_any()
}
