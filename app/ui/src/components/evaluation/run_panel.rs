//! Running an evaluation: what to run, how far it is, and stopping it.

use futures::future::{AbortHandle, Abortable};
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use quire_domain::{Collection, Evaluation, EvaluationEvent, IndexChoice, IndexState};
use web_sys::SubmitEvent;

use super::state::EvaluationState;
use crate::browser::evaluation_stream::{EvaluationBody, stream_evaluation};
use crate::components::model_select::ModelSelect;
use crate::components::notice::Notice;
use crate::components::workspace_state::WorkspaceState;
use crate::evaluation::figures::{Unit, headline};
use crate::show;

/// How long an answer takes on a laptop, about.
const SECONDS_AN_ANSWER: u64 = 30;

/// How far a run is.
#[derive(Clone, Debug, PartialEq)]
enum Progress {
    /// None was started on this page.
    None,
    /// Questions are being searched: so many, of how many once that is known.
    Searching(u32, Option<u32>),
    /// So many questions are answered, of how many.
    Answering(u32, u32),
    /// It is complete.
    Done(Box<Evaluation>),
    /// The person stopped it.
    Stopped,
    /// It could not be finished; a sentence says why.
    Failed(String),
}

impl Progress {
    fn is_running(&self) -> bool {
        matches!(self, Self::Searching(..) | Self::Answering(..))
    }

    fn take(&mut self, event: EvaluationEvent, answers: bool) {
        *self = match event {
            // The first answer is awaited then, and takes longest.
            EvaluationEvent::Searched { done, total } if answers && done == total => {
                Self::Answering(0, total)
            }
            EvaluationEvent::Searched { done, total } => Self::Searching(done, Some(total)),
            EvaluationEvent::Answered { done, total } => Self::Answering(done, total),
            EvaluationEvent::Done { evaluation } => Self::Done(evaluation),
            EvaluationEvent::Failed { message, .. } => Self::Failed(message),
        };
    }
}

/// Runs evaluations of the collection's own questions.
#[component]
pub fn RunPanel() -> impl IntoView {
    let state = expect_context::<EvaluationState>();
    let progress = RwSignal::new(Progress::None);
    let running = RwSignal::new(None::<AbortHandle>);
    let answers = RwSignal::new(false);
    let model = RwSignal::new(String::new());
    let name = NodeRef::<Input>::new();
    let index = RwSignal::new(IndexChoice::Active);
    on_cleanup(move || stop(running));
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(name) = name.get_untracked() else { return };
        if running.read_untracked().is_some() {
            return;
        }
        let filled = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let with_answers = answers.get_untracked();
        let body = EvaluationBody {
            name: filled(name.value()),
            answers: with_answers,
            model: filled(model.get_untracked()).filter(|_| with_answers),
            index: index.get_untracked(),
            stream: true,
        };
        run(state, body, (progress, running));
    };
    let is_running = Memo::new(move |_| progress.read().is_running());
    let costs = move || {
        let count = match state.questions.get() {
            Some(Ok(questions)) => questions.len() as u64,
            _ => 0,
        };
        if !answers.get() || count == 0 {
            return "Searching takes a moment.".to_owned();
        }
        let minutes = (count * SECONDS_AN_ANSWER).div_ceil(60);
        let questions = show::count(count, "question", "questions");
        format!("{questions} may take {} on a laptop.", show::count(minutes, "minute", "minutes"))
    };
    let choice = move |value: bool, label: &'static str, hint: &'static str| {
        view! {
            <label class="check">
                <input type="radio" name="run" checked=!value prop:checked=move || answers.get() == value on:change=move |_| answers.set(value)/>
                <span>{label} " " <small class="muted">{hint}</small></span>
            </label>
        }
    };
    view! {
        <section class="evaluation-part" aria-labelledby="run-title">
            <h2 id="run-title">"Run"</h2>
            <form class="panel run-form" on:submit=on_submit>
                <fieldset disabled=is_running>
                    <legend class="visually-hidden">"What to run"</legend>
                    {choice(false, "Search only", "every question in each way to search")}
                    {choice(true, "Search and answers", "an answer takes about half a minute on a laptop")}
                    <div class="run-fields">
                        <IndexSelect index/>
                        <label class="field inline grow">
                            <span>"Name"</span>
                            <input node_ref=name type="text" name="name" maxlength="80" autocomplete="off" placeholder="evaluation"/>
                        </label>
                        <div class="field inline" hidden=move || !answers.get()>
                            <span aria-hidden="true">"Chat model"</span>
                            <ModelSelect model/>
                        </div>
                    </div>
                </fieldset>
                <div class="run-buttons">
                    <Show
                        when=move || is_running.get()
                        fallback=|| view! { <button id="run" type="submit" class="button primary">"Run"</button> }
                    >
                        <button id="stop" type="button" class="button" on:click=move |_| stop(running)>"Stop"</button>
                    </Show>
                    <span class="muted small"><Transition>{costs}</Transition></span>
                </div>
                <div role="status">{move || progress_line(&progress.read(), state)}</div>
            </form>
        </section>
    }
    .into_any()
}

