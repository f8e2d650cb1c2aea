//! The collection's own questions: written here, or taken from a file.

use leptos::html::Dialog;
use leptos::prelude::*;
use quire_domain::EvaluationQuestion;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};

use super::question_form::{QuestionFields, QuestionForm};
use super::question_table::QuestionTable;
use super::state::EvaluationState;
use super::suggest_button::SuggestButton;
use crate::UiError;
use crate::browser::{dialog, focus, text_files};
use crate::components::attempt::attempt;
use crate::components::confirm_dialog::ConfirmDialog;
use crate::components::notice::{Notice, OptionalNotice};
use crate::evaluation::questions::{read_lines, write_lines};
use crate::server_functions::evaluations::{
    KeptQuestions, delete_question, delete_questions, keep_questions,
};
use crate::show;

/// What is to be deleted.
#[derive(Clone, Debug)]
enum ToDelete {
    One(Box<EvaluationQuestion>),
    All,
}

/// Lists the questions, and takes new ones.
#[component]
pub fn QuestionSection() -> impl IntoView {
    let state = expect_context::<EvaluationState>();
    let edited = RwSignal::new(EvaluationQuestion::default());
    let to_delete = RwSignal::new(ToDelete::All);
    let (form, confirm) = (NodeRef::<Dialog>::new(), NodeRef::<Dialog>::new());
    let fields = QuestionFields::default();
    let (form_error, delete_error) = (RwSignal::new(None), RwSignal::new(None));
    let on_edit = Callback::new(move |question: EvaluationQuestion| {
        form_error.set(None);
        fields.fill(&question);
        edited.set(question);
        dialog::open(form);
    });
    let ask_to_delete = Callback::new(move |what: ToDelete| {
        delete_error.set(None);
        to_delete.set(what);
        dialog::open(confirm);
    });
    let on_delete =
        Callback::new(move |question| ask_to_delete.run(ToDelete::One(Box::new(question))));
    let on_submit = Callback::new(move |()| {
        let mut question = edited.get_untracked();
        if let Err(message) = fields.read(&mut question) {
            form_error.set(Some(message));
            return;
        }
        let name = state.name.get_untracked();
        attempt(keep_questions(name, vec![question]), form_error, move |_| {
            dialog::close(form);
            state.questions.refetch();
        });
    });
    let on_confirm = Callback::new(move |()| {
        let (name, what) = (state.name.get_untracked(), to_delete.get_untracked());
        let deed = async move {
            match what {
                ToDelete::One(question) => delete_question(name, question.id).await,
                ToDelete::All => delete_questions(name).await,
            }
        };
        attempt(deed, delete_error, move |()| {
            dialog::close(confirm);
            focus::to_content();
            state.questions.refetch();
        });
    });
    let title = move || match &*to_delete.read() {
        ToDelete::One(question) => format!("Delete “{}”?", question.question),
        ToDelete::All => "Delete all questions?".to_owned(),
    };
    let new = move |_| {
        on_edit.run(EvaluationQuestion { answerable: true, ..EvaluationQuestion::default() });
    };
    let list = move || {
        Suspend::new(async move {
            let paths = state.paths.await.ok().filter(|known| !known.more);
            let paths = paths.map(|known| known.paths.into_iter().collect());
            match state.questions.await {
                // The page as a whole says so.
                Err(error) if error.kind == quire_domain::ErrorKind::NotFound => ().into_any(),
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(questions) if questions.is_empty() => view! { <NoQuestions/> }.into_any(),
                Ok(questions) => {
                    let count = show::count(questions.len() as u64, "question", "questions");
                    view! {
                        <p class="muted small">{count}</p>
                        <QuestionTable questions paths on_edit on_delete/>
                    }
                    .into_any()
                }
            }
        })
    };
    view! {
        <section class="evaluation-part" aria-labelledby="questions-title">
            <div class="part-heading">
                <h2 id="questions-title">"Questions"</h2>
                <div class="part-actions">
                    <SuggestButton/>
                    <QuestionFiles on_clear=Callback::new(move |()| ask_to_delete.run(ToDelete::All))/>
                    <button id="add-question" type="button" class="button" on:click=new>"Add a question"</button>
                </div>
            </div>
            <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{list}</Transition>
            <QuestionForm dialog=form fields error=form_error on_submit/>
            <ConfirmDialog
                dialog=confirm
                title=Signal::derive(title)
                text="Reports that were made with it stay as they are."
                action="Delete"
                error=delete_error
                on_confirm
            />
        </section>
    }
    .into_any()
}

#[component]
fn NoQuestions() -> impl IntoView {
    view! {
        <p class="muted">
            "None yet. Add questions whose answers you know, and name the documents that hold them; a dozen already shows \
             where search or answers fail. Some that the documents do not answer show whether it refuses."
        </p>
    }
}

/// Takes questions from a file and gives them as one, one a line.
#[component]
fn QuestionFiles(
    /// Runs when all questions are to be deleted.
    on_clear: Callback<()>,
) -> impl IntoView {
    let state = expect_context::<EvaluationState>();
    let error = RwSignal::new(None);
    let done = RwSignal::new(String::new());
    let on_choose = move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(input) = input else { return };
        let file = input.files().and_then(|files| files.get(0));
        let Some(file) = file else { return };
        // So that the same file can be chosen again.
        input.set_value("");
        done.set(String::new());
        let name = state.name.get_untracked();
        let import = async move {
            let refused =
                |message| UiError { kind: quire_domain::ErrorKind::InvalidInput, message };
            let text = text_files::read(&file).await.map_err(refused)?;
            keep_questions(name, read_lines(&text).map_err(refused)?).await
        };
        attempt(import, error, move |kept: KeptQuestions| {
            let added = show::count(kept.added, "question", "questions");
            done.set(format!("{added} added, {} replaced.", show::thousands(kept.replaced)));
            state.questions.refetch();
        });
    };
    let export = move |_| {
        let Some(Ok(questions)) = state.questions.get_untracked() else { return };
        let name = format!("{}-questions.jsonl", state.name.read_untracked());
        error.set(text_files::save(&name, &write_lines(&questions)).err());
    };
    let is_empty = move || {
        Suspend::new(async move {
            let some = state.questions.await.is_ok_and(|questions| !questions.is_empty());
            some.then(|| {
                view! {
                    <button type="button" class="quiet" on:click=move |_| on_clear.run(())>"Delete all"</button>
                    <button type="button" class="quiet" title="One question a line, as JSON" on:click=export>"Export"</button>
                }
            })
        })
    };
    view! {
        <span role="status" class="muted small">{done}</span>
        <OptionalNotice message=error/>
        <Transition>{is_empty}</Transition>
        <label class="button" title="A file with one question a line, as JSON">
            <input
                id="import-questions"
                class="visually-hidden"
                type="file"
                accept=".jsonl,.ndjson,.json"
                on:change=on_choose
            />
            "Import"
        </label>
    }
    .into_any()
}
