//! A collection's sources: the vaults and folders that are kept in step with it.

pub(crate) mod state;

pub mod left_out;
pub mod paired_devices;
pub mod source_card;

pub mod pair_dialog;
pub mod plugin_section;
pub mod remove_dialog;

use leptos::prelude::*;
use quire_domain::ErrorKind;

use self::pair_dialog::PairDialog;
use self::paired_devices::RevokeDialog;
use self::plugin_section::PluginSection;
use self::remove_dialog::RemoveDialog;
use self::source_card::SourceCard;
use self::state::SourcesState;
use super::notice::{Notice, OptionalNotice};
use super::workspace_state::WorkspaceState;

/// Shows a collection's sources.
#[component]
pub fn SourcesView() -> impl IntoView {
    let state = SourcesState::new(expect_context::<WorkspaceState>());
    provide_context(state);
    let list = move || {
        Suspend::new(async move {
            match state.sources.await {
                // The page as a whole says so.
                Err(error) if error.kind == ErrorKind::NotFound => ().into_any(),
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(sources) if sources.is_empty() => view! { <NoSources/> }.into_any(),
                Ok(sources) => sources
                    .into_iter()
                    .map(|source| view! { <SourceCard source/> })
                    .collect_view()
                    .into_any(),
            }
        })
    };
    view! {
        <div class="page-heading">
            <div>
                <h1>"Sources"</h1>
                <p class="muted">"Vaults and folders that this collection is kept in step with."</p>
            </div>
            <button id="pair-device" type="button" class="button primary" on:click=move |_| state.pair(None)>
                "Pair a device"
            </button>
        </div>
        <OptionalNotice message=state.error/>
        <p role="status" class="muted small source-news">{state.news}</p>
        <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{list}</Transition>
        <PluginSection/>
        <PairDialog/>
        <RevokeDialog/>
        <RemoveDialog/>
    }
    .into_any()
}

#[component]
fn NoSources() -> impl IntoView {
    view! {
        <div class="empty-state">
            <h2>"Nothing is kept in step yet"</h2>
            <p class="muted">
                "Documents that you add by hand stay as they are. A source follows its files: what you write in your vault \
                 can be asked about seconds later, and what you delete stops answering."
            </p>
            <ol class="steps">
                <li><strong>"Put the plugin into your vault"</strong> "You find it below, ready to unpack."</li>
                <li><strong>"Pair the device"</strong> "The button above shows an address and a code for the plugin's settings."</li>
                <li><strong>"Write on"</strong> "The plugin sends what changed, and only that."</li>
            </ol>
        </div>
    }
    .into_any()
}
