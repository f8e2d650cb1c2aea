//! What of a document is no part of its text, folded away.

use leptos::prelude::*;
use quire_domain::{LeftOut, LeftOutReason};

use crate::show;

/// Shows the lines at the edges of pages that were left out of the text, each once.
#[component]
pub fn DocumentDetails(
    /// What was left out.
    left_out: Vec<LeftOut>,
) -> impl IntoView {
    let count = left_out.len() as u64;
    let item = |line: LeftOut| {
        let reason = match line.reason {
            LeftOutReason::RepeatedLine => "the same on each",
            LeftOutReason::PageNumber => "differs in the page number only",
        };
        let pages = if line.pages.len() == 1 { "page" } else { "pages" };
        view! {
            <li>
                <span class="left-out-line">{line.text.clone()}</span>
                <span class="muted small">
                    {format!("{pages} {}: {reason}", line.page_ranges())}
                </span>
            </li>
        }
    };
    (count > 0).then(|| {
        view! {
            <details class="reader-details">
                <summary>
                    {show::count(count, "repeated line was left out", "repeated lines were left out")}
                </summary>
                <ul>{left_out.into_iter().map(item).collect_view()}</ul>
            </details>
        }
    })
}
