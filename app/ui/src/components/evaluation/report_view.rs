//! One report: its figures, and question by question.

use std::collections::HashMap;

use leptos::prelude::*;
use quire_domain::{AnswerFigures, Evaluation, EvaluationQuestion, QuestionResult};

use super::mode_table::ModeTable;
use super::result_table::{ListedResult, ResultTable};
use super::state::EvaluationState;
use crate::components::notice::Notice;
use crate::components::when::When;
use crate::evaluation::figures::{Unit, modes, show_or_dash};
use crate::evaluation::questions::names_documents;
use crate::evaluation::verdict::failures_first;
use crate::server_functions::evaluations::get_evaluation;
use crate::show;

/// Shows a report.
#[component]
pub fn ReportView(
    /// Its identifier.
    id: String,
) -> impl IntoView {
    let state = expect_context::<EvaluationState>();
    let report = Resource::new(move || id.clone(), get_evaluation);
    let content = move || {
        Suspend::new(async move {
            let questions = state.questions.await.unwrap_or_default();
            match report.await {
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(report) => whole(&report, &questions).into_any(),
            }
        })
    };
    view! {
        <p><a class="back" href=move || state.url()>"← All reports"</a></p>
        <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{content}</Transition>
    }
    .into_any()
}

fn whole(report: &Evaluation, questions: &[EvaluationQuestion]) -> impl IntoView + use<> {
    let names: Vec<String> = modes(report).into_iter().map(|(mode, _)| mode).collect();
    let search = (!names.is_empty()).then(|| {
        let times = format!(
            "A search took {} (median), at most {} for 95 of 100; {} of it to read the best hits again.",
            Unit::Milliseconds.show(report.query_ms_p50),
            Unit::Milliseconds.show(report.query_ms_p95),
            Unit::Milliseconds.show(report.rerank_ms_p50)
        );
        view! {
            <h2>"Search"</h2>
            <ModeTable report/>
            <p class="muted small">{times}</p>
        }
    });
    let results = listed(report, names.last().map(String::as_str), questions);
    let queries = show::count(report.queries.into(), "question", "questions");
    let documents = show::count(report.documents, "document", "documents");
    view! {
        <div class="page-heading">
            <div>
                <h1 class="path">{report.name.clone()}</h1>
                <p class="muted">
                    <When at_ms=report.created_at_ms/> " · " {queries} " on " {documents} " · " <span class="path">{report.embedding_model.to_string()}</span>
                </p>
            </div>
        </div>
        {search}
        {report.answers.as_ref().map(answer_list)}
        <h2>"Question by question"</h2>
        <ResultTable results modes=names/>
    }
}

/// Puts a report's results in order, and says of each whether search had something to find: as far
/// as its question is still kept, else by whether anything was found.
fn listed(
    report: &Evaluation,
    mode: Option<&str>,
    questions: &[EvaluationQuestion],
) -> Vec<ListedResult> {
    let known: HashMap<(&str, &str), bool> = questions
        .iter()
        .map(|question| {
            ((question.id.as_str(), question.question.as_str()), names_documents(question))
        })
        .collect();
    let expects = |result: &QuestionResult| {
        let known = known.get(&(result.id.as_str(), result.question.as_str())).copied();
        let answerable = result.answer.as_ref().is_none_or(|answer| answer.answerable);
        !result.ranks.is_empty() || known.unwrap_or(answerable)
    };
    let mut results = report.results.clone();
    failures_first(&mut results, mode, expects);
    results.into_iter().map(|result| ListedResult { expects: expects(&result), result }).collect()
}

fn answer_list(answers: &AnswerFigures) -> impl IntoView + use<> {
    let share = |value: Option<f64>| show_or_dash(Unit::Share, value);
    let of = |part: u32, whole: u32| format!("{part} of {whole}");
    let model = answers.model.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string);
    let lines = [
        ("Chat model", model),
        ("Contain a known answer", share(answers.contains)),
        ("Are a known answer to the letter", share(answers.exact_match)),
        ("Overlap with it (F1)", show_or_dash(Unit::Score, answers.f1)),
        ("Citations that support their sentence (precision)", share(answers.citation_precision)),
        ("Sentences with a citation (recall)", share(answers.citation_recall)),
        ("Quotes to the letter", share(answers.quotes_verbatim)),
        ("Rightly not answered", of(answers.right_refusals, answers.unanswerable)),
        ("Wrongly not answered", of(answers.wrong_refusals, answers.answerable)),
        ("Numbers from nowhere", of(answers.hallucinated_numbers, answers.numbers)),
        ("First word, median", show::duration(answers.first_token_ms_p50)),
        ("Whole answer, median", show::duration(answers.total_ms_p50)),
    ];
    let lines = lines
        .into_iter()
        .map(|(name, value)| view! { <div><dt>{name}</dt> <dd>{value}</dd></div> })
        .collect_view();
    view! {
        <h2>"Answers"</h2>
        <dl class="panel answer-figures">{lines}</dl>
    }
}

#[cfg(test)]
mod tests;
