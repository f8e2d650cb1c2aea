//! What the parts of the settings share: the collection's page, and what went wrong.

use leptos::prelude::*;
use quire_domain::{Collection, Language, ModelId};

use crate::UiError;
use crate::components::attempt::attempt;
use crate::components::workspace_state::WorkspaceState;
use crate::show;

/// The state of a collection's settings.
#[derive(Clone, Copy)]
pub(crate) struct SettingsState {
    /// The collection's page.
    pub(crate) workspace: WorkspaceState,
    /// Why the last change was refused.
    pub(crate) error: RwSignal<Option<String>>,
    /// The code of the language that is chosen and not yet sent; empty for the present one. It
    /// outlives the form, which is drawn anew whenever the collection changes.
    pub(crate) language: RwSignal<String>,
    /// The embedding model that is chosen and not yet sent; likewise.
    pub(crate) model: RwSignal<String>,
}

impl SettingsState {
    /// Makes the state of a collection's settings.
    pub(crate) fn new(workspace: WorkspaceState) -> Self {
        let (language, model) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
        Self { workspace, error: RwSignal::new(None), language, model }
    }

    /// Makes a change by the collection's name, and shows what became of it.
    pub(crate) fn change<F>(self, call: impl FnOnce(String) -> F)
    where
        F: Future<Output = Result<Collection, UiError>> + 'static,
    {
        let name = self.workspace.name.get_untracked();
        attempt(call(name), self.error, move |_| {
            self.language.set(String::new());
            self.model.set(String::new());
            self.workspace.refetch();
        });
    }
}

/// Describes an index: `German, by multilingual-e5-small`.
pub(crate) fn describe(language: Language, embedding_model: &ModelId) -> String {
    let model = show::model_name(embedding_model);
    match language {
        Language::Unknown => format!("no language yet, by {model}"),
        language => format!("{}, by {model}", language.name()),
    }
}
