//! A document on a page of its own; the address says which passage is highlighted.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use quire_domain::DocumentTarget;

use crate::components::document_reader::DocumentReader;

/// Shows a document at the page and passage of the address.
#[component]
pub fn DocumentPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let target = Memo::new(move |_| {
        let query = query.read();
        let number = |name: &str| query.get(name).and_then(|value| value.parse().ok());
        Some(DocumentTarget {
            id: params.read().get("id").unwrap_or_default(),
            page: number("page").map(|page: usize| page as u32),
            start: number("start"),
            end: number("end"),
            version: query.get("version").and_then(|version| version.parse().ok()),
            quote: query.get("quote"),
        })
    });
    let navigate = use_navigate();
    let on_turn = Callback::new(move |target: DocumentTarget| {
        navigate(&target.url(), NavigateOptions::default());
    });
    view! {
        <Title text="Document"/>
        <section class="page narrow">
            <DocumentReader target=target on_turn/>
        </section>
    }
    .into_any()
}
