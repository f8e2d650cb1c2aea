//! Two reports figure by figure: both values, and what the difference is worth.

use leptos::prelude::*;

use crate::evaluation::difference::{FigureChange, Worth};
use crate::evaluation::figures::show_or_dash;

/// Shows figures of two reports side by side.
#[component]
pub fn ChangeTable(
    /// What the figures are of.
    caption: &'static str,
    /// The figures.
    changes: Vec<FigureChange>,
) -> impl IntoView {
    let rows = changes.iter().map(change_row).collect_view();
    view! {
        <table class="table labelled changes">
            <caption class="visually-hidden">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">{caption}</th>
                    <th scope="col" class="number">"Before"</th>
                    <th scope="col" class="number">"After"</th>
                    <th scope="col" class="number">"Difference"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn change_row(change: &FigureChange) -> impl IntoView + use<> {
    let difference = change.difference();
    let worth = change.worth.map(worth_badge);
    view! {
        <tr>
            <th scope="row">{change.name}</th>
            <td class="number" data-label="Before">{show_or_dash(change.unit, change.before)}</td>
            <td class="number" data-label="After">{show_or_dash(change.unit, change.after)}</td>
            <td class="number difference">{difference} " " {worth}</td>
        </tr>
    }
    .into_any()
}

/// Says in a word what a change is worth.
pub(crate) fn worth_badge(worth: Worth) -> impl IntoView {
    let class = match worth {
        Worth::Worse => "badge failed",
        Worth::Better => "badge ready",
        Worth::Other => "badge partly",
        Worth::Same => "badge",
    };
    view! { <span class=class>{worth.word()}</span> }
}
