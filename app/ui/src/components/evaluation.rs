//! A collection's evaluation: its questions with known answers, runs, and their reports.

pub(crate) mod state;

pub mod question_form;
pub mod question_section;
pub mod question_table;
pub mod run_panel;
pub mod show_more;
pub mod suggest_button;

pub mod report_section;

pub mod mode_table;
pub mod report_view;
pub mod result_table;

pub mod change_table;
pub mod comparison_view;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use self::comparison_view::ComparisonView;
use self::question_section::QuestionSection;
use self::report_section::ReportSection;
use self::report_view::ReportView;
use self::run_panel::RunPanel;
use self::state::EvaluationState;
use super::workspace_state::WorkspaceState;
use super::workspace_view::WorkspaceView;
use crate::browser::focus;

/// What of the evaluation is shown, as the query of the address says.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Shown {
    /// The questions, the run, and all reports.
    Overview,
    /// One report.
    Report(String),
    /// Two reports, the older one first.
    Comparison(String, String),
}

/// Shows a collection's evaluation.
#[component]
pub fn EvaluationView() -> impl IntoView {
    let workspace = expect_context::<WorkspaceState>();
    let state = EvaluationState::new(workspace.name);
    provide_context(state);
    let query = use_query_map();
    let shown = Memo::new(move |_| {
        let query = query.read();
        match (query.get("report"), query.get("compare"), query.get("with")) {
            (_, Some(before), Some(after)) => Shown::Comparison(before, after),
            (Some(report), _, _) => Shown::Report(report),
            _ => Shown::Overview,
        }
    });
    // The link that was followed is gone then, and the focus would be with it.
    Effect::new(move |before: Option<Shown>| {
        let shown = shown.get();
        if before.is_some_and(|before| before != shown) {
            focus::to_content();
        }
        shown
    });
    // Documents may have come or gone behind another view.
    Effect::new(move |before: Option<WorkspaceView>| {
        let view = workspace.view.get();
        if before.is_some_and(|before| before != view) && view == WorkspaceView::Evaluation {
            state.paths.refetch();
        }
        view
    });
    let opened = move || match shown.get() {
        Shown::Overview => ().into_any(),
        Shown::Report(id) => view! { <ReportView id/> }.into_any(),
        Shown::Comparison(before, after) => view! { <ComparisonView before after/> }.into_any(),
    };
    view! {
        <div hidden=move || shown.get() != Shown::Overview>
            <div class="page-heading">
                <div>
                    <h1>"Evaluation"</h1>
                    <p class="muted">
                        "How well search finds and answers hold, measured on questions whose answers you know."
                    </p>
                </div>
            </div>
            <QuestionSection/>
            <RunPanel/>
            <ReportSection/>
        </div>
        {opened}
    }
    .into_any()
}
