//! Saying what went wrong, near the place where it did.

use leptos::prelude::*;

/// Shows an error's sentence.
#[component]
pub fn Notice(
    /// The sentence.
    #[prop(into)]
    message: String,
) -> impl IntoView {
    view! { <p class="notice" role="alert">{with_code(&capitalised(&message))}</p> }
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

/// Shows a message; the names and commands in it, which stand in backticks, look like code.
pub(crate) fn with_code(message: &str) -> impl IntoView + use<> {
    let part = |(number, part): (usize, &str)| {
        let part = part.to_owned();
        if number % 2 == 1 { view! { <code>{part}</code> }.into_any() } else { part.into_any() }
    };
    message.split('`').enumerate().map(part).collect_view()
}

/// Makes a sentence of a message, which by convention starts small.
pub(crate) fn capitalised(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}
