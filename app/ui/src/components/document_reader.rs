//! A document open at a passage: its text by pages, with the quote highlighted.

use leptos::prelude::*;
use leptos_meta::Title;
use quire_domain::{Block, Document, DocumentTarget, ErrorKind, Format, Span, url_part};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition, window};

use super::document_details::DocumentDetails;
use super::document_link::DocumentLink;
use super::document_text::{QUOTE_ID, document_text};
use super::missing::Missing;
use super::notice::Notice;
use super::original_page::{OriginalPage, OriginalToggle, kept_choice};
use crate::UiError;
use crate::server_functions::documents::{DocumentView, open_document};

/// Shows a document at a page and passage.
#[component]
pub fn DocumentReader(
    /// What to show.
    #[prop(into)]
    target: Signal<Option<DocumentTarget>>,
    /// Runs when another page is wanted.
    on_turn: Callback<DocumentTarget>,
    /// Runs when the reader is to close; without it there is no button for that.
    #[prop(optional)]
    on_close: Option<Callback<()>>,
) -> impl IntoView {
    let view = Resource::new(
        move || target.get(),
        |target| async move {
            match target {
                None => Ok(None),
                Some(target) => open_document(target).await.map(Some),
            }
        },
    );
    let shows_original = kept_choice();
    let content = move || {
        let target = target.get().unwrap_or_default();
        Suspend::new(async move {
            match view.await {
                Ok(Some(view)) => {
                    show_quote();
                    loaded(view, target, (on_turn, on_close), shows_original).into_any()
                }
                Ok(None) => ().into_any(),
                Err(error) => unopened(&error, &target, on_close),
            }
        })
    };
    view! {
        <div class="reader">
            <Transition fallback=|| view! { <p class="muted">"Opening…"</p> }>{content}</Transition>
        </div>
    }
    .into_any()
}

fn loaded(
    view: DocumentView,
    target: DocumentTarget,
    (on_turn, on_close): (Callback<DocumentTarget>, Option<Callback<()>>),
    shows_original: RwSignal<bool>,
) -> impl IntoView {
    let change = change_notice(&view, &target);
    let DocumentView { document, page, content, blocks, vault_file, report, quote, .. } = view;
    let block = block_at(&blocks, quote);
    let heading = block.map(|block| block.heading.clone()).unwrap_or_default();
    let in_obsidian = vault_file.map(|file| {
        let block_id = block.and_then(|block| block.block_id.as_deref());
        let href = file.uri(&heading, block_id, page);
        view! { <a class="quiet" href=href>"Open in Obsidian"</a> }
    });
    // A heading that repeats the title says nothing.
    let heading =
        heading.strip_prefix(std::slice::from_ref(&document.title)).unwrap_or(&heading).to_vec();
    let body = document_text(content, quote, on_turn);
    let crumbs = (!heading.is_empty()).then(|| {
        let parts = heading.into_iter().map(|part| view! { <li>{part}</li> }).collect_view();
        view! { <ol class="crumbs" aria-label="Headings">{parts}</ol> }
    });
    let original = original_url(&document, page);
    let collection = format!("/c/{}", url_part(document.collection.as_str()));
    let own_page = target.url();
    let apart = on_close.is_some();
    // Beside an answer there is no room for it.
    let original_page = page.filter(|_| report.format == Format::Pdf && !apart);
    let toggle = original_page.map(|_| view! { <OriginalToggle shown=shows_original/> });
    let beside = original_page.map(|number| {
        let url = original.clone();
        view! { <OriginalPage number url shown=shows_original/> }
    });
    let context = if apart {
        view! { <a class="quiet" href=own_page>"Open on its own page"</a> }.into_any()
    } else {
        view! {
            <Title text=document.title.clone()/>
            <a class="back" href=collection>"← " {document.collection.to_string()}</a>
        }
        .into_any()
    };
    view! {
        <header class="reader-heading">
            <div class="reader-actions">
                {context}
                {in_obsidian}
                {toggle}
                <a class="quiet" href=original target="_blank" rel="noopener">"Original file"</a>
                {close_button(on_close)}
            </div>
            <h1 class="reader-title">{document.title.clone()}</h1>
            <p class="muted small path">{document.path.to_string()}</p>
            <DocumentDetails report/>
            {crumbs}
            {page_turner((page, &document), target, on_turn)}
        </header>
        {change}
        <div class="page-sides">
            <div class="page-text">{body}</div>
            {beside}
        </div>
    }
    .into_any()
}

