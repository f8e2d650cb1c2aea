//! The choice of how much is read for an answer.

use leptos::prelude::*;
use quire_domain::AnswerMode;

/// The ways there are: a word for programs, one for people, and the way.
const MODES: [(&str, &str, Option<AnswerMode>); 4] = [
    ("", "Automatic", None),
    ("retrieval", "Passages", Some(AnswerMode::Retrieval)),
    ("full_document", "Whole documents", Some(AnswerMode::FullDocument)),
    ("coverage", "Read everything", Some(AnswerMode::Coverage)),
];

/// Chooses what is read for an answer; by itself Quire goes by the question and the sizes.
#[component]
pub fn ModeSelect(
    /// The chosen way; `None` leaves it to Quire.
    mode: RwSignal<Option<AnswerMode>>,
) -> impl IntoView {
    let options = MODES.map(|(value, name, way)| {
        view! { <option value=value selected=move || mode.get() == way>{name}</option> }
    });
    let on_change = move |value: &str| {
        let chosen = MODES.iter().find(|(word, ..)| *word == value);
        mode.set(chosen.and_then(|(.., way)| *way));
    };
    view! {
        <label class="mode-select" title="What is read for the answer">
            <span class="visually-hidden">"What is read for the answer"</span>
            <select on:change:target=move |event| on_change(&event.target().value())>
                {options.into_iter().collect_view()}
            </select>
        </label>
    }
    .into_any()
}
