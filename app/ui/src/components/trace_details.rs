//! What an answer was made from: the search, every passage considered, the prompt, the model.

use leptos::prelude::*;
use leptos::task::spawn_local;
use quire_domain::{Answer, Candidate, ChunkId, DropReason, Receipt, Trace};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event};

use crate::browser::text_files;
use crate::show;

/// Shows how an answer was made, folded away and rendered once it is opened: a conversation holds
/// many, and each is long.
#[component]
pub fn TraceDetails(
    /// The answer.
    answer: StoredValue<Answer>,
) -> impl IntoView {
    let opened = RwSignal::new(false);
    let on_toggle = move |event: Event| {
        let details = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if details.is_some_and(|details| details.has_attribute("open")) {
            opened.set(true);
        }
    };
    let content = move || opened.get().then(|| answer.with_value(whole)).flatten();
    view! {
        <details class="trace" on:toggle=on_toggle>
            <summary>"How was this answered?"</summary>
            {content}
            <CopyAsJson answer/>
        </details>
    }
    .into_any()
}

/// Copies the whole answer with its trace and receipt; saves it if nothing can be copied.
#[component]
fn CopyAsJson(
    /// The answer.
    answer: StoredValue<Answer>,
) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let copy = move |_| {
        let Ok(json) = answer.with_value(serde_json::to_string_pretty) else { return };
        spawn_local(async move {
            let word = if text_files::copy(&json).await.is_ok() {
                "Copied.".to_owned()
            } else {
                match text_files::save("answer.json", &json) {
                    Ok(()) => {
                        "Saved as a file, for the browser lets this page copy nothing.".to_owned()
                    }
                    Err(message) => message,
                }
            };
            // The page may have been left meanwhile.
            said.try_set(word);
        });
    };
    view! {
        <p>
            <button type="button" class="quiet copy" on:click=copy>"Copy all as JSON"</button>
            " "
            <span class="muted" role="status">{said}</span>
        </p>
    }
}

fn whole(answer: &Answer) -> Option<AnyView> {
    let trace = answer.trace.as_deref()?;
    let receipt = &answer.receipt;
    let rewritten = trace.rewritten.clone().map(|words| {
        view! { <dt>"Searched as"</dt> <dd>{words}</dd> }
    });
    let model =
        receipt.model.as_ref().map_or_else(|| "None was asked".to_owned(), ToString::to_string);
    let fingerprint = (!trace.model_fingerprint.is_empty())
        .then(|| view! { " " <code class="path">{trace.model_fingerprint.clone()}</code> });
    let temperature = if trace.sampling.temperature == 0.0 {
        "0: always the likeliest token".to_owned()
    } else {
        trace.sampling.temperature.to_string()
    };
    let seed = trace.sampling.seed.map_or_else(|| "none".to_owned(), |seed| seed.to_string());
    let timings = answer.timings;
    let times = show::times(timings);
    Some(
        view! {
            <dl>
                <dt>"Question"</dt>
                <dd>{trace.question.clone()}</dd>
                {rewritten}
                <dt>"Embedding model"</dt>
                <dd class="path">{trace.embedding_model.to_string()}</dd>
                <dt>"Chat model"</dt>
                <dd><span class="path">{model}</span> {fingerprint}</dd>
                <dt>"Temperature"</dt>
                <dd>{temperature}</dd>
                <dt>"Seed"</dt>
                <dd>{seed}</dd>
                <dt>"At most"</dt>
                <dd>{show::count(trace.max_tokens.into(), "token", "tokens")} " of answer"</dd>
                <dt>"Time"</dt>
                <dd>{times}</dd>
            </dl>
            {candidate_table(&trace.candidates, receipt)}
            {prompt(trace)}
        }
        .into_any(),
    )
}

/// Says what became of a passage that was considered.
fn fate(chunk: &ChunkId, receipt: &Receipt) -> (&'static str, &'static str) {
    if let Some(passage) = receipt.passages.iter().find(|passage| passage.holds(chunk)) {
        return match (passage.used, passage.chunk_id == *chunk) {
            (true, true) => ("Read and cited", "badge ready"),
            (true, false) => ("Joined to one that is cited", "badge ready"),
            (false, true) => ("Read", "badge"),
            (false, false) => ("Joined to one that was read", "badge"),
        };
    }
    match receipt.dropped.iter().find(|passage| passage.holds(chunk)) {
        Some(passage) => match passage.drop_reason() {
            DropReason::Budget => ("Did not fit", "badge partly"),
            DropReason::Duplicate => ("Says what a better one says", "muted small"),
            DropReason::NothingNoted => ("Says nothing on the question", "muted small"),
            DropReason::Gone => ("Deleted or changed meanwhile", "muted small"),
        },
        None => ("Not chosen", "muted small"),
    }
}

fn candidate_table(candidates: &[Candidate], receipt: &Receipt) -> Option<impl IntoView + use<>> {
    // Nothing is searched if everything is read.
    if candidates.is_empty() {
        return None;
    }
    let rows = candidates
        .iter()
        .map(|candidate| candidate_row(candidate, fate(&candidate.chunk_id, receipt)))
        .collect_view();
    let count = show::count(candidates.len() as u64, "passage was", "passages were");
    Some(view! {
        <h4>"Passages"</h4>
        <p class="muted">{count} " considered."</p>
        <div class="trace-scroll" tabindex="0" role="region" aria-label="Passages considered">
            <table class="candidates">
                <thead>
                    <tr>
                        <th scope="col" class="number">"Rank"</th>
                        <th scope="col">"Passage"</th>
                        <th scope="col" class="number">"Score"</th>
                        <th scope="col" class="number">"Dense"</th>
                        <th scope="col" class="number">"Keyword"</th>
                        <th scope="col" class="number">"Rerank"</th>
                        <th scope="col">"Fate"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    })
}

fn candidate_row(
    candidate: &Candidate,
    (fate, class): (&'static str, &'static str),
) -> impl IntoView + use<> {
    let number =
        |value: Option<f32>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let page = show::page_suffix(candidate.page, candidate.document.page_kind);
    let scores = candidate.scores;
    view! {
        <tr>
            <td class="number">{candidate.rank}</td>
            <th scope="row"><span class="path">{candidate.document.title.clone()}</span> {page}</th>
            <td class="number">{number(Some(candidate.score))}</td>
            <td class="number">{number(scores.dense)}</td>
            <td class="number">{number(scores.keyword)}</td>
            <td class="number">{number(scores.rerank)}</td>
            <td><span class=class>{fate}</span></td>
        </tr>
    }
    .into_any()
}

fn prompt(trace: &Trace) -> Option<impl IntoView + use<>> {
    let messages = trace
        .prompt
        .iter()
        .map(|message| {
            let (role, content) = (message.role.clone(), message.content.clone());
            view! { <h5>{role}</h5> <pre>{content}</pre> }
        })
        .collect_view();
    let characters: usize =
        trace.prompt.iter().map(|message| message.content.chars().count()).sum();
    let size = show::count(characters as u64, "character", "characters");
    (!trace.prompt.is_empty()).then(|| {
        view! {
            <details class="prompt">
                <summary>"The prompt in full " <span class="muted">" · " {size}</span></summary>
                <div class="trace-scroll" tabindex="0" role="region" aria-label="The prompt">{messages}</div>
            </details>
        }
    })
}

#[cfg(test)]
mod tests;
