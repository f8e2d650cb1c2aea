//! A dialog with a form: its fields, what went wrong, and two buttons.

use leptos::html::Dialog;
use leptos::prelude::*;
use web_sys::SubmitEvent;

use super::notice::OptionalNotice;
use crate::browser::dialog;

/// Frames the fields of a form; it stays open, and shows the error, when they are refused.
#[component]
pub fn FormDialog(
    /// The dialog, for opening and closing it.
    dialog: NodeRef<Dialog>,
    /// What the form is for, as a title.
    title: &'static str,
    /// The word on the button that sends it.
    action: &'static str,
    /// Why it was refused.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// Runs when the form is sent.
    on_submit: Callback<()>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        on_submit.run(());
    };
    view! {
        <dialog node_ref=dialog class="dialog" aria-label=title>
            <form on:submit=submit>
                <h2>{title}</h2>
                {children()}
                <OptionalNotice message=error/>
                <div class="dialog-buttons">
                    <button type="button" class="button" on:click=move |_| dialog::close(dialog)>
                        "Cancel"
                    </button>
                    <button type="submit" class="button primary">{action}</button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
