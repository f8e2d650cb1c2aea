//! Two reports beside each other: what became better or worse, and on which questions.

use std::sync::Arc;

use leptos::prelude::*;
use quire_domain::{Evaluation, QuestionResult};

use super::change_table::{ChangeTable, worth_badge};
use super::result_table::{answer_details, rank_words};
use super::show_more::ShowMore;
use super::state::{EvaluationState, ROWS_AT_A_TIME};
use crate::components::notice::Notice;
use crate::components::when::When;
use crate::evaluation::difference::{
    QuestionChange, QuestionChanges, Worth, answer_changes, question_changes, search_changes,
};
use crate::evaluation::figures::{headline, mode_name, modes};
use crate::server_functions::evaluations::get_evaluation;
use crate::show;

/// Both reports.
type Pair = Arc<(Evaluation, Evaluation)>;

/// Compares two reports.
#[component]
pub fn ComparisonView(
    /// The older one.
    before: String,
    /// The newer one.
    after: String,
) -> impl IntoView {
    let state = expect_context::<EvaluationState>();
    let reports = Resource::new(
        move || (before.clone(), after.clone()),
        |(before, after)| async move {
            Ok::<_, crate::UiError>((get_evaluation(before).await?, get_evaluation(after).await?))
        },
    );
    let content = move || {
        Suspend::new(async move {
            match reports.await {
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(pair) => compared(&Arc::new(pair)).into_any(),
            }
        })
    };
    view! {
        <p><a class="back" href=move || state.url()>"← All reports"</a></p>
        <div class="page-heading"><h1>"Two reports compared"</h1></div>
        <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{content}</Transition>
    }
    .into_any()
}

fn compared(pair: &Pair) -> impl IntoView + use<> {
    let (before, after) = (&pair.0, &pair.1);
    let mode = RwSignal::new(headline(after).map(|(mode, _)| mode).unwrap_or_default());
    let mut names: Vec<String> =
        modes(before).into_iter().chain(modes(after)).map(|(mode, _)| mode).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|mode| seen.insert(mode.clone()));
    let choice = (!names.is_empty()).then(|| mode_choice(names, mode));
    let search = {
        let pair = Arc::clone(pair);
        move || {
            let changes = search_changes(&pair.0, &pair.1, &mode.read());
            view! { <ChangeTable caption="Search" changes/> }
        }
    };
    let answers = answer_changes(before, after);
    let answers =
        (!answers.is_empty()).then(|| view! { <ChangeTable caption="Answers" changes=answers/> });
    let questions = {
        let pair = Arc::clone(pair);
        move || {
            let changes = question_changes(&pair.0, &pair.1, &mode.read());
            question_list(changes)
        }
    };
    view! {
        <dl class="panel compared">
            <div><dt>"Before"</dt> {report_line(before)}</div>
            <div><dt>"After"</dt> {report_line(after)}</div>
        </dl>
        {choice}
        {search}
        {answers}
        <h2>"Questions that went otherwise"</h2>
        {questions}
    }
}

fn report_line(report: &Evaluation) -> impl IntoView + use<> {
    let state = expect_context::<EvaluationState>();
    let url = state.report_url(report.id.as_str());
    let answering = report.answers.as_ref().and_then(|answers| answers.model.clone());
    let answering = answering
        .map(|model| view! { " · answers by " <span class="path">{model.to_string()}</span> });
    view! {
        <dd>
            <a class="path" href=url>{report.name.clone()}</a>
            <span class="muted small">
                <When at_ms=report.created_at_ms/> " · " <span class="path">{report.embedding_model.to_string()}</span> {answering}
            </span>
        </dd>
    }
}

fn mode_choice(names: Vec<String>, mode: RwSignal<String>) -> impl IntoView {
    let options = names
        .into_iter()
        .map(|name| {
            let (value, label) = (name.clone(), mode_name(&name));
            view! { <option value=value selected=move || *mode.read() == name>{label}</option> }
        })
        .collect_view();
    view! {
        <div class="filters">
            <label class="field inline">
                <span>"Way to search"</span>
                <select on:change:target=move |event| mode.set(event.target().value())>{options}</select>
            </label>
        </div>
    }
}

fn question_list(changes: QuestionChanges) -> impl IntoView {
    let QuestionChanges { changed, same, only_before, only_after } = changes;
    let count = |number: usize| show::thousands(number as u64);
    let mut line = format!("{} changed, {} went the same way.", count(changed.len()), count(same));
    if only_before + only_after > 0 {
        line = format!(
            "{line} Not compared: {} only in the first, {} only in the second; the figures above are over different questions.",
            count(only_before),
            count(only_after)
        );
    }
    let total = changed.len();
    let shown = RwSignal::new(ROWS_AT_A_TIME);
    let rows = move || changed.iter().take(shown.get()).map(question_row).collect_view();
    let table = (total > 0).then(|| {
        view! {
            <table class="table labelled changed-questions">
                <thead>
                    <tr>
                        <th scope="col">"Question"</th>
                        <th scope="col">"Rank"</th>
                        <th scope="col">"Answer"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <ShowMore shown total/>
        }
    });
    view! {
        <p class="muted small">{line}</p>
        {table}
    }
}

fn question_row(change: &QuestionChange) -> impl IntoView + use<> {
    let QuestionChange { before, after, rank, answer, .. } = change;
    let ranks = (*rank != Worth::Same).then(|| {
        let words = |rank: Option<u32>| rank_words(rank, true);
        view! { {words(change.ranks.0)} " → " {words(change.ranks.1)} " " {worth_badge(*rank)} }
    });
    let answers = (*answer != Worth::Same).then(|| {
        let given = |label: &'static str, result: &QuestionResult| {
            let answer = result.answer.as_ref().map(answer_details);
            view! { <div class="one-answer"><span class="muted small">{label}</span> {answer}</div> }
        };
        view! { {worth_badge(*answer)} {given("Before", before)} {given("After", after)} }
    });
    view! {
        <tr>
            <th scope="row">{after.question.clone()}</th>
            <td data-label="Rank">{ranks}</td>
            <td>{answers}</td>
        </tr>
    }
    .into_any()
}
