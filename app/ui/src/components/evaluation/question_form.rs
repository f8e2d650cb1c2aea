//! Writing or changing a question with what is known of its answer.

use leptos::html::{Dialog, Input, Textarea};
use leptos::prelude::*;
use quire_domain::EvaluationQuestion;
use web_sys::KeyboardEvent;

use super::state::EvaluationState;
use crate::components::form_dialog::FormDialog;

/// The fields of a question, filled and read from outside the form.
#[derive(Clone, Copy, Default)]
pub struct QuestionFields {
    question: NodeRef<Textarea>,
    answers: NodeRef<Textarea>,
    documents: NodeRef<Textarea>,
    answerable: NodeRef<Input>,
}

impl QuestionFields {
    /// Shows a question in the fields.
    pub fn fill(&self, question: &EvaluationQuestion) {
        // A line is an answer; within one, white space does not count.
        let answers: Vec<String> =
            question.answers.iter().map(|answer| on_a_line(answer)).collect();
        let texts = [
            (self.question, question.question.clone()),
            (self.answers, answers.join("\n")),
            (self.documents, question.documents.join("\n")),
        ];
        for (field, text) in texts {
            if let Some(field) = field.get_untracked() {
                field.set_value(&text);
            }
        }
        if let Some(answerable) = self.answerable.get_untracked() {
            answerable.set_checked(question.answerable);
        }
    }

    /// Takes what was written into a question; an error says what is missing.
    pub fn read(&self, question: &mut EvaluationQuestion) -> Result<(), String> {
        let text = |field: NodeRef<Textarea>| {
            field.get_untracked().map(|field| field.value()).unwrap_or_default()
        };
        text(self.question).trim().clone_into(&mut question.question);
        question.answers = lines(&text(self.answers));
        question.documents = lines(&text(self.documents));
        question.answerable =
            self.answerable.get_untracked().is_some_and(|answerable| answerable.checked());
        if question.question.is_empty() {
            return Err("write the question".to_owned());
        }
        let names = crate::evaluation::questions::names_documents(question);
        if question.answerable && question.answers.is_empty() && !names {
            return Err("give a known answer or a document that answers it, so that there is \
                something to measure"
                .to_owned());
        }
        Ok(())
    }

    fn add_document(&self, path: &str) {
        let Some(field) = self.documents.get_untracked() else { return };
        let mut paths = lines(&field.value());
        if !path.is_empty() && paths.iter().all(|known| known != path) {
            paths.push(path.to_owned());
        }
        field.set_value(&paths.join("\n"));
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn on_a_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// A form for one question.
#[component]
pub fn QuestionForm(
    /// The dialog, for opening and closing it.
    dialog: NodeRef<Dialog>,
    /// Its fields.
    fields: QuestionFields,
    /// Why it was refused.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// Runs when the form is sent.
    on_submit: Callback<()>,
) -> impl IntoView {
    let state = expect_context::<EvaluationState>();
    let path = NodeRef::<Input>::new();
    let add = move || {
        let Some(path) = path.get_untracked() else { return };
        fields.add_document(path.value().trim());
        path.set_value("");
    };
    let on_keydown = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            add();
        }
    };
    let paths = move || {
        Suspend::new(async move {
            let known = state.paths.await.map(|known| known.paths).unwrap_or_default();
            known.into_iter().map(|path| view! { <option value=path></option> }).collect_view()
        })
    };
    view! {
        <FormDialog dialog title="A question with a known answer" action="Keep" error on_submit>
            <label class="field">
                <span>"Question"</span>
                <textarea node_ref=fields.question name="question" rows="2" required=true autofocus=true></textarea>
            </label>
            <label class="field">
                <span>"Known answers " <small class="muted">"one a line; one of them is enough"</small></span>
                <textarea node_ref=fields.answers name="answers" rows="2"></textarea>
            </label>
            <label class="field">
                <span>"Documents that answer it " <small class="muted">"one path a line"</small></span>
                <textarea node_ref=fields.documents name="documents" rows="2"></textarea>
            </label>
            <div class="path-adder">
                <label class="field inline grow">
                    <span class="visually-hidden">"Path of a document to add"</span>
                    <input node_ref=path type="text" list="document-paths" placeholder="Find a document…" autocomplete="off" on:keydown=on_keydown/>
                </label>
                <button type="button" class="button" on:click=move |_| add()>"Add"</button>
            </div>
            <datalist id="document-paths"><Suspense>{paths}</Suspense></datalist>
            <label class="check">
                <input node_ref=fields.answerable type="checkbox" name="answerable"/>
                <span>"The documents answer it " <small class="muted">"untick for a question that must be refused"</small></span>
            </label>
        </FormDialog>
    }
    .into_any()
}
