//! Giving something another name.

use leptos::html::{Dialog, Input};
use leptos::prelude::*;
use web_sys::SubmitEvent;

use super::notice::OptionalNotice;
use crate::browser::dialog;

/// Asks for a name; it stays open, and shows the error, when the name is refused.
#[component]
pub fn RenameDialog(
    /// The dialog, for opening and closing it.
    dialog: NodeRef<Dialog>,
    /// What is renamed, as a title.
    title: &'static str,
    /// The name so far.
    #[prop(into)]
    value: Signal<String>,
    /// The longest name that is taken.
    max_length: u32,
    /// Why it failed.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// Runs with the new name.
    on_rename: Callback<String>,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.get() {
            on_rename.run(input.value());
        }
    };
    view! {
        <dialog node_ref=dialog class="dialog">
            <form on:submit=on_submit>
                <h2>{title}</h2>
                <label class="field">
                    <span>"New name"</span>
                    <input
                        node_ref=input
                        type="text"
                        required=true
                        autofocus=true
                        maxlength=max_length
                        autocomplete="off"
                        prop:value=value
                    />
                </label>
                <OptionalNotice message=error/>
                <div class="dialog-buttons">
                    <button type="button" class="button" on:click=move |_| dialog::close(dialog)>
                        "Cancel"
                    </button>
                    <button type="submit" class="button primary">"Rename"</button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
