//! Where documents are added: a place to drop them and two buttons.

use std::future::ready;

use leptos::attr::custom::custom_attribute;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};

use super::workspace_state::{WorkspaceState, upload};
use crate::browser::dropped;

/// Takes folders and files. Dropping works anywhere on the collection's page; this says so.
#[component]
pub fn UploadArea() -> impl IntoView {
    let state = expect_context::<WorkspaceState>();
    let on_choose = move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(input) = input else { return };
        let Some(chosen) = input.files().map(|files| dropped::from_input(&files)) else { return };
        // So that the same folder can be chosen again.
        input.set_value("");
        upload(state, ready(chosen));
    };
    view! {
        <div class="drop-zone">
            <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true" class="drop-icon">
                <path d="M12 16V4m0 0L7.5 8.5M12 4l4.5 4.5M4 15v3a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/>
            </svg>
            <p class="drop-title">"Drop a folder or files here"</p>
            <p class="muted small">"PDF, Word, text, CSV, Markdown, HTML. Sub-folders are kept. Nothing leaves this machine."</p>
            <div class="drop-buttons">
                <label class="button primary">
                    <input
                        id="choose-folder"
                        class="visually-hidden"
                        type="file"
                        multiple=true
                        {..custom_attribute("webkitdirectory", "")}
                        on:change=on_choose
                    />
                    "Choose folder"
                </label>
                <label class="button">
                    <input id="choose-files" class="visually-hidden" type="file" multiple=true on:change=on_choose/>
                    "Choose files"
                </label>
            </div>
        </div>
    }
    .into_any()
}
