//! The progress of this page's uploads, file by file while they are sent.

use leptos::prelude::*;

use super::notice::with_code;
use super::workspace_state::{UploadItem, WorkspaceState};
use crate::browser::upload::UploadStep;
use crate::show;

/// Files beyond these are waiting or too many to read.
const SHOWN_FILES: usize = 8;

/// Shows all uploads in one line, those being sent now, and those that were refused.
#[component]
pub fn UploadList() -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let is_empty = Memo::new(move |_| state.uploads.read().is_empty());
    let sum = move |measure: fn(&UploadItem) -> f64| {
        state.uploads.read().iter().map(measure).sum::<f64>()
    };
    let share = move || {
        let total = sum(|item| item.size_bytes);
        if total > 0.0 { sum(sent_bytes) / total } else { 1.0 }
    };
    let line = move || {
        let uploads = state.uploads.read();
        let count = |wanted: fn(&UploadStep) -> bool| {
            uploads.iter().filter(|item| wanted(&item.step)).count() as u64
        };
        let accepted = count(|step| *step == UploadStep::Accepted);
        let refused = count(|step| matches!(step, UploadStep::Refused(_)));
        let files = show::count(uploads.len() as u64, "file", "files");
        let refused = if refused > 0 {
            format!(" · {} refused", show::thousands(refused))
        } else {
            String::new()
        };
        format!("{} of {files} uploaded{refused}", show::thousands(accepted))
    };
    let is_done =
        Memo::new(move |_| state.uploads.read().iter().all(|item| is_settled(&item.step)));
    let on_dismiss = move |_| {
        state.uploads.set(Vec::new());
        state.hidden_files.set(0);
    };
    let hidden = move || {
        let hidden = state.hidden_files.get() as u64;
        (hidden > 0).then(|| {
            let files = show::count(hidden, "hidden file was", "hidden files were");
            view! { <p class="muted small">{files} " left out."</p> }
        })
    };
    let rows = move || {
        let uploads = state.uploads.read();
        let is_sending =
            |item: &&UploadItem| matches!(item.step, UploadStep::Sent(share) if share > 0.0);
        let is_refused = |item: &&UploadItem| matches!(item.step, UploadStep::Refused(_));
        let sending = uploads.iter().filter(is_sending).take(SHOWN_FILES);
        sending.chain(uploads.iter().filter(is_refused)).map(upload_row).collect_view()
    };
    view! {
        <Show when=move || !is_empty.get()>
            <section class="panel uploads" aria-label="Uploads">
                <div class="progress-line">
                    <p role="status">{line}</p>
                    <Show
                        when=move || is_done.get()
                        fallback=move || view! { <progress max="1" prop:value=share aria-label="Upload"></progress> }
                    >
                        <button type="button" class="quiet" on:click=on_dismiss>"Dismiss"</button>
                    </Show>
                </div>
                <ul class="upload-rows">{rows}</ul>
                {hidden}
            </section>
        </Show>
    }
    .into_any()
}

fn is_settled(step: &UploadStep) -> bool {
    matches!(step, UploadStep::Accepted | UploadStep::Refused(_))
}

fn sent_bytes(item: &UploadItem) -> f64 {
    match item.step {
        UploadStep::Sent(share) => item.size_bytes * share,
        UploadStep::Accepted | UploadStep::Refused(_) => item.size_bytes,
    }
}

fn upload_row(item: &UploadItem) -> impl IntoView + use<> {
    let state = match &item.step {
        UploadStep::Sent(share) => {
            view! { <progress max="1" value=share.to_string() aria-label="Sent"></progress> }
                .into_any()
        }
        UploadStep::Accepted => ().into_any(),
        UploadStep::Refused(reason) => {
            view! { <span class="reason">{with_code(reason)}</span> }.into_any()
        }
    };
    view! { <li><span class="path">{item.path.clone()}</span> {state}</li> }
}
