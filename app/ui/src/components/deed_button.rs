//! A button of one among many: it shows what it does, and names aloud what it does that to.

use leptos::prelude::*;

/// Shows such a button, such as "Delete", which those who hear the page know as "Delete plan.md".
#[component]
pub fn DeedButton(
    /// What it does.
    deed: &'static str,
    /// What it does that to.
    of: String,
    /// How it looks, and what else it can be found by.
    #[prop(default = "quiet")]
    class: &'static str,
    /// Runs when it is pressed.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button type="button" class=class aria-label=format!("{deed} {of}") on:click=move |_| on_press.run(())>
            {deed}
        </button>
    }
    .into_any()
}
