//! One question and its answer.

use leptos::prelude::*;
use quire_domain::{Answer, AnswerMode, Coverage, DocumentTarget, NoticeCode, Receipt};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, MouseEvent, window};

use super::ask_form::Asked;
use super::live_answer::{LiveAnswer, Phase};
use super::notice::Notice;
use super::receipt::ReceiptDetails;
use super::source_list::{EvidenceList, NearestPassages, SourceList};
use super::workspace_state::WorkspaceState;
use crate::answer_html::{AnswerText, answer_html};
use crate::browser::focus;
use crate::limits::{Limits, in_words};
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
    /// Runs when the question is to be asked in another way.
    on_ask: Callback<Asked>,
    /// Whether an answer is being written, so that no other can be asked for.
    is_running: Signal<bool>,
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
    let is_growing = Memo::new(move |_| phase.read().is_running());
    let line = Memo::new(move |_| Line::of(&phase.read()));
    let reading = Memo::new(move |_| match *phase.read() {
        Phase::ReadingAll(coverage) => Some(coverage),
        _ => None,
    });
    let limited_to = Memo::new(move |_| in_words(&answer.read().limited_to));
    let limits_line = move || {
        let limited_to = limited_to.get();
        (!limited_to.is_empty())
            .then(|| view! { <p class="turn-limits muted small">"In " {limited_to}</p> })
    };
    // Reading the whole text out with every word would be unbearable: only checked sentences are.
    let spoken = move || {
        let answer = answer.read();
        let last = answer.sentences.last().filter(|_| answer.phase.is_running());
        last.map(|sentence| sentence.text.clone()).unwrap_or_default()
    };
    let citations = Memo::new(move |_| answer.read().citations.clone());
    let whole = Memo::new(move |_| answer.read().whole.clone());
    let evidence = Memo::new(move |_| answer.read().evidence.clone());
    let has_sources = Memo::new(move |_| !citations.read().is_empty());
    let asked = question.clone();
    let coverage = move || {
        let answer = whole.get()?;
        let asked_again = again(asked.clone(), &answer.receipt);
        let on_ask = (on_ask, is_running);
        Some((
            notice_note(&answer, &asked_again, on_ask),
            refusal_note(&answer, &asked_again, on_ask),
            coverage_note(&answer, asked_again, on_ask),
        ))
    };
    view! {
        <article class="turn" on:click=move |event| open_beside(state, &event)>
            <h2 class="question">{question}</h2>
            {limits_line}
            <div class="answer" class:running=is_growing aria-busy=move || is_growing.get().to_string() inner_html=html></div>
            <p class="visually-hidden" aria-live="polite">{spoken}</p>
            <div role="status">{move || line.get().show()}</div>
            {move || reading.get().map(reading_progress)}
            {coverage}
            <EvidenceList evidence has_sources/>
            <SourceList citations/>
            {move || whole.get().map(after_answer)}
        </article>
    }
    .into_any()
}

/// What is going on, or how it ended when not with a whole answer.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Line {
    Nothing,
    Working(String),
    Stopped,
    Failed(String),
}

impl Line {
    /// Says it without the figures that change all the time, which would be read out each time.
    fn of(phase: &Phase) -> Self {
        match phase {
            Phase::Searching => Self::Working("Searching your documents…".to_owned()),
            Phase::Found(0) => Self::Working("Getting the model ready…".to_owned()),
            Phase::Found(quotes) => {
                let quotes = show::count(*quotes as u64, "quote", "quotes");
                Self::Working(format!("Found {quotes}. Getting the model ready…"))
            }
            Phase::ReadingAll(_) => Self::Working("Reading everything…".to_owned()),
            Phase::Reading(passages) => {
                let passages = show::count(*passages as u64, "passage", "passages");
                Self::Working(format!("Reading {passages}…"))
            }
            Phase::Writing | Phase::Done => Self::Nothing,
            Phase::Stopped => Self::Stopped,
            Phase::Failed(message) => Self::Failed(message.clone()),
        }
    }

    fn show(self) -> AnyView {
        match self {
            Self::Nothing => ().into_any(),
            Self::Working(text) => view! { <p class="working">{text}</p> }.into_any(),
            Self::Stopped => view! { <p class="muted small">"Stopped."</p> }.into_any(),
            Self::Failed(message) => view! { <Notice message/> }.into_any(),
        }
    }
}

