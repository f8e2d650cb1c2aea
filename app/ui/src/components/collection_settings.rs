//! A collection's settings: its language, its embedding model, and the indexes they need.

pub(crate) mod state;

pub mod language_section;
pub mod model_section;
pub mod next_index;
pub mod previous_index;
pub mod warning_list;

use leptos::prelude::*;
use quire_domain::ErrorKind;

use self::language_section::LanguageSection;
use self::model_section::ModelSection;
use self::next_index::NextIndexPanel;
use self::previous_index::PreviousIndexSection;
use self::state::SettingsState;
use self::warning_list::WarningList;
use super::notice::{Notice, OptionalNotice};
use super::workspace_state::WorkspaceState;
use crate::server_functions::indexes::detect_language;
use crate::server_functions::models::list_models;

/// Shows a collection's settings.
#[component]
pub fn CollectionSettings() -> impl IntoView {
    let workspace = expect_context::<WorkspaceState>();
    let models = Resource::new(|| (), |()| list_models());
    // What the documents are in is told anew when some came.
    let indexed = Memo::new(move |_| workspace.counts().map(|counts| counts.indexed));
    let found = Resource::new(
        move || (workspace.name.get(), indexed.get()),
        |(name, _)| detect_language(name),
    );
    let state = SettingsState::new(workspace);
    provide_context(state);
    let content = move || {
        Suspend::new(async move {
            match workspace.collection.await {
                // The page as a whole says so.
                Err(error) if error.kind == ErrorKind::NotFound => ().into_any(),
                Err(error) => view! { <Notice message=error.message/> }.into_any(),
                Ok(collection) => {
                    let models = models.await.unwrap_or_default();
                    let found = found.await.unwrap_or_default();
                    view! {
                        <WarningList collection=collection.clone() models=models.clone()/>
                        <NextIndexPanel collection=collection.clone()/>
                        <LanguageSection collection=collection.clone() found/>
                        <ModelSection collection=collection.clone() models/>
                        <PreviousIndexSection collection/>
                    }
                    .into_any()
                }
            }
        })
    };
    view! {
        <div class="page-heading">
            <div>
                <h1>"Settings"</h1>
                <p class="muted">"How the documents of this collection are searched."</p>
            </div>
        </div>
        <OptionalNotice message=state.error/>
        <Transition fallback=|| view! { <p class="muted">"Loading…"</p> }>{content}</Transition>
    }
    .into_any()
}
