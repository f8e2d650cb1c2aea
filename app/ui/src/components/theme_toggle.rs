//! The button between light and dark.

use leptos::prelude::*;
use web_sys::window;

use crate::browser::storage;

/// Changes the theme and keeps the choice; without a choice the page follows the system.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    let toggle = move |_| {
        let Some(window) = window() else { return };
        let Some(root) = window.document().and_then(|document| document.document_element()) else {
            return;
        };
        let system_is_dark = || {
            let query = window.match_media("(prefers-color-scheme: dark)").ok().flatten();
            query.is_some_and(|query| query.matches())
        };
        let is_dark =
            root.get_attribute("data-theme").map_or_else(system_is_dark, |theme| theme == "dark");
        let next = if is_dark { "light" } else { "dark" };
        // An attribute of plain letters is always accepted.
        let _ = root.set_attribute("data-theme", next);
        storage::save(storage::THEME, next);
    };
    view! {
        <button type="button" class="icon-button" on:click=toggle aria-label="Switch between light and dark" title="Light or dark">
            <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
                <circle cx="12" cy="12" r="8.5" fill="none" stroke="currentColor" stroke-width="1.8"/>
                <path d="M12 3.5a8.5 8.5 0 0 1 0 17z" fill="currentColor"/>
            </svg>
        </button>
    }
    .into_any()
}
