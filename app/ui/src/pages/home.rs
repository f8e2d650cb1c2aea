//! The first page: all collections, or how to begin when there are none.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::collection_card::CollectionCard;
use crate::components::create_collection::CreateCollection;
use crate::components::model_status::ModelStatus;
use crate::components::notice::Notice;
use crate::server_functions::collections::list_collections;

/// Lists the collections.
#[component]
pub fn HomePage() -> impl IntoView {
    let collections = Resource::new(|| (), |()| list_collections());
    let on_change = Callback::new(move |()| collections.refetch());
    let list = move || {
        Suspend::new(async move {
            match collections.await {
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(list) if list.is_empty() => view! { <FirstSteps/> }.into_any(),
                Ok(list) => {
                    let cards = list
                        .into_iter()
                        .map(|collection| view! { <li><CollectionCard collection on_change/></li> })
                        .collect_view();
                    view! { <ul class="cards">{cards}</ul> }.into_any()
                }
            }
        })
    };
    view! {
        <Title text="Collections"/>
        <section class="page">
            <div class="page-heading">
                <div>
                    <h1>"Collections"</h1>
                    <p class="muted">"Your documents, on your machine. Ask, and see where each answer stands."</p>
                </div>
                <CreateCollection/>
            </div>
            <ModelStatus/>
            <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{list}</Transition>
        </section>
    }
    .into_any()
}

/// Explains the three steps to somebody who starts with nothing.
#[component]
fn FirstSteps() -> impl IntoView {
    view! {
        <div class="empty-state">
            <h2>"Begin in three steps"</h2>
            <ol class="steps">
                <li>
                    <strong>"Create a collection"</strong>
                    <span>"A name for documents that belong together, such as “Manuals”."</span>
                </li>
                <li>
                    <strong>"Drop in a folder"</strong>
                    <span>"PDF, Word, text, tables, Markdown and web pages are read here, on this machine."</span>
                </li>
                <li>
                    <strong>"Ask a question"</strong>
                    <span>"Every sentence of the answer shows the passage it rests on, or says that it has none."</span>
                </li>
            </ol>
        </div>
    }
    .into_any()
}
