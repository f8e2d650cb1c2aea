//! The button below a long table that shows more of its rows.

use leptos::prelude::*;

use super::state::ROWS_AT_A_TIME;

/// Shows more rows, as long as there are more.
#[component]
pub fn ShowMore(
    /// How many rows are shown.
    shown: RwSignal<usize>,
    /// How many there are.
    total: usize,
) -> impl IntoView {
    view! {
        <Show when=move || { shown.get() < total }>
            <button type="button" class="button" on:click=move |_| shown.update(|shown| *shown += ROWS_AT_A_TIME)>
                "Show more"
            </button>
        </Show>
    }
}