/// Chooses between the present index and the next one, while that one is ready.
#[component]
fn IndexSelect(
    /// The chosen one.
    index: RwSignal<IndexChoice>,
) -> impl IntoView {
    let workspace = expect_context::<WorkspaceState>();
    let is_ready = |collection: Collection| {
        collection.next_index.is_some_and(|next| next.state == IndexState::Ready)
    };
    // Once it is switched to or given up there is nothing to choose.
    Effect::new(move |_| {
        let known = workspace.collection.get().and_then(Result::ok);
        if known.is_some_and(|known| !is_ready(known)) {
            index.set(IndexChoice::Active);
        }
    });
    let choose = move |value: &str| {
        let is_next = value == IndexChoice::Next.as_str();
        index.set(if is_next { IndexChoice::Next } else { IndexChoice::Active });
    };
    let option = move |choice: IndexChoice, name: &'static str| {
        view! { <option value=choice.as_str() selected=move || index.get() == choice>{name}</option> }
    };
    let field = move || {
        let known = workspace.collection.get().and_then(Result::ok);
        known.filter(|known| is_ready(known.clone())).map(|_| {
            view! {
                <label class="field inline">
                    <span>"Index"</span>
                    <select name="index" on:change:target=move |event| choose(&event.target().value())>
                        {option(IndexChoice::Active, "The present one")}
                        {option(IndexChoice::Next, "The new one")}
                    </select>
                </label>
            }
        })
    };
    view! { <Transition>{field}</Transition> }
}

fn progress_line(progress: &Progress, state: EvaluationState) -> Option<AnyView> {
    let bar = |line: String, done: u32, total: Option<u32>| {
        let total = total.map(|total| total.to_string());
        // Without a value the bar says that something is going on.
        let done = total.is_some().then(|| done.to_string());
        let note = "It goes on behind the other views of this collection, and ends with this page.";
        view! {
            <div class="run-progress">
                <p>{line}</p>
                <progress max=total value=done aria-label="Evaluation"></progress>
                <p class="muted small">{note}</p>
            </div>
        }
        .into_any()
    };
    let of = |done: u32, total: u32| {
        format!("{} of {}", show::thousands(done.into()), show::thousands(total.into()))
    };
    match progress {
        Progress::None => None,
        Progress::Searching(done, total) => {
            let line = total.map_or_else(
                || "Searching…".to_owned(),
                |total| format!("Searched {}", of(*done, total)),
            );
            Some(bar(line, *done, *total))
        }
        Progress::Answering(done, total) => {
            Some(bar(format!("Answered {}", of(*done, *total)), *done, Some(*total)))
        }
        Progress::Done(report) => {
            let url = state.report_url(report.id.as_str());
            let found = headline(report)
                .map(|(_, figures)| format!(": nDCG@10 {}", Unit::Score.show(figures.ndcg_at_10)));
            Some(view! { <p>"Done" {found} ". " <a href=url>"Open the report"</a></p> }.into_any())
        }
        Progress::Stopped => {
            Some(view! { <p class="muted">"Stopped. Nothing of it was kept."</p> }.into_any())
        }
        Progress::Failed(message) => Some(view! { <Notice message=message.clone()/> }.into_any()),
    }
}

/// Runs an evaluation, and lists its report when it is there.
fn run(
    state: EvaluationState,
    body: EvaluationBody,
    (progress, running): (RwSignal<Progress>, RwSignal<Option<AbortHandle>>),
) {
    progress.set(Progress::Searching(0, None));
    let (handle, registration) = AbortHandle::new_pair();
    running.set(Some(handle));
    let name = state.name.get_untracked();
    let listen = async move {
        let answers = body.answers;
        stream_evaluation(&name, &body, move |event| {
            progress.update(|progress| progress.take(event, answers));
        })
        .await
    };
    spawn_local(async move {
        let end = match Abortable::new(listen, registration).await {
            Err(_) => Progress::Stopped,
            Ok(Err(message)) => Progress::Failed(message),
            Ok(Ok(())) => {
                Progress::Failed("the evaluation ended before it was complete".to_owned())
            }
        };
        // The page may have been left meanwhile.
        let is_done = progress.try_update(|progress| {
            if progress.is_running() {
                *progress = end;
            }
            matches!(progress, Progress::Done(_))
        });
        running.try_set(None);
        if is_done == Some(true) {
            state.reports.refetch();
        }
    });
}

/// Stops the run; the server notices at the next question that nobody listens.
fn stop(running: RwSignal<Option<AbortHandle>>) {
    if let Some(Some(running)) = running.try_update(Option::take) {
        running.abort();
    }
}
