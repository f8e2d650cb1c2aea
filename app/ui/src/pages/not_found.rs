//! The page for an address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::missing::Missing;

/// Says that there is no such page.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Not found"/>
        <div class="page narrow">
            <Missing
                title="There is no such page"
                text="The address may be old: a collection that was renamed has a new one."
            />
        </div>
    }
    .into_any()
}
