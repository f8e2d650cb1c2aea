//! One document in the list: its state, what of it was not read and why, and what can be done.

use leptos::prelude::*;
use quire_domain::{Document, DocumentStatus, Failure};

use super::attempt::attempt;
use super::deed_button::DeedButton;
use super::notice::{OptionalNotice, with_code};
use super::workspace_state::WorkspaceState;
use crate::server_functions::documents::retry_document;
use crate::show;

/// Shows a document in the list.
#[component]
pub fn DocumentRow(
    /// The document.
    document: Document,
    /// Runs when it is to be deleted.
    on_delete: Callback<Document>,
) -> impl IntoView {
    let status = document.status;
    let path = document.path.to_string();
    let name = if matches!(status, DocumentStatus::Indexed | DocumentStatus::Embedded) {
        view! { <a class="path" href=format!("/d/{}", document.id)>{path.clone()}</a> }.into_any()
    } else {
        view! { <span class="path">{path.clone()}</span> }.into_any()
    };
    let title = (document.title != document.path.file_name() && !document.title.is_empty())
        .then(|| view! { <span class="muted small">{document.title.clone()}</span> });
    let class = match status {
        DocumentStatus::Indexed if document.warnings.is_empty() => "badge ready",
        DocumentStatus::Indexed => "badge partly",
        DocumentStatus::Failed | DocumentStatus::Unsupported => "badge failed",
        DocumentStatus::Accepted | DocumentStatus::Parsed | DocumentStatus::Embedded => {
            "badge pending"
        }
    };
    let pages = document.pages.map(|pages| show::thousands(u64::from(pages)));
    let pages_label = pages.is_some().then_some("Pages");
    let size = show::size(document.size_bytes);
    view! {
        <tr data-status=status.as_str()>
            <th scope="row">
                {name} {title} {warnings(&document)}
                {document.error.as_ref().map(|failure| failure_text(&document, failure))}
            </th>
            <td><span class=class>{show::status(&document)}</span> {embedding_progress(&document)}</td>
            <td class="number" data-label=pages_label>{pages}</td>
            <td class="number" data-label="Size">{size}</td>
            <td class="row-actions">
                <DeedButton deed="Delete" of=path on_press=move |()| on_delete.run(document.clone())/>
            </td>
        </tr>
    }
    .into_any()
}

/// Lists what was not read, folded away.
fn warnings(document: &Document) -> Option<impl IntoView + use<>> {
    let count = document.warnings.len() as u64;
    let items = document
        .warnings
        .iter()
        .map(|warning| {
            let kind = document.page_kind.capital();
            let page = warning.page.map(|page| format!("{kind} {page}: ")).unwrap_or_default();
            view! { <li>{page} {with_code(&warning.message)}</li> }
        })
        .collect_view();
    // A model may have come since.
    let can_be_read = document.warnings.iter().any(|warning| warning.code == "no_ocr_model");
    let again = can_be_read.then(|| retry_button(document, "Read again"));
    (count > 0).then(|| {
        view! {
            <details class="warnings">
                <summary>{show::count(count, "part was not read", "parts were not read")}</summary>
                <ul>{items}</ul>
                {again}
            </details>
        }
    })
}

/// Says why it failed and what to do, with a button to try again if that can help.
fn failure_text(document: &Document, failure: &Failure) -> impl IntoView + use<> {
    let can_retry = document.status == DocumentStatus::Failed;
    view! {
        <div class="failure">
            <p>{with_code(&failure.message)}</p>
            {failure.hint.as_ref().map(|hint| view! { <p class="hint">{with_code(hint)}</p> })}
            {can_retry.then(|| retry_button(document, "Try again"))}
        </div>
    }
    .into_any()
}

/// Has a document read again from its original.
fn retry_button(document: &Document, label: &'static str) -> impl IntoView + use<> {
    let state = expect_context::<WorkspaceState>();
    let id = document.id.to_string();
    let error = RwSignal::new(None);
    let retry = move |_| {
        attempt(retry_document(id.clone()), error, move |_| state.refetch());
    };
    view! {
        <button type="button" class="quiet" on:click=retry>{label}</button>
        <OptionalNotice message=error/>
    }
}

/// Shows how many of its chunks are embedded, while they are.
fn embedding_progress(document: &Document) -> impl IntoView + use<> {
    let state = expect_context::<WorkspaceState>();
    let id = document.id.clone();
    let is_final = document.status.is_final();
    move || {
        let (done, total) = state.embedding.read().get(&id).copied().filter(|_| !is_final)?;
        Some(view! {
            <progress class="small" max=total.to_string() value=done.to_string() aria-label="Embedded"></progress>
        })
    }
}
