//! The index that answered before: going back to it, or removing it.

use leptos::prelude::*;
use quire_domain::Collection;

use super::state::{SettingsState, describe};
use crate::server_functions::indexes::{drop_previous_index, go_back};

/// Shows the previous index of a collection, and nothing while there is none.
#[component]
pub fn PreviousIndexSection(
    /// The collection.
    collection: Collection,
) -> impl IntoView {
    let state = expect_context::<SettingsState>();
    collection.previous_index.map(|previous| {
        view! {
            <section class="setting" aria-labelledby="previous-title">
                <h2 id="previous-title">"Previous index"</h2>
                <p class="setting-value"><strong>{describe(previous.language, &previous.embedding_model)}</strong></p>
                <p class="muted small">
                    "It is kept, so that you can go back. What changed since is taken along."
                </p>
                <div class="setting-buttons">
                    <button type="button" id="go-back" class="button" on:click=move |_| state.change(go_back)>"Go back to it"</button>
                    <button type="button" id="drop-previous" class="quiet" on:click=move |_| state.change(drop_previous_index)>
                        "Remove it"
                    </button>
                </div>
            </section>
        }
        .into_any()
    })
}
