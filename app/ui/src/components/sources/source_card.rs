//! One source: what it is, how far it is, what went wrong, and what can be done.

use leptos::prelude::*;
use quire_domain::sync::{SourceFailure, SourceIndex, SourceKind, SourceStatus};

use super::left_out::LeftOut;
use super::paired_devices::PairedDevices;
use super::state::SourcesState;
use crate::components::deed_button::DeedButton;
use crate::components::notice::{Notice, capitalised, with_code};
use crate::components::when::When;
use crate::server_functions::sources::{ListedSource, pause_source, reindex_source};
use crate::show;

/// Shows a source.
#[component]
pub fn SourceCard(
    /// The source.
    source: ListedSource,
) -> impl IntoView {
    let ListedSource { status, failures, unread } = source;
    let id = status.source.id.to_string();
    let paused =
        status.source.paused.then(|| view! { <span class="badge pending">"Paused"</span> });
    let rules = status.source.rules.clone();
    let failed = status.index.failed;
    let (card_id, name) = (id.clone(), status.source.name.clone());
    let devices = status.source.devices.clone();
    let (label, source) = (name.clone(), status.source.id.clone());
    let problem = status.problem.clone().map(|message| view! { <Notice message/> });
    view! {
        <article class="source-card panel" data-source=card_id aria-label=label>
            <header class="source-head">
                <h2>{name}</h2>
                <span class="badge">{kind(&status.source.kind)}</span>
                {paused}
            </header>
            <p class="muted small">{place(&status)} "last seen " <When at_ms=status.source.seen_at/></p>
            {problem}
            <Figures index=status.index.clone() files=status.files/>
            <FailedFiles id=id.clone() failures total=failed/>
            <LeftOut id rules unread/>
            <PairedDevices source devices/>
            <Deeds status/>
        </article>
    }
    .into_any()
}

fn kind(kind: &SourceKind) -> &'static str {
    match kind {
        SourceKind::Obsidian => "Obsidian vault",
        SourceKind::Client => "Folder",
        SourceKind::Folder { .. } => "Folder of the server",
    }
}

/// Says how much there is and where it goes.
fn place(status: &SourceStatus) -> String {
    let amount =
        format!("{}, {}", show::count(status.files, "file", "files"), show::size(status.bytes));
    let folder = match status.source.folder.as_str() {
        "" => String::new(),
        folder => format!(" · in the folder {folder}"),
    };
    let root = match &status.source.kind {
        SourceKind::Folder { root } => format!(" · {root}"),
        _ => String::new(),
    };
    format!("{amount}{folder}{root} · ")
}

/// How many files can be searched, wait, and went wrong, with a bar while some wait.
#[component]
fn Figures(
    /// How far the index is.
    index: SourceIndex,
    /// How many files there are.
    files: u64,
) -> impl IntoView {
    let waiting = index.queued + index.running;
    let figure = |label: &'static str, number: u64, class: &'static str| {
        view! {
            <div class=class data-figure=label>
                <dt>{label}</dt>
                <dd>{show::thousands(number)}</dd>
            </div>
        }
    };
    let bar = (waiting > 0).then(|| {
        let done = files.saturating_sub(waiting);
        view! { <progress max=files.to_string() value=done.to_string() aria-label="Files read"></progress> }
    });
    view! {
        <dl class="source-figures">
            {figure("Ready", index.done, "figure")}
            {figure("Waiting", waiting, "figure")}
            {figure("Failed", index.failed, if index.failed > 0 { "figure failed" } else { "figure" })}
            {figure("Kept, not read", index.skipped, "figure")}
        </dl>
        {bar}
    }
    .into_any()
}

#[component]
fn FailedFiles(
    /// The source.
    id: String,
    /// The first files that could not be read.
    failures: Vec<SourceFailure>,
    /// How many there are.
    total: u64,
) -> impl IntoView {
    if failures.is_empty() {
        return ().into_any();
    }
    let title = format!("{} could not be read", show::count(total, "file", "files"));
    let more = total.saturating_sub(failures.len() as u64);
    let more = (more > 0)
        .then(|| view! { <li class="muted">{format!("and {} more", show::thousands(more))}</li> });
    let rows = failures
        .into_iter()
        .map(|SourceFailure { path, message, hint, .. }| {
            let hint = hint.map(
                |hint| view! { <span class="muted">" " {with_code(&capitalised(&hint))}</span> },
            );
            view! {
                <li>
                    <span class="failed-path">{path.to_string()}</span>
                    <span class="small">{with_code(&capitalised(message.trim_end_matches('.')))} "." {hint}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <Remembered key=format!("failed {id}") title>
            <ul class="failed-files">{rows} {more}</ul>
        </Remembered>
    }
    .into_any()
}

/// Details that stay open when the list is drawn anew.
#[component]
pub(super) fn Remembered(
    /// Names them.
    key: String,
    /// The line that opens them.
    title: String,
    /// What they hold.
    children: Children,
) -> impl IntoView {
    let state = expect_context::<SourcesState>();
    let is_open = state.open.read_untracked().contains(&key);
    let toggle = move |event: web_sys::Event| {
        use wasm_bindgen::JsCast;
        let details = event.target().and_then(|one| one.dyn_into::<web_sys::Element>().ok());
        let is_open = details.is_some_and(|details| details.has_attribute("open"));
        state.open.update_untracked(|open| {
            if is_open {
                open.insert(key.clone())
            } else {
                open.remove(&key)
            };
        });
    };
    view! {
        <details class="source-details" open=is_open on:toggle=toggle>
            <summary>{title}</summary>
            {children()}
        </details>
    }
    .into_any()
}

/// The buttons of a source.
#[component]
fn Deeds(
    /// The source.
    status: SourceStatus,
) -> impl IntoView {
    let state = expect_context::<SourcesState>();
    let (id, paused) = (status.source.id.to_string(), status.source.paused);
    let name = status.source.name.clone();
    let pause = {
        let (id, name) = (id.clone(), name.clone());
        move |_| {
            let news = if paused {
                format!("“{name}” takes changes again.")
            } else {
                format!(
                    "“{name}” is paused: it stays as it is and can be searched, and takes no changes."
                )
            };
            state.change(pause_source(id.clone(), !paused), move |()| news);
        }
    };
    let reindex = |failed_only: bool| {
        let id = id.clone();
        move |_| {
            state.change(reindex_source(id.clone(), failed_only), |queued| {
                format!("{} will be read anew.", show::count(queued, "file", "files"))
            });
        }
    };
    let again = (status.index.failed > 0).then(|| {
        view! { <button type="button" class="button retry-failed" on:click=reindex(true)>"Try the failed again"</button> }
    });
    let pair = {
        let id = id.clone();
        move |_| state.pair(Some(id.clone()))
    };
    let pairs = !matches!(status.source.kind, SourceKind::Folder { .. });
    let pair = pairs.then(|| {
        view! { <button type="button" class="quiet" on:click=pair>"Pair another device"</button> }
    });
    let reread = reindex(false);
    view! {
        <div class="source-deeds">
            {again}
            <button type="button" class="quiet pause" on:click=pause>{if paused { "Resume" } else { "Pause" }}</button>
            <button type="button" class="quiet reindex" on:click=reread>"Read everything anew"</button>
            {pair}
            <DeedButton
                deed="Remove"
                of=name
                class="quiet remove"
                on_press=move |()| state.ask_to_remove(status.clone())
            />
        </div>
    }
    .into_any()
}
