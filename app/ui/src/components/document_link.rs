//! A link to a place in a document: a plain link, which opens in place if it is only clicked.

use leptos::prelude::*;
use quire_domain::DocumentTarget;

/// Links to a place in a document.
#[component]
pub fn DocumentLink(
    /// The place.
    target: DocumentTarget,
    /// Runs when it is to open in place.
    on_turn: Callback<DocumentTarget>,
    /// What it looks like.
    class: &'static str,
    /// Its words.
    children: Children,
) -> impl IntoView {
    let href = target.url();
    let on_click = move |event: web_sys::MouseEvent| {
        if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
            event.prevent_default();
            on_turn.run(target.clone());
        }
    };
    view! { <a class=class href=href on:click=on_click>{children()}</a> }
}
