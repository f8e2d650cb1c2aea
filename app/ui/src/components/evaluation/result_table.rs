//! What became of each question of a report, failures first.

use std::sync::Arc;

use leptos::prelude::*;
use quire_domain::{QuestionAnswer, QuestionResult};

use super::show_more::ShowMore;
use super::state::ROWS_AT_A_TIME;
use crate::evaluation::figures::mode_name;
use crate::evaluation::verdict::{Verdict, is_failure};
use crate::show;

/// A result as the table shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedResult {
    /// The result.
    pub result: QuestionResult,
    /// Whether search had a document to find.
    pub expects: bool,
}

/// Lists results as they are given.
#[component]
pub fn ResultTable(
    /// The results, failures first.
    results: Vec<ListedResult>,
    /// The ways to search, the one that counts last.
    modes: Vec<String>,
) -> impl IntoView {
    let counting = modes.last().cloned();
    let fails =
        |listed: &&ListedResult| is_failure(&listed.result, counting.as_deref(), listed.expects);
    let failed = results.iter().filter(fails).count();
    let line = format!(
        "{} of {}",
        show::thousands(failed as u64),
        show::count(results.len() as u64, "question failed", "questions failed")
    );
    let with_answers = results.iter().any(|listed| listed.result.answer.is_some());
    let headings = modes
        .iter()
        .map(|mode| view! { <th scope="col" class="number">{mode_name(mode)}</th> })
        .collect_view();
    let total = results.len();
    let results = Arc::new(results);
    let shown = RwSignal::new(ROWS_AT_A_TIME);
    let rows = move || {
        let row = |listed: &ListedResult| result_row(listed, &modes, with_answers);
        results.iter().take(shown.get()).map(row).collect_view()
    };
    view! {
        <p class="muted small">
            {line} ": no right document among the first ten, or an answer that does not hold. A number is the rank of \
            the first right document."
        </p>
        <table class="table labelled results">
            <thead>
                <tr>
                    <th scope="col">"Question"</th>
                    {headings}
                    {with_answers.then(|| view! { <th scope="col">"Answer"</th> })}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <ShowMore shown total/>
    }
    .into_any()
}

fn result_row(
    listed: &ListedResult,
    modes: &[String],
    with_answers: bool,
) -> impl IntoView + use<> {
    let ListedResult { result, expects } = listed;
    let failed = is_failure(result, modes.last().map(String::as_str), *expects);
    let ranks = modes
        .iter()
        .map(|mode| {
            let rank = rank_words(result.ranks.get(mode).copied(), *expects);
            view! { <td class="number" data-label=mode_name(mode)>{rank}</td> }
        })
        .collect_view();
    let answer =
        with_answers.then(|| view! { <td>{result.answer.as_ref().map(answer_details)}</td> });
    view! {
        <tr class:failed=failed>
            <th scope="row">
                {result.question.clone()}
                {failed.then(|| view! { <span class="visually-hidden">" (failed)"</span> })}
            </th>
            {ranks}
            {answer}
        </tr>
    }
    .into_any()
}

/// Shows a rank; "none" says that the first hundred hold no right document.
pub(crate) fn rank_words(rank: Option<u32>, expects: bool) -> String {
    match rank {
        Some(rank) => rank.to_string(),
        None if expects => "none".to_owned(),
        None => "–".to_owned(),
    }
}

/// Shows what an answer was worth, with its words folded away.
pub(crate) fn answer_details(answer: &QuestionAnswer) -> impl IntoView + use<> {
    let verdict = Verdict::of(answer);
    let class = if verdict.is_failure() { "badge failed" } else { "badge ready" };
    let citations = (answer.citations > 0).then(|| {
        let count = show::count(answer.citations.into(), "citation supports", "citations support");
        format!("{} of {count} its sentence. ", answer.supporting_citations)
    });
    let numbers = (!answer.hallucinated_numbers.is_empty()).then(|| {
        let numbers = answer.hallucinated_numbers.join(", ");
        view! { " " <span class="badge partly">"Numbers from nowhere: " {numbers}</span> }
    });
    view! {
        <details class="given-answer">
            <summary><span class=class>{verdict.words()}</span> {numbers}</summary>
            <p>{answer.text.clone()}</p>
            <p class="muted small">{citations}</p>
        </details>
    }
    .into_any()
}
