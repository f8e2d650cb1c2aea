//! The question being written, the choice of a model, and stopping.

use leptos::html::Textarea;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, SubmitEvent};

use super::model_select::ModelSelect;

/// A question as the form gives it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The question, not empty.
    pub question: String,
    /// The chosen chat model; the server's default where absent.
    pub model: Option<String>,
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
    let send = move || {
        let Some(textarea) = textarea.get_untracked() else { return };
        let question = textarea.value().trim().to_owned();
        if question.is_empty() || running.get_untracked() {
            return;
        }
        textarea.set_value("");
        let model = Some(model.get_untracked()).filter(|model| !model.is_empty());
        on_ask.run(Asked { question, model });
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
            <label class="visually-hidden" for="question">"Your question"</label>
            <textarea
                id="question"
                node_ref=textarea
                rows="2"
                placeholder="Ask about these documents…"
                on:keydown=on_keydown
            ></textarea>
            <div class="ask-controls">
                <ModelSelect model/>
                <Show
                    when=move || running.get()
                    fallback=|| view! { <button type="submit" class="button primary">"Ask"</button> }
                >
                    <button type="button" class="button" on:click=stop>"Stop"</button>
                </Show>
            </div>
        </form>
    }
    .into_any()
}
