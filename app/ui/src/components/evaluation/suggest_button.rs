//! Questions made from the collection's passages: kept as they come, to be edited or deleted.

use futures::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use leptos::task::spawn_local;
use quire_domain::{EvaluationQuestion, SuggestionEvent};

use super::state::EvaluationState;
use crate::browser::evaluation_stream::stream_suggestions;
use crate::components::notice::OptionalNotice;
use crate::server_functions::evaluations::keep_questions;
use crate::show;

/// How many questions are made at once: enough to look at in one sitting.
const COUNT: u32 = 10;

/// The signals of one run.
#[derive(Clone, Copy)]
struct Making {
    state: EvaluationState,
    running: RwSignal<Option<AbortHandle>>,
    line: RwSignal<String>,
    error: RwSignal<Option<String>>,
}

/// Makes questions, tells how far it is, and stops when asked.
#[component]
pub fn SuggestButton() -> impl IntoView {
    let making = Making {
        state: expect_context(),
        running: RwSignal::new(None),
        line: RwSignal::new(String::new()),
        error: RwSignal::new(None),
    };
    on_cleanup(move || making.stop());
    let is_running = Memo::new(move |_| making.running.read().is_some());
    let title = "The chat model writes them from passages all over the collection; only those whose answer stands in its \
        passage are kept";
    view! {
        <span role="status" class="muted small">{making.line}</span>
        <OptionalNotice message=making.error/>
        <Show
            when=move || is_running.get()
            fallback=move || view! {
                <button id="suggest" type="button" class="button" title=title on:click=move |_| making.start()>"Suggest questions"</button>
            }
        >
            <button id="stop-suggesting" type="button" class="button" on:click=move |_| making.stop()>"Stop"</button>
        </Show>
    }
    .into_any()
}

impl Making {
    fn start(self) {
        let (handle, registration) = AbortHandle::new_pair();
        self.running.set(Some(handle));
        self.error.set(None);
        self.line.set("Reading passages…".to_owned());
        let name = self.state.name.get_untracked();
        let listen = async move {
            let mut suggested = 0;
            stream_suggestions(&name, COUNT, |event| match event {
                SuggestionEvent::Suggested { question } => {
                    suggested += 1;
                    self.line.set(format!("{suggested} of {COUNT}…"));
                    self.keep(*question);
                }
                SuggestionEvent::Passed { .. } => {}
                SuggestionEvent::Done { suggested, passed } => {
                    self.line.set(summary(suggested, passed));
                }
                SuggestionEvent::Failed { message, .. } => self.error.set(Some(message)),
            })
            .await
        };
        spawn_local(async move {
            // The page may have been left meanwhile, and its signals with it.
            match Abortable::new(listen, registration).await {
                Err(_) => drop(self.line.try_set(String::new())),
                Ok(Err(message)) => drop(self.error.try_set(Some(message))),
                Ok(Ok(())) => {}
            }
            self.running.try_set(None);
        });
    }

    fn keep(self, question: EvaluationQuestion) {
        let name = self.state.name.get_untracked();
        spawn_local(async move {
            match keep_questions(name, vec![question]).await {
                Ok(_) => self.state.questions.refetch(),
                Err(error) => drop(self.error.try_set(Some(error.message))),
            }
        });
    }

    /// The server notices at the next passage that nobody listens.
    fn stop(self) {
        if let Some(Some(running)) = self.running.try_update(Option::take) {
            running.abort();
        }
    }
}

fn summary(suggested: u32, passed: u32) -> String {
    let made = show::count(suggested.into(), "question", "questions");
    match passed {
        0 => format!("{made} added; look them through."),
        _ => format!("{made} added; {passed} more passages gave none that could be checked."),
    }
}
