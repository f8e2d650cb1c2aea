//! The embedding model of a collection: shown, and changed for another that is installed.

use leptos::prelude::*;
use quire_domain::{Collection, InstalledModel, ModelId, ModelKind};
use web_sys::SubmitEvent;

use super::state::SettingsState;
use crate::components::notice::with_code;
use crate::server_functions::indexes::change_index;
use crate::show;

/// Shows the embedding model, and changes it.
#[component]
pub fn ModelSection(
    /// The collection.
    collection: Collection,
    /// The models on disk.
    models: Vec<InstalledModel>,
) -> impl IntoView {
    let state = expect_context::<SettingsState>();
    let current = collection.embedding_model;
    let embedders: Vec<InstalledModel> =
        models.into_iter().filter(|model| model.kind == ModelKind::Embedding).collect();
    let own = embedders.iter().find(|model| model.id == current).map(traits).unwrap_or_default();
    let form = if embedders.iter().any(|model| model.id != current) {
        choice(state, &current, &embedders).into_any()
    } else {
        let text = "No other embedding model is installed. `quire models list --available` shows which there are.";
        view! { <p class="muted small">{with_code(text)}</p> }.into_any()
    };
    view! {
        <section class="setting" aria-labelledby="model-title">
            <h2 id="model-title">"Embedding model"</h2>
            <p class="setting-value"><strong>{show::model_name(&current)}</strong> <span class="muted">{own}</span></p>
            <p class="muted small">
                "It finds passages by their meaning. Another model reads all documents anew into an index beside this one, \
                 which goes on answering until you have compared the two and switch."
            </p>
            {form}
        </section>
    }
    .into_any()
}

/// Chooses among the installed ones.
fn choice(
    state: SettingsState,
    current: &ModelId,
    embedders: &[InstalledModel],
) -> impl IntoView + use<> {
    let choose = {
        let current = current.to_string();
        move |name: String| state.model.set(if name == current { String::new() } else { name })
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let model = state.model.get_untracked();
        state.change(|name| change_index(name, String::new(), model));
    };
    let options = embedders.iter().map(|model| {
        let name = show::model_name(&model.id);
        let (id, is_current) = (model.id.to_string(), model.id == *current);
        let is_chosen = {
            let id = id.clone();
            move || {
                let chosen = state.model.read();
                if chosen.is_empty() { is_current } else { *chosen == id }
            }
        };
        view! {
            <option value=id selected=is_chosen>{name} {traits(model)}</option>
        }
    });
    let options = options.collect_view();
    view! {
        <form class="setting-form" on:submit=on_submit>
            <label class="field inline grow">
                <span class="visually-hidden">"Embedding model"</span>
                <select name="embedding_model" on:change:target=move |event| choose(event.target().value())>
                    {options}
                </select>
            </label>
            <button type="submit" class="button" disabled=move || state.model.read().is_empty()>"Change model"</button>
        </form>
    }
}

/// Says what an embedding model was made for: ` · English · 384 dimensions`; and if it is not on this machine.
fn traits(model: &InstalledModel) -> String {
    let languages = model.languages.as_deref().map(show::languages);
    let dimensions =
        model.dimensions.map(|length| show::count(u64::from(length), "dimension", "dimensions"));
    let remote = model.remote_host.as_ref().map(|host| format!("not on this machine: {host}"));
    let traits = languages.into_iter().chain(dimensions).chain(remote);
    traits.fold(String::new(), |shown, word| shown + " · " + &word)
}
