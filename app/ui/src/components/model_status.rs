//! Saying that a model is missing, and how to get it.

use leptos::prelude::*;
use quire_domain::ModelKind;

use crate::server_functions::models::{MissingModel, list_missing_models};

/// Shows nothing while there is a model for each task, and the command to get one otherwise.
#[component]
pub fn ModelStatus() -> impl IntoView {
    let missing = Resource::new(|| (), |()| list_missing_models());
    let notices = move || {
        Suspend::new(async move {
            // A list that cannot be read is told on the page that is about it.
            Some(missing.await.ok()?.into_iter().map(notice).collect_view())
        })
    };
    view! { <Suspense>{notices}</Suspense> }
}

fn notice(missing: MissingModel) -> impl IntoView {
    let message = match missing.kind {
        ModelKind::Embedding => {
            "Documents cannot be searched yet: no embedding model is installed."
        }
        ModelKind::Chat => {
            "Questions are answered with quotes alone: no chat model is installed yet."
        }
        ModelKind::Reranker => "The best hits are not read again: no reranker is installed.",
        ModelKind::Judge => "Answers have no second judge: no entailment model is installed.",
        ModelKind::Ocr => "Scans stay unread: no model that recognises text is installed.",
    };
    view! {
        <div class="notice hint" role="status">
            <p>{message} " Get one with:"</p>
            <pre><code>"quire models pull " {missing.model.to_string()}</code></pre>
        </div>
    }
}