/// Shows how far the reading of everything is.
fn reading_progress(coverage: Coverage) -> impl IntoView {
    let Coverage { documents_read, documents, passages_read, passages, estimated_ms, .. } =
        coverage;
    let left = (estimated_ms > 0).then(|| format!(" · {} left", show::estimate(estimated_ms)));
    let read = read_line(documents_read, documents);
    view! {
        <div class="reading">
            <progress max=passages.to_string() value=passages_read.to_string() aria-label="Passages read"></progress>
            <p class="muted small">{read} {left}</p>
        </div>
    }
}

fn read_line(read: u32, documents: u32) -> String {
    let documents = show::count(u64::from(documents), "document", "documents");
    format!("Read {} of {documents}", show::thousands(u64::from(read)))
}

/// Says that the answer is a quote, and offers words of the model's; or leads to where a model can be had.
fn notice_note(
    answer: &Answer,
    asked: &Asked,
    (on_ask, is_running): (Callback<Asked>, Signal<bool>),
) -> Option<AnyView> {
    let notice = answer.notice.clone()?;
    match notice.code {
        NoticeCode::NoChatModel => Some(
            view! { <p class="offer"><a class="button" href="/models">"Get a chat model"</a></p> }
                .into_any(),
        ),
        NoticeCode::Quoted => {
            let insisting = Asked { insist: true, ..asked.clone() };
            let ask = move |_: MouseEvent| on_ask.run(insisting.clone());
            let action = "Have the model answer".to_owned();
            Some(offer(notice.message, action, (ask, is_running)).into_any())
        }
    }
}

/// Offers an answer if the model was not asked for one, since it held that there is none.
fn refusal_note(
    answer: &Answer,
    asked: &Asked,
    (on_ask, is_running): (Callback<Asked>, Signal<bool>),
) -> Option<AnyView> {
    answer.receipt.check.as_ref().filter(|check| check.refused)?;
    let insisting = Asked { insist: true, ..asked.clone() };
    let ask = move |_: MouseEvent| on_ask.run(insisting.clone());
    let text = "The passages found do not seem to state the answer, so none was written.";
    Some(offer(text.to_owned(), "Answer anyway".to_owned(), (ask, is_running)).into_any())
}

/// Says how much of everything was read, or offers to read it.
fn coverage_note(
    answer: &Answer,
    asked: Asked,
    (on_ask, is_running): (Callback<Asked>, Signal<bool>),
) -> Option<AnyView> {
    let coverage = answer.coverage?;
    if answer.mode == AnswerMode::Coverage {
        let line = read_line(coverage.documents_read, coverage.documents);
        return Some(view! { <p class="coverage muted small">{line} "."</p> }.into_any());
    }
    let everything = Asked { mode: Some(AnswerMode::Coverage), ..asked };
    let ask = move |_: MouseEvent| on_ask.run(everything.clone());
    let documents = show::count(u64::from(coverage.documents), "document", "documents");
    let text = format!(
        "This rests on the best passages only; your question seems to be about all {documents}."
    );
    let action = format!("Read everything ({})", show::estimate(coverage.estimated_ms));
    Some(offer(text, action, (ask, is_running)).into_any())
}

fn after_answer(answer: Answer) -> impl IntoView {
    // Answers of before were kept without evidence.
    let nearest = (!answer.answered && answer.evidence.is_empty() && !answer.nearest.is_empty())
        .then(|| view! { <NearestPassages hits=answer.nearest.clone()/> });
    view! { {nearest} <ReceiptDetails answer/> }
}

/// Makes the same question again, of the same model and limited to the same.
fn again(question: String, receipt: &Receipt) -> Asked {
    Asked {
        question,
        model: receipt.model.as_ref().map(ToString::to_string),
        mode: None,
        limits: Limits { scope: receipt.limited_to.clone() },
        insist: false,
    }
}

/// Offers what is not done without being asked: `text` says why, `action` what.
fn offer(
    text: String,
    action: String,
    (on_click, is_running): (impl Fn(MouseEvent) + 'static, Signal<bool>),
) -> impl IntoView {
    view! {
        <div class="offer">
            <p>{text}</p>
            <button type="button" class="button" disabled=is_running on:click=on_click>{action}</button>
        </div>
    }
}

/// Opens a clicked source beside the answer if there is room; else the link does its work.
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
