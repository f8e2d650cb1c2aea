//! Asking before something is deleted.

use leptos::html::Dialog;
use leptos::prelude::*;

use super::notice::OptionalNotice;
use crate::browser::dialog;

/// Asks whether to go on; it stays open, and shows the error, when the deed fails.
#[component]
pub fn ConfirmDialog(
    /// The dialog, for opening and closing it.
    dialog: NodeRef<Dialog>,
    /// The question.
    #[prop(into)]
    title: Signal<String>,
    /// What will happen.
    #[prop(into)]
    text: Signal<String>,
    /// The word on the button that does it.
    action: &'static str,
    /// Why it failed.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// Runs when the answer is yes.
    on_confirm: Callback<()>,
) -> impl IntoView {
    view! {
        <dialog node_ref=dialog class="dialog">
            <h2>{title}</h2>
            <p>{text}</p>
            <OptionalNotice message=error/>
            <div class="dialog-buttons">
                <button type="button" class="button" autofocus=true on:click=move |_| dialog::close(dialog)>
                    "Cancel"
                </button>
                <button type="button" class="button danger" on:click=move |_| on_confirm.run(())>
                    {action}
                </button>
            </div>
        </dialog>
    }
    .into_any()
}
