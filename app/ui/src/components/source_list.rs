//! What an answer rests on, below it; and the quotes that come before it.

use leptos::html::Details;
use leptos::prelude::*;
use quire_domain::{Citation, DocumentRef, Hit};

/// Lists the quotes behind the footnotes.
#[component]
pub fn SourceList(
    /// The citations.
    citations: Memo<Vec<Citation>>,
) -> impl IntoView {
    let list = move || {
        let citations = citations.read();
        let items = citations.iter().map(source).collect_view();
        (!citations.is_empty()).then(|| {
            view! {
                <section class="sources">
                    <h3>"Sources"</h3>
                    <ol>{items}</ol>
                </section>
            }
        })
    };
    view! { {list} }
}

fn source(citation: &Citation) -> impl IntoView + use<> {
    let place = place(citation.page, (&citation.document, &citation.heading));
    view! {
        <li value=citation.index.to_string()>
            <a class="source" href=citation.target().url() data-citation=citation.index.to_string()>
                <span class="source-number" aria-hidden="true">{citation.index}</span>
                <span class="source-text">
                    <span class="source-title">{citation.document.title.clone()}</span>
                    <span class="muted small">{place}</span>
                    <q class="source-quote">{citation.quote.clone()}</q>
                </span>
            </a>
        </li>
    }
    .into_any()
}

/// Lists the quotes that were found before a model was asked.
///
/// They stand open until the answer has sources of its own, which mostly are the same words; then they fold.
/// Below an answer that rests on nothing, or where there is none, they stay open.
#[component]
pub fn EvidenceList(
    /// The quotes, best first.
    evidence: Memo<Vec<Citation>>,
    /// Whether the answer has sources of its own.
    has_sources: Memo<bool>,
) -> impl IntoView {
    let details = NodeRef::<Details>::new();
    Effect::new(move |_| {
        if !has_sources.get() {
            return;
        }
        let Some(details) = details.get_untracked() else { return };
        // Whoever is in the middle of it would lose the place, and the focus with it.
        if !matches!(details.matches(":focus-within"), Ok(true)) {
            // It cannot fail: the name is a good one.
            let _ = details.remove_attribute("open");
        }
    });
    let list = move || {
        let evidence = evidence.read();
        let items = evidence.iter().map(quote).collect_view();
        let is_open = !has_sources.get_untracked();
        (!evidence.is_empty()).then(|| {
            view! {
                <details class="sources evidence" node_ref=details open=is_open>
                    <summary>"Best quotes" <span class="muted">" · " {evidence.len()}</span></summary>
                    <ol>{items}</ol>
                </details>
            }
        })
    };
    view! { {list} }
}

/// Shows a quote in full, a row of a table below what names its columns, and then where it stands.
fn quote(citation: &Citation) -> impl IntoView + use<> {
    let place = place(citation.page, (&citation.document, &citation.heading));
    let separator = (!place.is_empty()).then_some(" · ");
    let header = citation.header.as_ref().map(|header| {
        view! { <span class="source-quote source-header">{header.quote.clone()}</span> }
    });
    view! {
        <li>
            <a class="source" href=citation.target().url() data-citation="">
                <span class="source-text">
                    {header}
                    <q class="evidence-quote">{citation.quote.clone()}</q>
                    <span class="muted small">{citation.document.title.clone()} {separator} {place}</span>
                </span>
            </a>
        </li>
    }
    .into_any()
}

/// Lists the passages that came nearest when nothing answered the question.
#[component]
pub fn NearestPassages(
    /// The passages, best first.
    hits: Vec<Hit>,
) -> impl IntoView {
    let items = hits
        .iter()
        .map(|hit| {
            let url = hit.target().url();
            let text: String = hit.text.chars().take(240).collect();
            view! {
                <li>
                    <a class="source" href=url data-citation="">
                        <span class="source-text">
                            <span class="source-title">{hit.document.title.clone()}</span>
                            <span class="muted small">{place(hit.page, (&hit.document, &hit.heading))}</span>
                            <span class="source-quote">{text} "…"</span>
                        </span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="sources">
            <h3>"Nearest passages"</h3>
            <ol>{items}</ol>
        </section>
    }
    .into_any()
}

/// Shows where in its document a passage stands; a heading that repeats the title says nothing.
fn place(page: Option<u32>, (document, heading): (&DocumentRef, &[String])) -> String {
    let heading = heading.strip_prefix(std::slice::from_ref(&document.title)).unwrap_or(heading);
    let page = page.map(|page| format!("{} {page}", document.page_kind.capital()));
    let heading = (!heading.is_empty()).then(|| heading.join(" › "));
    let parts: Vec<String> = page.into_iter().chain(heading).collect();
    if parts.is_empty() { String::new() } else { parts.join(" · ") }
}

#[cfg(test)]
mod tests;
