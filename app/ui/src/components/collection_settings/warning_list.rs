//! What the owner of a collection should know, and what to do about it.

use leptos::prelude::*;
use quire_domain::{Collection, InstalledModel, ModelKind};

use crate::components::notice::{capitalised, with_code};

/// The warning that the embedding model was made for other languages.
const MODEL_LANGUAGE: &str = "embedding_model_language";

/// Shows a collection's warnings.
#[component]
pub fn WarningList(
    /// The collection.
    collection: Collection,
    /// The models on disk.
    models: Vec<InstalledModel>,
) -> impl IntoView {
    let warning = |warning: &quire_domain::Warning| {
        let advice = (warning.code == MODEL_LANGUAGE)
            .then(|| better_model(&collection, &models))
            .map(|advice| {
                view! { <p>{with_code(&advice)}</p> }
            });
        view! {
            <div class="notice hint" role="status">
                <p>{with_code(&capitalised(&warning.message))} "."</p>
                {advice}
            </div>
        }
    };
    collection.warnings.iter().map(warning).collect_view()
}

/// Names an installed model that was made for the language, or says how to find one.
fn better_model(collection: &Collection, models: &[InstalledModel]) -> String {
    let language = collection.language;
    let fits = |model: &&InstalledModel| {
        let languages = model.languages.as_deref().unwrap_or_default();
        model.kind == ModelKind::Embedding && languages.contains(&language)
    };
    let name = language.name();
    let next = collection.next_index.as_ref().map(|next| &next.embedding_model);
    match models.iter().find(fits) {
        Some(model) if next == Some(&model.id) => {
            format!("`{}`, which makes the new index, was made for {name}.", model.id)
        }
        Some(model) => format!("`{}` was made for {name}: choose it below.", model.id),
        None => format!(
            "`quire models list --available` shows which models were made for {name}; `quire models pull` gets one, and you can choose it below."
        ),
    }
}
