//! All reports about a collection, newest first: opened, deleted, or two of them compared.

use leptos::html::Dialog;
use leptos::prelude::*;
use quire_domain::{AnswerFigures, ErrorKind, Evaluation};

use super::state::EvaluationState;
use crate::browser::{dialog, focus};
use crate::components::attempt::attempt;
use crate::components::confirm_dialog::ConfirmDialog;
use crate::components::deed_button::DeedButton;
use crate::components::notice::Notice;
use crate::components::when::When;
use crate::evaluation::figures::{Unit, headline, show_or_dash};
use crate::server_functions::evaluations::delete_evaluation;
use crate::show;

/// What can be done with a report in the list.
#[derive(Clone, Copy)]
struct Deeds {
    /// The reports chosen for a comparison, two at most.
    chosen: RwSignal<Vec<String>>,
    /// Whether there are two.
    can_compare: bool,
    /// Runs when a report is to be deleted.
    on_delete: Callback<Evaluation>,
}

/// Lists the reports.
#[component]
pub fn ReportSection() -> impl IntoView {
    let state = expect_context::<EvaluationState>();
    let chosen = RwSignal::new(Vec::<String>::new());
    let to_delete = RwSignal::new(None::<Evaluation>);
    let confirm = NodeRef::<Dialog>::new();
    let error = RwSignal::new(None);
    let on_delete = Callback::new(move |report: Evaluation| {
        error.set(None);
        to_delete.set(Some(report));
        dialog::open(confirm);
    });
    let on_confirm = Callback::new(move |()| {
        let Some(report) = to_delete.get_untracked() else { return };
        let id = report.id.to_string();
        attempt(delete_evaluation(id.clone()), error, move |()| {
            dialog::close(confirm);
            focus::to_content();
            chosen.update(|chosen| chosen.retain(|other| *other != id));
            state.reports.refetch();
        });
    });
    let title = move || {
        let report = to_delete.read();
        let name = report.as_ref().map(|report| report.name.clone()).unwrap_or_default();
        format!("Delete the report “{name}”?")
    };
    let list = move || {
        Suspend::new(async move {
            match state.reports.await {
                // The page as a whole says so.
                Err(error) if error.kind == ErrorKind::NotFound => ().into_any(),
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(reports) if reports.is_empty() => {
                    view! { <p class="muted">"No reports yet. Each run leaves one here."</p> }
                        .into_any()
                }
                Ok(reports) => {
                    let can_compare = reports.len() > 1;
                    report_table(&reports, Deeds { chosen, can_compare, on_delete }).into_any()
                }
            }
        })
    };
    view! {
        <section class="evaluation-part" aria-labelledby="reports-title">
            <h2 id="reports-title">"Reports"</h2>
            <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{list}</Transition>
            <ConfirmDialog
                dialog=confirm
                title=Signal::derive(title)
                text="Its figures and answers are deleted. The questions stay."
                action="Delete the report"
                error
                on_confirm
            />
        </section>
    }
    .into_any()
}

fn report_table(reports: &[Evaluation], deeds: Deeds) -> impl IntoView + use<> {
    let with_answers = reports.iter().any(|report| report.answers.is_some());
    let answer_headings = with_answers.then(|| {
        let headings = [
            ("Contains", "Share of answers that contain a known answer"),
            (
                "Citations",
                "Share of citations that support their sentence, and of sentences that have one",
            ),
            ("Verbatim", "Share of quotes that stand in the stored text to the letter"),
            (
                "Refused",
                "Unanswerable questions refused rightly, and answerable ones refused wrongly",
            ),
            ("Numbers", "Numbers in answers that stand in no passage cited"),
        ];
        headings
            .map(|(name, title)| view! { <th scope="col" class="number" title=title>{name}</th> })
    });
    let rows = reports.iter().map(|report| report_row(report, deeds, with_answers)).collect_view();
    let ids: Vec<String> = reports.iter().map(|report| report.id.to_string()).collect();
    let can_compare = deeds.can_compare;
    view! {
        <table class="table labelled reports">
            <thead>
                <tr>
                    {can_compare.then(|| view! { <th scope="col"><span class="visually-hidden">"Compare"</span></th> })}
                    <th scope="col">"Report"</th>
                    <th scope="col" class="number">"Questions"</th>
                    <th scope="col" class="number" title="Of search as people get it">"nDCG@10"</th>
                    <th scope="col" class="number" title="Of search as people get it">"hit@5"</th>
                    {answer_headings}
                    <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        {can_compare.then(|| compare_line(ids, deeds.chosen))}
    }
}

