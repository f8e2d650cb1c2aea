//! The account of an answer: what was searched, chosen and dropped, and what it cost.

use leptos::prelude::*;
use quire_domain::{
    Answer, AnswerMode, AnswerableCheck, Coverage, JudgeUse, JudgedBy, PassageUse, Receipt, Scope,
    Sentence, Support,
};

use super::trace_details::TraceDetails;
use crate::limits::in_words;
use crate::show;

/// Shows an answer's receipt, folded away.
#[component]
pub fn ReceiptDetails(
    /// The answer.
    answer: Answer,
) -> impl IntoView {
    let receipt = &answer.receipt;
    let timings = answer.timings;
    let model = receipt.model.as_ref().map(ToString::to_string);
    let mode = match answer.mode {
        AnswerMode::Retrieval => "The best passages that search found",
        AnswerMode::FullDocument => "The documents whole",
        AnswerMode::Coverage => "Every passage, one after the other",
    };
    let tokens = |number: u32| show::thousands(u64::from(number));
    let prompt = format!(
        "{} of {} ({} from the cache)",
        tokens(receipt.prompt_tokens),
        tokens(receipt.context_tokens),
        tokens(receipt.cached_tokens)
    );
    let times = show::times(timings);
    let truncation =
        receipt.truncation().map(|why| view! { <p class="notice hint">{why.describe()}</p> });
    // Answers of before were kept without one.
    let trace = answer.trace.is_some().then(|| {
        let answer = StoredValue::new(answer.clone());
        view! { <TraceDetails answer/> }
    });
    view! {
        {truncation}
        <details class="receipt">
            <summary>
                "Receipt"
                <span class="muted">" · " {model.clone().unwrap_or_else(|| "no model".to_owned())} " · " {show::duration(timings.total_ms)}</span>
            </summary>
            <dl>
                <dt>"Model"</dt>
                <dd>{model.unwrap_or_else(|| "None was asked".to_owned())}</dd>
                <dt>"Searched for"</dt>
                <dd>{receipt.search_query.clone()}</dd>
                <dt>"Read"</dt>
                <dd>{mode} <span class="muted">" · " {receipt.mode_reason.describe()}</span></dd>
                {limits(&receipt.limited_to)}
                {receipt.check.as_ref().map(checked)}
                {receipt.judge.as_ref().map(|judge| judged(judge, &answer.sentences))}
                {coverage(answer.coverage.filter(|_| answer.mode == AnswerMode::Coverage))}
                <dt>"Prompt tokens"</dt>
                <dd>{prompt}</dd>
                <dt>"Answer tokens"</dt>
                <dd>{tokens(receipt.completion_tokens)}</dd>
                {turns(receipt)}
                {search_gaps(receipt)}
                <dt>"Time"</dt>
                <dd>{times}</dd>
                <dt>"Passages"</dt>
                <dd>
                    {account(receipt)}
                    <ul class="passages">{receipt.passages.iter().map(passage_line).collect_view()}</ul>
                </dd>
                {dropped(&receipt.dropped)}
            </dl>
            {trace}
        </details>
    }
    .into_any()
}

/// Returns whether the model held that the passages answer the question.
fn checked(check: &AnswerableCheck) -> impl IntoView + use<> {
    let percent = |probability: f32| format!("{:.0} %", probability * 100.0);
    let outcome = if check.refused { "; so nothing was written" } else { "" };
    view! {
        <dt>"Answer in the passages"</dt>
        <dd>{percent(check.stated)} " likely, by the model" {outcome}</dd>
    }
}

