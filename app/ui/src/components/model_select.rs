//! The choice of a chat model.

use leptos::prelude::*;
use quire_domain::ModelKind;

use crate::browser::storage;
use crate::server_functions::models::list_models;

/// Chooses among the chat models; this browser keeps the choice. What is not on this machine says so.
#[component]
pub fn ModelSelect(
    /// The chosen one; empty for the server's default.
    model: RwSignal<String>,
) -> impl IntoView {
    let models = Resource::new(|| (), |()| list_models());
    // A choice of before counts as long as the model is still there.
    Effect::new(move |_| {
        let Some(Ok(models)) = models.get() else { return };
        let chosen = storage::load(storage::CHAT_MODEL).unwrap_or_default();
        if models.iter().any(|candidate| candidate.id.as_str() == chosen) {
            model.set(chosen);
        }
    });
    let options = move || {
        Suspend::new(async move {
            let models = models.await.unwrap_or_default();
            models
                .into_iter()
                .filter(|candidate| candidate.kind == ModelKind::Chat)
                .map(|candidate| {
                    let id = candidate.id.to_string();
                    let name = match &candidate.remote_host {
                        Some(host) => format!("{id} (not on this machine: {host})"),
                        None => id.rsplit('/').next().unwrap_or_default().to_owned(),
                    };
                    let value = id.clone();
                    view! { <option value=id selected=move || *model.read() == value>{name}</option> }
                })
                .collect_view()
        })
    };
    let on_change = move |chosen: String| {
        storage::save(storage::CHAT_MODEL, &chosen);
        model.set(chosen);
    };
    view! {
        <label class="model-select">
            <span class="visually-hidden">"Chat model"</span>
            <select on:change:target=move |event| on_change(event.target().value())>
                <option value="" selected=move || model.read().is_empty()>"Default model"</option>
                <Suspense>{options}</Suspense>
            </select>
        </label>
    }
    .into_any()
}
