//! Saying what went wrong, near the place where it did.

use leptos::prelude::*;

/// Shows an error's sentence.
#[component]
pub fn Notice(
    /// The sentence.
    #[prop(into)]
    message: String,
) -> impl IntoView {
    view! { <p class="notice" role="alert">{capitalised(&message)}</p> }
}

/// Shows an error while there is one.
#[component]
pub fn OptionalNotice(
    /// The sentence, if something went wrong.
    #[prop(into)]
    message: Signal<Option<String>>,
) -> impl IntoView {
    move || message.get().map(|message| view! { <Notice message/> })
}

/// Makes a sentence of a message, which by convention starts small.
fn capitalised(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}
