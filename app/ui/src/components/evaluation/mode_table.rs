//! The figures of each way to search, with the best of each column marked.

use leptos::prelude::*;
use quire_domain::{Evaluation, RetrievalFigures};

use crate::evaluation::figures::{Figure, RETRIEVAL, best, mode_name, modes, show_or_dash};

/// Shows how well each way to search did.
#[component]
pub fn ModeTable<'a>(
    /// The report.
    report: &'a Evaluation,
) -> impl IntoView + use<> {
    let modes = modes(report);
    let has_values = |figure: &&Figure<RetrievalFigures>| {
        modes.iter().any(|(_, figures)| (figure.value)(figures).is_some())
    };
    let columns: Vec<Figure<RetrievalFigures>> =
        RETRIEVAL.iter().filter(has_values).copied().collect();
    let bests: Vec<Option<f64>> = columns
        .iter()
        .map(|figure| best(modes.iter().map(|(_, figures)| (figure.value)(figures))))
        .collect();
    let headings = columns
        .iter()
        .map(|figure| view! { <th scope="col" class="number">{figure.name}</th> })
        .collect_view();
    let rows = modes
        .iter()
        .map(|(mode, figures)| {
            let cells = columns
                .iter()
                .zip(&bests)
                .map(|(figure, best)| cell(figure, (figure.value)(figures), *best))
                .collect_view();
            view! { <tr><th scope="row">{mode_name(mode)}</th> {cells}</tr> }
        })
        .collect_view();
    view! {
        <div class="table-scroll">
            <table class="table labelled figures">
                <thead>
                    <tr>
                        <th scope="col">"Way to search"</th>
                        {headings}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn cell(
    figure: &Figure<RetrievalFigures>,
    value: Option<f64>,
    best: Option<f64>,
) -> impl IntoView + use<> {
    let is_best = best.is_some() && value.map(|value| figure.unit.rounded(value)) == best;
    let text = show_or_dash(figure.unit, value);
    let text = if is_best {
        view! { <strong class="best">{text} <span class="visually-hidden">" best"</span></strong> }
            .into_any()
    } else {
        text.into_any()
    };
    view! { <td class="number" data-label=figure.name>{text}</td> }
}
