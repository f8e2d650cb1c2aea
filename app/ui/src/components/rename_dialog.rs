//! Giving something another name.

use leptos::html::{Dialog, Input};
use leptos::prelude::*;

use super::form_dialog::FormDialog;

/// Asks for a name.
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
    /// Why it was refused.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// Runs with the new name.
    on_rename: Callback<String>,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let on_submit = Callback::new(move |()| {
        if let Some(input) = input.get_untracked() {
            on_rename.run(input.value());
        }
    });
    view! {
        <FormDialog dialog title action="Rename" error on_submit>
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
        </FormDialog>
    }
    .into_any()
}
