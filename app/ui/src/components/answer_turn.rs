//! One question and its answer.

use leptos::prelude::*;
use quire_domain::{Answer, Coverage};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, MouseEvent, window};

use super::document_reader::DocumentTarget;
use super::live_answer::{LiveAnswer, Phase};
use super::notice::Notice;
use super::receipt::ReceiptDetails;
use super::source_list::{NearestPassages, SourceList};
use super::workspace_state::WorkspaceState;
use crate::answer_html::{AnswerText, answer_html};
use crate::browser::focus;
use crate::show;

/// From this width on a source opens beside the answer; below, on a page of its own.
const WIDE: &str = "(min-width: 64rem)";

/// Shows a question and its answer, as it grows and when it is whole.
#[component]
pub fn AnswerTurn(
    /// The question.
    question: String,
    /// The answer.
    answer: Signal<LiveAnswer>,
) -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let html = Memo::new(move |_| {
        let answer = answer.read();
        answer_html(AnswerText {
            text: &answer.text,
            sentences: &answer.sentences,
            citations: &answer.citations,
        })
    });
    let phase = Memo::new(move |_| answer.read().phase.clone());
    let is_running = Memo::new(move |_| phase.read().is_running());
    // Reading the whole text out with every word would be unbearable: only checked sentences are.
    let spoken = move || {
        let answer = answer.read();
        let last = answer.sentences.last().filter(|_| answer.phase.is_running());
        last.map(|sentence| sentence.text.clone()).unwrap_or_default()
    };
    let citations = Memo::new(move |_| answer.read().citations.clone());
    let whole = Memo::new(move |_| answer.read().whole.clone());
    view! {
        <article class="turn" on:click=move |event| open_beside(state, &event)>
            <h2 class="question">{question}</h2>
            <div class="answer" class:running=is_running aria-busy=move || is_running.get().to_string() inner_html=html></div>
            <p class="visually-hidden" aria-live="polite">{spoken}</p>
            <div role="status">{move || phase_line(&phase.read())}</div>
            <SourceList citations/>
            {move || whole.get().map(after_answer)}
        </article>
    }
    .into_any()
}

/// Says what is going on, or how it ended when not with a whole answer.
fn phase_line(phase: &Phase) -> Option<AnyView> {
    let working = |text: String| view! { <p class="working">{text}</p> }.into_any();
    match phase {
        Phase::Searching => Some(working("Searching your documents…".to_owned())),
        Phase::ReadingAll(coverage) => Some(working(reading_line(coverage))),
        Phase::Reading(passages) => {
            let passages = show::count(*passages as u64, "passage", "passages");
            Some(working(format!("Reading {passages}…")))
        }
        Phase::Writing | Phase::Done => None,
        Phase::Stopped => Some(view! { <p class="muted small">"Stopped."</p> }.into_any()),
        Phase::Failed(message) => Some(view! { <Notice message=message.clone()/> }.into_any()),
    }
}

fn reading_line(coverage: &Coverage) -> String {
    let Coverage { documents_read, documents, estimated_ms, .. } = coverage;
    let minutes = estimated_ms.div_ceil(60_000);
    format!(
        "Reading everything: {documents_read} of {documents} documents, about {minutes} min left…"
    )
}

/// Says how much was read, or what reading everything would take.
fn coverage_line(coverage: &Coverage) -> String {
    let Coverage { documents_read, documents, estimated_ms, .. } = coverage;
    if *documents_read > 0 {
        return format!("Read {documents_read} of {documents} documents.");
    }
    let minutes = estimated_ms.div_ceil(60_000);
    format!(
        "This rests on the best passages only. Reading all {documents} documents would take about \
         {minutes} min."
    )
}

fn after_answer(answer: Answer) -> impl IntoView {
    let coverage = answer.coverage.as_ref().map(|coverage| {
        view! { <p class="muted small">{coverage_line(coverage)}</p> }
    });
    let nearest = (!answer.answered && !answer.nearest.is_empty())
        .then(|| view! { <NearestPassages hits=answer.nearest.clone()/> });
    view! { {nearest} {coverage} <ReceiptDetails answer/> }
}

/// Opens a clicked source beside the answer where there is room; else the link does its work.
fn open_beside(state: WorkspaceState, event: &MouseEvent) {
    let asks_for_a_tab = event.ctrl_key() || event.meta_key() || event.shift_key();
    let is_wide = || {
        let query = window().and_then(|window| window.match_media(WIDE).ok().flatten());
        query.is_some_and(|query| query.matches())
    };
    if asks_for_a_tab || event.button() != 0 || !is_wide() {
        return;
    }
    let link = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .and_then(|element| element.closest("a[data-citation]").ok().flatten());
    let link = link.and_then(|link| link.dyn_into::<HtmlElement>().ok());
    let target = |link: &HtmlElement| DocumentTarget::parse(&link.get_attribute("href")?);
    if let Some((target, link)) = link.and_then(|link| Some((target(&link)?, link))) {
        event.prevent_default();
        focus::keep(link);
        state.panel.set(Some(target));
    }
}
