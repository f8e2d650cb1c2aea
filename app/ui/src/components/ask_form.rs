//! The question being written, the choice of a model and of what is read, and stopping.

use leptos::html::Textarea;
use leptos::prelude::*;
use quire_domain::AnswerMode;
use web_sys::{KeyboardEvent, SubmitEvent};

use super::limit_picker::{LimitChips, LimitPicker};
use super::mode_select::ModeSelect;
use super::model_select::ModelSelect;
use super::workspace_state::WorkspaceState;
use crate::limits::Limits;

/// A question as the form gives it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The question, not empty.
    pub question: String,
    /// The chosen chat model; the server's default if absent.
    pub model: Option<String>,
    /// How to choose what is read; by the question and the sizes if absent.
    pub mode: Option<AnswerMode>,
    /// Which documents may be read.
    pub limits: Limits,
    /// Whether to answer even if the model holds that the passages do not.
    pub insist: bool,
}

/// Takes a question: Enter sends, Shift+Enter begins a new line.
#[component]
pub fn AskForm(
    /// Whether an answer is being written, so that it can be stopped.
    #[prop(into)]
    running: Signal<bool>,
    /// Runs with a question.
    on_ask: Callback<Asked>,
    /// Runs when the answer is to stop.
    on_stop: Callback<()>,
) -> impl IntoView {
    let textarea = NodeRef::<Textarea>::new();
    let model = RwSignal::new(String::new());
    let mode = RwSignal::new(None);
    let limits = RwSignal::new(Limits::default());
    forget_with_the_collection(limits);
    let send = move || {
        let Some(textarea) = textarea.get_untracked() else { return };
        let question = textarea.value().trim().to_owned();
        if question.is_empty() || running.get_untracked() {
            return;
        }
        textarea.set_value("");
        let model = Some(model.get_untracked()).filter(|model| !model.is_empty());
        let (mode, limits) = (mode.get_untracked(), limits.get_untracked());
        on_ask.run(Asked { question, model, mode, limits, insist: false });
    };
    let on_keydown = move |event: KeyboardEvent| {
        // While an input method composes, Enter chooses a word.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        send();
    };
    // The button that was pressed is gone then, and the focus would be with it.
    let stop = move |_| {
        on_stop.run(());
        if let Some(textarea) = textarea.get_untracked() {
            let _ = textarea.focus();
        }
    };
    view! {
        <form class="ask-form" on:submit=on_submit>
            <div class="ask-box">
                <LimitChips limits/>
                <label class="visually-hidden" for="question">"Your question"</label>
                <textarea
                    id="question"
                    node_ref=textarea
                    rows="1"
                    placeholder="Ask about these documents…"
                    on:keydown=on_keydown
                ></textarea>
                <div class="ask-controls">
                    <ModelSelect model/>
                    <ModeSelect mode/>
                    <LimitPicker limits/>
                    <Show
                        when=move || running.get()
                        fallback=|| view! { <button type="submit" class="button primary ask">"Ask"</button> }
                    >
                        <button type="button" class="button ask stop" on:click=stop>"Stop"</button>
                    </Show>
                </div>
            </div>
        </form>
    }
    .into_any()
}

/// Empties the choice when another collection is opened; a new name makes no other collection.
fn forget_with_the_collection(limits: RwSignal<Limits>) {
    let state = expect_context::<WorkspaceState>();
    Effect::new(move |before: Option<Option<i64>>| {
        let made = state.collection.get().and_then(Result::ok).map(|known| known.created_at_ms);
        let before = before.flatten();
        if before.is_some() && made.is_some() && before != made {
            limits.set(Limits::default());
        }
        made.or(before)
    });
}