/// Says what became of the words that a link points to, if they do not stand where they stood.
fn change_notice(view: &DocumentView, target: &DocumentTarget) -> Option<AnyView> {
    target.span()?;
    let text = match (view.quote, view.has_changed) {
        (Some(_), false) => return None,
        (Some(_), true) => "Changed since this answer; the quoted words still stand here.",
        (None, true) => "Changed since this answer: the quoted words are no longer here.",
        (None, false) => "The quoted words are not in this document.",
    };
    let old = target.quote.clone().filter(|_| view.quote.is_none());
    Some(old_quote(text, old))
}

/// Shows a quote as the answer had it, beside the text and never in it.
fn old_quote(text: &'static str, quote: Option<String>) -> AnyView {
    let quote = quote.map(|quote| view! { <blockquote class="old-quote">{quote}</blockquote> });
    view! { <div class="notice hint change" role="note"><p>{text}</p>{quote}</div> }.into_any()
}

/// Says why a document cannot be opened, and what the link quoted from it.
fn unopened(error: &UiError, target: &DocumentTarget, on_close: Option<Callback<()>>) -> AnyView {
    let is_gone = error.kind == ErrorKind::NotFound;
    let quote = target.quote.clone().map(|quote| {
        let text = if is_gone {
            "The document was deleted since this answer. It quoted:"
        } else {
            "The answer quoted:"
        };
        old_quote(text, Some(quote))
    });
    if is_gone && on_close.is_none() {
        let text = "It may have been deleted, or the address is not whole.";
        return view! { <Missing title="There is no such document" text/> {quote} }.into_any();
    }
    view! {
        <Notice message=error.message.clone()/>
        {quote}
        {close_button(on_close)}
    }
    .into_any()
}

fn close_button(on_close: Option<Callback<()>>) -> Option<impl IntoView> {
    on_close.map(|on_close| {
        view! {
            <button type="button" class="icon-button" aria-label="Close the source" title="Close" on:click=move |_| on_close.run(())>
                <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/></svg>
            </button>
        }
    })
}

/// Makes the links to the pages before and after; they are plain links, and turn in place.
fn page_turner(
    (page, document): (Option<u32>, &Document),
    target: DocumentTarget,
    on_turn: Callback<DocumentTarget>,
) -> Option<impl IntoView> {
    let (page, pages, kind) = (page?, document.pages?, document.page_kind.capital());
    let turn = |to: Option<u32>, label: &'static str| {
        to.filter(|to| (1..=pages).contains(to)).map(|to| {
            let target = target.turned_to(to);
            view! { <DocumentLink target on_turn class="quiet">{label}</DocumentLink> }
        })
    };
    Some(view! {
        <nav class="page-turner" aria-label="Pages">
            {turn(page.checked_sub(1), "← Previous")}
            <span class="muted small">{format!("{kind} {page} of {pages}")}</span>
            {turn(page.checked_add(1), "Next →")}
        </nav>
    })
}

fn original_url(document: &Document, page: Option<u32>) -> String {
    let page = page.filter(|_| document.page_kind.is_page());
    let anchor = page.map(|page| format!("#page={page}")).unwrap_or_default();
    format!("/api/documents/{}/content{anchor}", document.id)
}

/// Finds the block that the quote begins in, or the first.
fn block_at(blocks: &[Block], quote: Option<Span>) -> Option<&Block> {
    let at = quote.map_or(0, |quote| quote.start);
    blocks.iter().find(|block| block.span.end > at).or(blocks.first())
}

/// Brings the quote into sight and gives it the focus, once it is there. On the server nothing
/// happens: there the address has an anchor.
fn show_quote() {
    #[cfg(feature = "hydrate")]
    set_timeout(find_quote, std::time::Duration::from_millis(60));
}

#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser scrolls"))]
fn find_quote() {
    let quote = window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(QUOTE_ID))
        .and_then(|quote| quote.dyn_into::<HtmlElement>().ok());
    let Some(quote) = quote else { return };
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Center);
    quote.scroll_into_view_with_scroll_into_view_options(&options);
    // It has a tab index, so it takes the focus.
    let _ = quote.focus();
}

#[cfg(test)]
mod tests;
