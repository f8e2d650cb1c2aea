//! A page of the original beside its text, as the browser itself shows it.

use leptos::prelude::*;

use crate::browser::storage;

/// What is kept if the original is shown.
const SHOWN: &str = "shown";

/// Makes the choice whether the original is shown, as this browser kept it.
pub(crate) fn kept_choice() -> RwSignal<bool> {
    let shown = RwSignal::new(false);
    // The page that the server makes knows nothing of this browser.
    Effect::new(move |_| {
        shown.set(storage::load(storage::ORIGINAL).is_some_and(|kept| kept == SHOWN));
    });
    shown
}

/// The button that shows the page of the original, or hides it.
#[component]
pub fn OriginalToggle(
    /// Whether it is shown.
    shown: RwSignal<bool>,
) -> impl IntoView {
    let toggle = move |_| {
        shown.update(|shown| *shown = !*shown);
        storage::save(storage::ORIGINAL, if shown.get_untracked() { SHOWN } else { "hidden" });
    };
    let label = move || if shown.get() { "Hide the page" } else { "Show the page" };
    view! {
        <button type="button" class="quiet" aria-pressed=move || shown.get().to_string() on:click=toggle>
            {label}
        </button>
    }
    .into_any()
}

/// The page of the original.
#[component]
pub fn OriginalPage(
    /// Which page of the document it is, from 1.
    number: u32,
    /// Where the original is, at this page.
    url: String,
    /// Whether it is shown.
    shown: RwSignal<bool>,
) -> impl IntoView {
    let frame = move || {
        shown.get().then(|| {
            let title = format!("Page {number} of the original");
            // The width of the page, without a list of pages beside it, in browsers that can be told so.
            let url = format!("{url}&navpanes=0&view=FitH");
            view! { <iframe class="original-page" src=url title=title></iframe> }
        })
    };
    view! { {frame} }.into_any()
}