/// Says what the second judge did, and lists the sentences on which it had the last word.
fn judged(judge: &JudgeUse, sentences: &[Sentence]) -> impl IntoView + use<> {
    let decided = sentences.iter().filter(|one| one.judged_by == Some(JudgedBy::Judge));
    let lines = decided
        .map(|sentence| {
            let word =
                if sentence.support == Support::Unsupported { "doubted" } else { "accepted" };
            view! { <li>{sentence.text.clone()} <span class="muted">" · " {word}</span></li> }
        })
        .collect_view();
    view! {
        <dt>"Second judge"</dt>
        <dd>{judge.describe()} <ul class="passages">{lines}</ul></dd>
    }
}

/// Names what the question was limited to.
fn limits(scope: &Scope) -> Option<impl IntoView + use<>> {
    let limits = in_words(scope);
    (!limits.is_empty()).then(|| view! { <dt>"Limited to"</dt> <dd>{limits}</dd> })
}

/// Says how much was read of everything, and how much of that was known from before.
fn coverage(coverage: Option<Coverage>) -> Option<impl IntoView> {
    let coverage = coverage?;
    let Coverage { passages_read, passages, cached, documents_read, documents, .. } = coverage;
    let number = |number: u32| show::thousands(u64::from(number));
    let read = format!(
        "{} of {} documents, {} of {} passages ({} known from before)",
        number(documents_read),
        number(documents),
        number(passages_read),
        number(passages),
        number(cached)
    );
    let notes = coverage.describe_notes().map(|notes| view! { <p>{notes} "."</p> });
    Some(view! { <dt>"Covered"</dt> <dd>{read} {notes}</dd> })
}

/// Says how much of the conversation was read.
fn turns(receipt: &Receipt) -> Option<impl IntoView + use<>> {
    let turns = |number: u32| show::count(u64::from(number), "turn", "turns");
    let (kept, dropped) = (receipt.turns, receipt.dropped_turns);
    let read = match (kept, dropped) {
        (0, 0) => return None,
        (_, 0) => format!("{} read", turns(kept)),
        (0, _) => format!("none read; {} did not fit", turns(dropped)),
        _ => format!("{} read; {} did not fit", turns(kept), turns(dropped)),
    };
    Some(view! { <dt>"Conversation before"</dt> <dd>{read}</dd> })
}

/// Says what search left out of the question.
fn search_gaps(receipt: &Receipt) -> Option<impl IntoView + use<>> {
    let lines = receipt.search.describe();
    let shown = lines.iter().map(|line| view! { <p>{line.clone()}</p> }).collect_view();
    (!lines.is_empty()).then(|| view! { <dt>"Search"</dt> <dd>{shown}</dd> })
}

/// Says what became of all passages that were found.
fn account(receipt: &Receipt) -> impl IntoView + use<> {
    // Answers of before were kept without the number.
    let found = (receipt.found > 0)
        .then(|| format!("{} found: ", show::thousands(u64::from(receipt.found))));
    view! { <p>{found} {receipt.describe_passages().join("; ")} "."</p> }
}

fn passage_line(passage: &PassageUse) -> impl IntoView + use<> {
    let mut said = Vec::new();
    if passage.tokens > 0 {
        said.push(show::count(u64::from(passage.tokens), "token", "tokens"));
    }
    said.push(match passage.reason {
        Some(reason) => reason.describe().to_owned(),
        None if passage.used => "cited".to_owned(),
        None => "not cited".to_owned(),
    });
    if passage.shortened {
        said.push("shortened".to_owned());
    }
    if !passage.joined.is_empty() {
        said.push(format!("with {} beside it", passage.joined.len()));
    }
    let said = format!(" · {}", said.join(" · "));
    let page = show::page_suffix(passage.page, passage.document.page_kind);
    view! { <li>{passage.document.title.clone()} {page} <span class="muted">{said}</span></li> }
}

fn dropped(passages: &[PassageUse]) -> Option<impl IntoView + use<>> {
    let lines = passages.iter().map(passage_line).collect_view();
    (!passages.is_empty()).then(|| {
        view! {
            <dt>"Not read"</dt>
            <dd><ul class="passages">{lines}</ul></dd>
        }
    })
}
