//! The index that is to take the place of the present one: how far it is, and what can be done.

use leptos::prelude::*;
use quire_domain::{Collection, IndexState, IndexSwitch, NextIndex, url_part};

use super::state::{SettingsState, describe};
use crate::components::notice::Notice;
use crate::server_functions::indexes::{drop_next_index, switch_index};
use crate::show;

/// Shows the next index of a collection, and nothing while there is none.
#[component]
pub fn NextIndexPanel(
    /// The collection.
    collection: Collection,
) -> impl IntoView {
    let state = expect_context::<SettingsState>();
    let evaluation = format!("/c/{}/evaluation", url_part(collection.name.as_str()));
    collection.next_index.map(|next| panel(state, next, evaluation))
}

fn panel(state: SettingsState, next: NextIndex, evaluation: String) -> impl IntoView {
    let title = match next.state {
        IndexState::Building => "A new index is being built",
        IndexState::Ready => "The new index is ready",
        IndexState::Failed => "The new index cannot be built",
    };
    let waits = next.switch == IndexSwitch::OnRequest;
    let advice = match (next.state, waits) {
        (IndexState::Building, true) => "Answers come from the present one until you switch.",
        (IndexState::Building | IndexState::Ready, false) => {
            "It takes the place of the present one as soon as it is ready."
        }
        (IndexState::Ready, true) => {
            "Compare the two on questions whose answers you know, and switch when you are content."
        }
        (IndexState::Failed, _) => "Answers come from the present one, as before.",
    };
    let progress = (next.state == IndexState::Building).then(|| {
        let of = show::count(next.total, "document", "documents");
        view! {
            <div class="reading">
                <progress max=next.total.to_string() value=next.done.to_string() aria-label="Documents in the new index"></progress>
                <p class="muted small">{show::thousands(next.done)} " of " {of}</p>
            </div>
        }
    });
    let compare = (next.state == IndexState::Ready)
        .then(|| view! { <a class="button" href=evaluation>"Compare"</a> });
    let switch = (waits && next.state != IndexState::Failed).then(|| {
        let (word, class) = match next.state {
            IndexState::Ready => ("Switch", "button primary"),
            _ => ("Switch as soon as it is ready", "button"),
        };
        view! {
            <button type="button" id="switch-index" class=class on:click=move |_| state.change(switch_index)>{word}</button>
        }
    });
    view! {
        <section class="panel next-index" aria-labelledby="next-title">
            <h2 id="next-title">{title}</h2>
            <p class="muted">{describe(next.language, &next.embedding_model)} ". " {advice}</p>
            {next.error.map(|message| view! { <Notice message/> })}
            {progress}
            <div class="setting-buttons">
                {switch}
                {compare}
                <button type="button" id="cancel-index" class="quiet" on:click=move |_| state.change(drop_next_index)>"Cancel"</button>
            </div>
        </section>
    }
    .into_any()
}
