//! Saying that what an address leads to is not there.

use leptos::prelude::*;

use crate::response_headers::set_not_found;

/// Says what is missing and why that may be, and leads back to the collections.
#[component]
pub fn Missing(
    /// What is missing.
    title: &'static str,
    /// Why that may be.
    text: &'static str,
) -> impl IntoView {
    set_not_found();
    view! {
        <section class="missing">
            <h1>{title}</h1>
            <p class="muted">{text}</p>
            <p><a class="button primary" href="/">"All collections"</a></p>
        </section>
    }
    .into_any()
}
