//! Saying that a model is missing, and how to get it.

use leptos::prelude::*;
use quire_domain::ModelKind;

use crate::server_functions::models::list_models;

/// The chat model of a fresh installation.
const STARTER_CHAT_MODEL: &str = "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF";

/// The embedding model of a fresh installation.
const STARTER_EMBEDDING_MODEL: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// Shows nothing while a model for each task is on disk, and the command to get one otherwise.
#[component]
pub fn ModelStatus() -> impl IntoView {
    let models = Resource::new(|| (), |()| list_models());
    let notices = move || {
        Suspend::new(async move {
            // A list that cannot be read is told where it is the subject.
            let models = models.await.ok()?;
            let wanted = [
                (
                    ModelKind::Embedding,
                    "Documents cannot be searched yet: no embedding model is installed.",
                    STARTER_EMBEDDING_MODEL,
                ),
                (
                    ModelKind::Chat,
                    "Questions cannot be answered yet: no chat model is installed.",
                    STARTER_CHAT_MODEL,
                ),
            ];
            let missing = wanted
                .into_iter()
                .filter(|(kind, _, _)| models.iter().all(|model| model.kind != *kind))
                .map(|(_, message, model)| {
                    view! {
                        <div class="notice hint" role="status">
                            <p>{message} " Get one with:"</p>
                            <pre><code>"quire models pull " {model}</code></pre>
                        </div>
                    }
                })
                .collect_view();
            Some(missing)
        })
    };
    view! { <Suspense>{notices}</Suspense> }
}
