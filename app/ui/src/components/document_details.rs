//! How a document was read: its format, what was not read, and what is no part of its text; folded away.

use leptos::prelude::*;
use quire_domain::{LeftOut, LeftOutReason, PageKind, ParseReport, RecognisedPage, Warning};

use crate::show;

/// Shows how a document was read, and the lines at the edges of pages that were left out of the text, each once.
#[component]
pub fn DocumentDetails(
    /// How it was read.
    report: ParseReport,
) -> impl IntoView {
    let kind = report.page_kind;
    let facts = facts(&report).into_iter().map(|(name, value)| {
        view! { <dt>{name}</dt> <dd>{value}</dd> }
    });
    let facts = facts.collect_view();
    let gaps = report.warnings.len() as u64;
    let gaps = (gaps > 0).then(|| format!(" · {}", show::count(gaps, "warning", "warnings")));
    let warnings = report.warnings.into_iter().map(|one| warning(one, kind)).collect_view();
    view! {
        <details class="reader-details">
            <summary>"How this was read" {gaps}</summary>
            <dl class="reader-figures">{facts}</dl>
            <ul>{warnings}</ul>
        </details>
        {left_out(report.left_out)}
    }
}

/// Lists what is known of the reading, without what does not apply.
fn facts(report: &ParseReport) -> Vec<(String, String)> {
    let format = serde_json::to_value(report.format).unwrap_or_default();
    let unread: Vec<String> = report.unread_pages.iter().map(u32::to_string).collect();
    let pages = format!("{}s", report.page_kind.capital());
    let facts = [
        ("Format".to_owned(), format.as_str().unwrap_or_default().to_uppercase()),
        ("Encoding".to_owned(), report.encoding.clone().unwrap_or_default()),
        ("Language".to_owned(), report.language.name().to_owned()),
        (pages.clone(), report.pages.map_or_else(String::new, |pages| pages.to_string())),
        (format!("{pages} without text"), unread.join(", ")),
        (format!("{pages} read by text recognition"), recognised(report)),
        ("Tables".to_owned(), report.tables.to_string()),
        ("Text version".to_owned(), report.text_version.to_string()),
    ];
    facts.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Lists the pages whose text was recognised on a picture, each with how sure the model was.
fn recognised(report: &ParseReport) -> String {
    let page = |page: &RecognisedPage| match page.recognition.confidence {
        Some(confidence) => format!("{} ({:.0} %)", page.page, confidence * 100.0),
        None => page.page.to_string(),
    };
    report.recognised_pages.iter().map(page).collect::<Vec<_>>().join(", ")
}

fn warning(warning: Warning, kind: PageKind) -> impl IntoView {
    let page = warning.page.map(|page| format!("{} {page}: ", kind.capital()));
    view! { <li>{page} {warning.message}</li> }
}

fn left_out(left_out: Vec<LeftOut>) -> Option<impl IntoView> {
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
