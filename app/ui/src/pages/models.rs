//! The page of models: those in memory, and those on disk.

use leptos::prelude::*;
use leptos_meta::Title;
use quire_domain::{InstalledModel, ModelFormat, ModelKind};

use crate::components::loaded_models::LoadedModels;
use crate::components::model_status::ModelStatus;
use crate::components::notice::Notice;
use crate::server_functions::models::list_models;
use crate::show;

/// Lists the models in memory and on disk.
#[component]
pub fn ModelsPage() -> impl IntoView {
    let models = Resource::new(|| (), |()| list_models());
    let table = move || {
        Suspend::new(async move {
            match models.await {
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(list) if list.is_empty() => ().into_any(),
                Ok(list) => {
                    let rows = list.iter().map(model_row).collect_view();
                    view! {
                        <table class="table labelled models">
                            <thead>
                                <tr>
                                    <th scope="col">"Model"</th>
                                    <th scope="col">"Kind"</th>
                                    <th scope="col">"Languages"</th>
                                    <th scope="col" class="number">"Dimensions"</th>
                                    <th scope="col">"Stored as"</th>
                                    <th scope="col" class="number">"Context"</th>
                                    <th scope="col" class="number">"Size"</th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    }
                    .into_any()
                }
            }
        })
    };
    view! {
        <Title text="Models"/>
        <section class="page">
            <div class="page-heading">
                <div>
                    <h1>"Models"</h1>
                    <p class="muted">
                        "They run on this machine unless it says otherwise: chat models answer, embedders find passages by meaning, rerankers read the best of them again, judges check if an answer follows from them, and text recognition reads scans. \
                        Get another with " <code>"quire models pull NAME"</code> "."
                    </p>
                </div>
            </div>
            <ModelStatus/>
            <LoadedModels on_unloaded=move |()| models.refetch()/>
            <Suspense fallback=|| view! { <p class="muted">"Loading…"</p> }>{table}</Suspense>
        </section>
    }
    .into_any()
}

fn model_row(model: &InstalledModel) -> impl IntoView + use<> {
    let kind = match model.kind {
        ModelKind::Chat => "Chat model",
        ModelKind::Embedding => "Embedder",
        ModelKind::Reranker => "Reranker",
        ModelKind::Judge => "Judge",
        ModelKind::Ocr => "Text recognition",
    };
    let languages = model.languages.as_deref().map(show::languages);
    let all_languages = model.languages.as_deref().map(|languages| {
        languages.iter().map(|language| language.name()).collect::<Vec<&str>>().join(", ")
    });
    let dimensions = model.dimensions.map(|length| show::thousands(u64::from(length)));
    let dimensions_label = dimensions.is_some().then_some("Dimensions");
    let format = match model.format {
        Some(ModelFormat::Gguf) => "GGUF",
        Some(ModelFormat::Safetensors) => "safetensors",
        Some(ModelFormat::Onnx) => "ONNX",
        None => "Not stored here",
    };
    let stored = model
        .quantization
        .as_ref()
        .map_or_else(|| format.to_owned(), |quantization| format!("{format}, {quantization}"));
    let context = model
        .context_tokens
        .map(|tokens| show::count(u64::from(tokens), "token", "tokens"))
        .unwrap_or_default();
    let remote = model.remote_host.clone().map(|host| {
        view! {
            <span class="badge pending" title="What this model is asked is sent there.">
                "Not on this machine: " {host}
            </span>
        }
    });
    let size = (!model.is_remote()).then(|| show::size(model.size_bytes));
    let size_label = size.is_some().then_some("Size");
    let loaded = model.loaded.then(|| view! { <span class="badge ready">"In memory"</span> });
    view! {
        <tr>
            <th scope="row"><span class="model-name">{model.id.to_string()}</span> " " {loaded} {remote}</th>
            <td data-label="Kind">{kind}</td>
            <td data-label="Languages" title=all_languages>{languages}</td>
            <td data-label=dimensions_label class="number">{dimensions}</td>
            <td data-label="Stored as">{stored}</td>
            <td data-label="Context" class="number">{context}</td>
            <td data-label=size_label class="number">{size}</td>
        </tr>
    }
    .into_any()
}
