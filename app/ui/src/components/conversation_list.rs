//! The conversations about a collection.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use quire_domain::{Conversation, ErrorKind, url_part};

use super::attempt::attempt;
use super::confirm_dialog::ConfirmDialog;
use super::notice::Notice;
use super::rename_dialog::RenameDialog;
use super::workspace_state::WorkspaceState;
use crate::browser::{dialog, focus};
use crate::server_functions::conversations::{delete_conversation, rename_conversation};

/// Lists the conversations; each can be reopened, renamed and deleted.
#[component]
pub fn ConversationList() -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let chosen = RwSignal::new(None::<Conversation>);
    let rename = NodeRef::<Dialog>::new();
    let delete = NodeRef::<Dialog>::new();
    let error = RwSignal::new(None);
    let open = move |dialog| {
        Callback::new(move |conversation: Conversation| {
            error.set(None);
            chosen.set(Some(conversation));
            dialog::open(dialog);
        })
    };
    let base = move || format!("/c/{}", url_part(&state.name.read()));
    let navigate = use_navigate();
    let path = use_location().pathname;
    let on_rename = Callback::new(move |title: String| {
        let Some(conversation) = chosen.get_untracked() else { return };
        attempt(rename_conversation(conversation.id.to_string(), title), error, move |_| {
            dialog::close(rename);
            state.conversations.refetch();
        });
    });
    let on_delete = Callback::new(move |()| {
        let Some(conversation) = chosen.get_untracked() else { return };
        let id = conversation.id.to_string();
        let base = base();
        let navigate = navigate.clone();
        attempt(delete_conversation(id.clone()), error, move |()| {
            dialog::close(delete);
            focus::to_content();
            state.conversations.refetch();
            if path.read_untracked().ends_with(&format!("/chat/{id}")) {
                navigate(&base, NavigateOptions::default());
            }
        });
    });
    let title = move || {
        chosen.read().as_ref().map(|conversation| conversation.title.clone()).unwrap_or_default()
    };
    let (on_open_rename, on_open_delete) = (open(rename), open(delete));
    let list = move || {
        Suspend::new(async move {
            match state.conversations.await {
                // The page as a whole says so.
                Err(error) if error.kind == ErrorKind::NotFound => ().into_any(),
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(list) => list
                    .into_iter()
                    .map(|conversation| {
                        conversation_item(conversation, (on_open_rename, on_open_delete))
                    })
                    .collect_view()
                    .into_any(),
            }
        })
    };
    view! {
        <section class="conversations" aria-labelledby="conversations-title">
            <div class="section-heading">
                <h3 id="conversations-title">"Conversations"</h3>
                <a class="quiet" href=base>"New"</a>
            </div>
            <ul><Transition>{list}</Transition></ul>
            <RenameDialog dialog=rename title="Rename the conversation" value=Signal::derive(title) max_length=200 error on_rename/>
            <ConfirmDialog
                dialog=delete
                title=Signal::derive(move || format!("Delete “{}”?", title()))
                text="Its questions and answers are deleted. The documents stay."
                action="Delete the conversation"
                error
                on_confirm=on_delete
            />
        </section>
    }
    .into_any()
}

fn conversation_item(
    conversation: Conversation,
    (on_rename, on_delete): (Callback<Conversation>, Callback<Conversation>),
) -> impl IntoView {
    let url = format!("/c/{}/chat/{}", url_part(conversation.collection.as_str()), conversation.id);
    let title = conversation.title.clone();
    let path = use_location().pathname;
    let id = conversation.id.to_string();
    let current = move || {
        if path.read().ends_with(&format!("/chat/{id}")) { "page" } else { "false" }
    };
    let renamed = conversation.clone();
    view! {
        <li>
            <a href=url title=title.clone() aria-current=current>{title.clone()}</a>
            <span class="item-actions">
                <button type="button" class="icon-button" title="Rename" aria-label=format!("Rename {title}") on:click=move |_| on_rename.run(renamed.clone())>
                    <svg viewBox="0 0 24 24" width="15" height="15" aria-hidden="true"><path d="M4 20l1-4L16 5l3 3L8 19z" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round"/></svg>
                </button>
                <button type="button" class="icon-button" title="Delete" aria-label=format!("Delete {title}") on:click=move |_| on_delete.run(conversation.clone())>
                    <svg viewBox="0 0 24 24" width="15" height="15" aria-hidden="true"><path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round"/></svg>
                </button>
            </span>
        </li>
    }
    .into_any()
}
