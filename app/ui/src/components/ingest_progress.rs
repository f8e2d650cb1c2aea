//! How far the collection as a whole is, while documents are being read.

use leptos::prelude::*;

use super::workspace_state::WorkspaceState;
use crate::show;

/// Shows a bar while documents are on their way, and nothing otherwise.
#[component]
pub fn IngestProgress() -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let bar = move || {
        state.counts().filter(|counts| counts.pending > 0).map(|counts| {
            let done = counts.documents.saturating_sub(counts.pending);
            let line = format!(
                "Reading: {} of {}",
                show::thousands(done),
                show::count(counts.documents, "document", "documents")
            );
            view! {
                <div class="panel progress-line">
                    <p role="status">{line}</p>
                    <progress
                        max=counts.documents.to_string()
                        value=done.to_string()
                        aria-label="Documents read"
                    ></progress>
                </div>
            }
        })
    };
    view! { <Transition>{bar}</Transition> }
}
