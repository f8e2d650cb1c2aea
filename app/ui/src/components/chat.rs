//! A conversation: what was said before, what is being said now, and the place to ask.

use futures::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use quire_domain::{Message, Role, url_part};
use web_sys::window;

use super::answer_turn::AnswerTurn;
use super::ask_form::{AskForm, Asked};
use super::ingest_progress::IngestProgress;
use super::live_answer::{LiveAnswer, Phase};
use super::model_status::ModelStatus;
use super::notice::Notice;
use super::upload_area::UploadArea;
use super::workspace_state::WorkspaceState;
use super::workspace_view::WorkspaceView;
use crate::browser::answer_stream::{AskBody, stream_answer};
use crate::server_functions::conversations::{begin_conversation, get_conversation};
use crate::show;

/// A question asked on this page, and its answer.
#[derive(Clone, Debug)]
struct LiveTurn {
    number: usize,
    question: String,
    answer: RwSignal<LiveAnswer>,
}

/// What is being said on this page.
#[derive(Clone, Copy)]
struct Live {
    /// The turns asked since the conversation was opened.
    turns: RwSignal<Vec<LiveTurn>>,
    /// The conversation that they belong to.
    conversation: RwSignal<Option<String>>,
    /// The one that is being answered.
    running: RwSignal<Option<AbortHandle>>,
}

/// Shows the conversation of the address, or a new one.
#[component]
pub fn Chat() -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let path = use_location().pathname;
    let in_path = Memo::new(move |_| path.read().split_once("/chat/").map(|(_, id)| id.to_owned()));
    let opened = RwSignal::new(in_path.get_untracked());
    let live = Live {
        turns: RwSignal::new(Vec::new()),
        conversation: RwSignal::new(None),
        running: RwSignal::new(None),
    };
    // A conversation that began on this page gets its address while it goes on: that opens nothing.
    Effect::new(move |_| {
        let (wanted, name) = (in_path.get(), state.name.get());
        if state.view.get() != WorkspaceView::Ask && !name.is_empty() {
            return;
        }
        if wanted.is_some() && wanted == live.conversation.get_untracked() {
            return;
        }
        let began_here = live.conversation.get_untracked().is_some();
        if wanted != opened.get_untracked() || began_here {
            stop(live);
            live.turns.set(Vec::new());
            live.conversation.set(None);
            opened.set(wanted);
        }
    });
    // So that the way back from the documents leads here, and not to a new conversation.
    Effect::new(move |_| state.conversation.set(live.conversation.get().or(opened.get())));
    on_cleanup(move || stop(live));
    let kept = Resource::new(
        move || opened.get(),
        |id| async move {
            match id {
                None => Ok(Vec::new()),
                Some(id) => get_conversation(id).await.map(|found| found.messages),
            }
        },
    );
    let is_running = Signal::derive(move || live.running.read().is_some());
    let is_new = Memo::new(move |_| opened.read().is_none() && live.turns.read().is_empty());
    let navigate = use_navigate();
    let on_ask = Callback::new(move |asked: Asked| {
        if live.running.read_untracked().is_some() {
            return;
        }
        let conversation = live.conversation.get_untracked().or_else(|| opened.get_untracked());
        let navigate = navigate.clone();
        let on_begin = move |id: &str| {
            let url = format!("/c/{}/chat/{id}", url_part(&state.name.read_untracked()));
            let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
            navigate(&url, options);
        };
        ask(state, live, (asked, conversation), on_begin);
    });
    let kept_turns = move || {
        Suspend::new(async move {
            match kept.await {
                Ok(messages) if messages.is_empty() && opened.get_untracked().is_some() => {
                    let is_bare = move || live.turns.read().is_empty();
                    view! { <p class="muted" hidden=move || !is_bare()>"Nothing was answered here yet."</p> }
                        .into_any()
                }
                Ok(messages) => kept_turns(&messages, (on_ask, is_running)).into_any(),
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
            }
        })
    };
    let on_stop = Callback::new(move |()| stop(live));
    view! {
        <div class="turns">
            <Show when=move || is_new.get()><Beginning/></Show>
            <Transition>{kept_turns}</Transition>
            <For each=move || live.turns.get() key=|turn| turn.number let:turn>
                <div id=format!("turn-{}", turn.number)>
                    <AnswerTurn question=turn.question answer=turn.answer.into() on_ask is_running/>
                </div>
            </For>
        </div>
        <AskForm running=is_running on_ask on_stop/>
    }
    .into_any()
}

