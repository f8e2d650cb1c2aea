//! Opening and closing native dialogs, which trap the focus and close with Escape by themselves.

use leptos::html::Dialog;
use leptos::prelude::*;

/// Opens a dialog over the page.
pub(crate) fn open(dialog: NodeRef<Dialog>) {
    if let Some(dialog) = dialog.get_untracked().filter(|dialog| !dialog.open()) {
        // It throws only if the dialog has left the page.
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog; the focus returns to where it was.
pub(crate) fn close(dialog: NodeRef<Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        dialog.close();
    }
}