/// Leads to the comparison once two reports are chosen.
fn compare_line(ids: Vec<String>, chosen: RwSignal<Vec<String>>) -> impl IntoView {
    let state = expect_context::<EvaluationState>();
    move || {
        let chosen = chosen.read();
        // The list is newest first, and a comparison goes from the older to the newer.
        let mut pair = ids.iter().rev().filter(|id| chosen.contains(id));
        match (pair.next(), pair.next()) {
            (Some(before), Some(after)) => {
                let url = state.comparison_url(before, after);
                view! { <p><a id="compare" class="button" href=url>"Compare the two"</a></p> }
                    .into_any()
            }
            _ => view! { <p class="muted small">"Choose two reports to compare them."</p> }
                .into_any(),
        }
    }
}

fn report_row(report: &Evaluation, deeds: Deeds, with_answers: bool) -> impl IntoView + use<> {
    let state = expect_context::<EvaluationState>();
    let id = report.id.to_string();
    let name = report.name.clone();
    let figures = headline(report).map(|(_, figures)| figures);
    let score = |value: Option<f64>| show_or_dash(Unit::Score, value);
    let ndcg = score(figures.map(|figures| figures.ndcg_at_10));
    let hit = score(figures.map(|figures| figures.hit_at_5));
    let answers = with_answers.then(|| answer_cells(report.answers.as_ref()));
    let Deeds { chosen, can_compare, on_delete } = deeds;
    let choose = {
        let id = id.clone();
        move |_| {
            chosen.update(|chosen| {
                if let Some(place) = chosen.iter().position(|other| *other == id) {
                    chosen.remove(place);
                } else {
                    chosen.push(id.clone());
                    // The third takes the place of the first.
                    let surplus = chosen.len().saturating_sub(2);
                    chosen.drain(..surplus);
                }
            });
        }
    };
    let is_chosen = {
        let id = id.clone();
        move || chosen.read().contains(&id)
    };
    let checkbox = can_compare.then(|| {
        view! {
            <td class="choose">
                <input type="checkbox" aria-label=format!("Compare {name}") prop:checked=is_chosen on:change=choose/>
            </td>
        }
    });
    let deleted = report.clone();
    view! {
        <tr>
            {checkbox}
            <th scope="row">
                <a class="path" href=state.report_url(&id)>{name.clone()}</a>
                <span class="muted small"><When at_ms=report.created_at_ms/> " · " <span class="path">{report.embedding_model.to_string()}</span></span>
            </th>
            <td class="number" data-label="Questions">{show::thousands(report.queries.into())}</td>
            <td class="number" data-label="nDCG@10">{ndcg}</td>
            <td class="number" data-label="hit@5">{hit}</td>
            {answers}
            <td class="row-actions">
                <DeedButton deed="Delete" of=name on_press=move |()| on_delete.run(deleted.clone())/>
            </td>
        </tr>
    }
    .into_any()
}

fn answer_cells(answers: Option<&AnswerFigures>) -> impl IntoView + use<> {
    let texts = answers.map_or_else(Default::default, |answers| {
        let share = |value: Option<f64>| show_or_dash(Unit::Share, value);
        let of = |part: u32, whole: u32| format!("{part} of {whole}");
        [
            share(answers.contains),
            format!("{} · {}", share(answers.citation_precision), share(answers.citation_recall)),
            share(answers.quotes_verbatim),
            format!(
                "{} right · {} wrong",
                of(answers.right_refusals, answers.unanswerable),
                of(answers.wrong_refusals, answers.answerable)
            ),
            format!("{} from nowhere", of(answers.hallucinated_numbers, answers.numbers)),
        ]
    });
    let labels = ["Contains", "Citations", "Verbatim", "Refused", "Numbers"];
    let cells = labels.into_iter().zip(texts);
    cells
        .map(|(label, text): (&str, String)| view! { <td class="number" data-label=label>{text}</td> })
        .collect_view()
}