/// What stands above the first question.
#[component]
fn Beginning() -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let content = move || {
        state.counts().map(|counts| {
            if counts.documents == 0 {
                return view! {
                    <h1>"Add your documents"</h1>
                    <UploadArea/>
                }
                .into_any();
            }
            if counts.indexed == 0 && counts.pending > 0 {
                return view! {
                    <h1>"Your documents are being read"</h1>
                    <p class="muted">"You can ask as soon as the first one is ready."</p>
                    <IngestProgress/>
                }
                .into_any();
            }
            if counts.indexed == 0 {
                let documents = format!("/c/{}/documents", url_part(&state.name.read()));
                return view! {
                    <h1>"No document could be read"</h1>
                    <p class="muted"><a href=documents>"Documents"</a> " says why, and what to do about it."</p>
                }
                .into_any();
            }
            let ready = show::count(counts.indexed, "document is", "documents are");
            view! {
                <h1>"Ask about " {state.name}</h1>
                <p class="muted">
                    {ready} " ready. Each sentence of the answer carries the number of the passage it rests on; a click opens it."
                </p>
            }
            .into_any()
        })
    };
    view! {
        <div class="beginning">
            <ModelStatus/>
            <Transition>{content}</Transition>
        </div>
    }
    .into_any()
}

/// Pairs kept messages up: a question with the answer after it.
fn kept_turns(
    messages: &[Message],
    (on_ask, is_running): (Callback<Asked>, Signal<bool>),
) -> impl IntoView + use<> {
    let mut turns: Vec<(String, LiveAnswer)> = Vec::new();
    for message in messages {
        match (message.role, turns.last_mut()) {
            (Role::Assistant, Some((_, answer))) => {
                *answer = message
                    .answer
                    .clone()
                    .map_or_else(|| LiveAnswer::bare(message.text.clone()), LiveAnswer::kept);
            }
            (Role::User, _) | (Role::Assistant, None) => {
                let unanswered = LiveAnswer { phase: Phase::Stopped, ..LiveAnswer::default() };
                turns.push((message.text.clone(), unanswered));
            }
        }
    }
    turns
        .into_iter()
        .map(|(question, answer)| {
            let answer = Signal::stored(answer);
            view! { <AnswerTurn question answer on_ask is_running/> }
        })
        .collect_view()
}

/// Asks a question, beginning a conversation if there is none.
fn ask(
    state: WorkspaceState,
    live: Live,
    (asked, conversation): (Asked, Option<String>),
    on_begin: impl FnOnce(&str) + 'static,
) {
    let limited_to = asked.limits.scope.clone();
    let answer = RwSignal::new(LiveAnswer { limited_to, ..LiveAnswer::default() });
    let number = live.turns.read_untracked().len();
    live.turns.update(|turns| {
        turns.push(LiveTurn { number, question: asked.question.clone(), answer });
    });
    scroll_to_turn(number);
    let (handle, registration) = AbortHandle::new_pair();
    live.running.set(Some(handle));
    let talk = async move {
        let id = if let Some(id) = conversation {
            id
        } else {
            let begun =
                begin_conversation(state.name.get_untracked(), asked.question.clone()).await;
            let id = begun.map_err(|error| error.message)?.id.to_string();
            live.conversation.set(Some(id.clone()));
            on_begin(&id);
            state.conversations.refetch();
            id
        };
        let question = AskBody {
            question: asked.question,
            model: asked.model,
            mode: asked.mode,
            limits: asked.limits,
            insist: asked.insist,
            conversation_id: id,
            stream: true,
        };
        let name = state.name.get_untracked();
        stream_answer(&name, &question, |event| answer.update(|answer| answer.take(event))).await
    };
    spawn_local(async move {
        let phase = match Abortable::new(talk, registration).await {
            Err(_) => Phase::Stopped,
            Ok(Err(message)) => Phase::Failed(message),
            Ok(Ok(())) => {
                Phase::Failed("the answer ended before it was complete; ask again".to_owned())
            }
        };
        // The page may have been left meanwhile.
        answer.try_update(|answer| {
            if answer.phase.is_running() {
                answer.phase = phase;
            }
        });
        live.running.try_set(None);
    });
}

/// Stops the answer that is being written; the server notices that nobody listens.
fn stop(live: Live) {
    if let Some(Some(running)) = live.running.try_update(Option::take) {
        running.abort();
    }
}

fn scroll_to_turn(number: usize) {
    request_animation_frame(move || {
        let document = window().and_then(|window| window.document());
        let turn =
            document.and_then(|document| document.get_element_by_id(&format!("turn-{number}")));
        if let Some(turn) = turn {
            turn.scroll_into_view();
        }
    });
}
