//! The page for an address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

/// Says that there is no such page.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Not found"/>
        <section class="page narrow empty-state">
            <h1>"There is no such page"</h1>
            <p>"The address may be old: a collection that was renamed has a new one."</p>
            <p><a class="button primary" href="/">"All collections"</a></p>
        </section>
    }
    .into_any()
}
