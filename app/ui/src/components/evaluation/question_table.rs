//! The questions kept with a collection, one a row.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::prelude::*;
use quire_domain::EvaluationQuestion;

use super::show_more::ShowMore;
use super::state::ROWS_AT_A_TIME;
use crate::components::deed_button::DeedButton;

/// Lists questions; each can be changed and deleted.
#[component]
pub fn QuestionTable(
    /// The questions.
    questions: Vec<EvaluationQuestion>,
    /// The paths of all documents, if they are known.
    paths: Option<BTreeSet<String>>,
    /// Runs with the question to change.
    on_edit: Callback<EvaluationQuestion>,
    /// Runs with the question to delete.
    on_delete: Callback<EvaluationQuestion>,
) -> impl IntoView {
    let total = questions.len();
    let questions = Arc::new(questions);
    let paths = Arc::new(paths);
    let shown = RwSignal::new(ROWS_AT_A_TIME);
    let rows = move || {
        let row = |question: &EvaluationQuestion| {
            question_row(question, (*paths).as_ref(), (on_edit, on_delete))
        };
        questions.iter().take(shown.get()).map(row).collect_view()
    };
    view! {
        <table class="table labelled questions">
            <thead>
                <tr>
                    <th scope="col">"Question"</th>
                    <th scope="col">"Known answer"</th>
                    <th scope="col">"Documents"</th>
                    <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <ShowMore shown total/>
    }
    .into_any()
}

fn question_row(
    question: &EvaluationQuestion,
    paths: Option<&BTreeSet<String>>,
    (on_edit, on_delete): (Callback<EvaluationQuestion>, Callback<EvaluationQuestion>),
) -> impl IntoView + use<> {
    let answer = if question.answerable {
        question.answers.join(" · ").into_any()
    } else {
        view! { <span class="badge">"Must be refused"</span> }.into_any()
    };
    let pages = question.pages.iter().map(|page| format!("{}, page {}", page.path, page.page));
    let documents = question.documents.iter().cloned().map(|path| {
        let is_unknown = paths.is_some_and(|paths| !paths.contains(&path));
        let unknown = is_unknown
            .then(|| view! { " " <span class="badge partly">"not in this collection"</span> });
        view! { <div class="path">{path} {unknown}</div> }.into_any()
    });
    let documents = documents
        .chain(pages.map(|page| view! { <div class="path muted">{page}</div> }.into_any()))
        .collect_view();
    let text = question.question.clone();
    let (edited, deleted) = (question.clone(), question.clone());
    view! {
        <tr>
            <th scope="row">{text.clone()}</th>
            <td data-label="Known answer">{answer}</td>
            <td data-label="Documents">{documents}</td>
            <td class="row-actions">
                <DeedButton deed="Edit" of=text.clone() on_press=move |()| on_edit.run(edited.clone())/>
                <DeedButton deed="Delete" of=text on_press=move |()| on_delete.run(deleted.clone())/>
            </td>
        </tr>
    }
    .into_any()
}
