//! The language of a collection's keyword index: shown, and changed.

use leptos::prelude::*;
use quire_domain::{Collection, Language};
use web_sys::SubmitEvent;

use super::state::SettingsState;
use crate::server_functions::indexes::change_index;

/// Shows the language and where it is from, and changes it.
#[component]
pub fn LanguageSection(
    /// The collection.
    collection: Collection,
    /// The language of most of its documents.
    found: Language,
) -> impl IntoView {
    let state = expect_context::<SettingsState>();
    let current = collection.language;
    let choose = move |code: String| {
        state.language.set(if code == current.code() { String::new() } else { code });
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let language = state.language.get_untracked();
        state.change(|name| change_index(name, language, String::new()));
    };
    let is_chosen = move |language: Language| {
        let chosen = state.language.read();
        if chosen.is_empty() { language == current } else { *chosen == language.code() }
    };
    let options = Language::ALL.iter().map(|&language| {
        view! { <option value=language.code() selected=move || is_chosen(language)>{language.name()}</option> }
    });
    view! {
        <section class="setting" aria-labelledby="language-title">
            <h2 id="language-title">"Language"</h2>
            <p class="setting-value">
                <strong>{shown(current)}</strong> <span class="muted">{source(current, found)}</span>
            </p>
            <p class="muted small">
                "Words are found in all their forms, and small words are passed over, by the rules of one language. \
                 Another language takes a moment: the index of words is made anew while the present one goes on answering."
            </p>
            <form class="setting-form" on:submit=on_submit>
                <label class="field inline grow">
                    <span class="visually-hidden">"Language of the documents"</span>
                    <select name="language" on:change:target=move |event| choose(event.target().value())>
                        <option value="und" selected=move || is_chosen(Language::Unknown)>"Detect from the documents"</option>
                        {options.collect_view()}
                    </select>
                </label>
                <button type="submit" class="button" disabled=move || state.language.read().is_empty()>"Change language"</button>
            </form>
        </section>
    }
    .into_any()
}

fn shown(language: Language) -> &'static str {
    match language {
        Language::Unknown => "Not known yet",
        language => language.name(),
    }
}

/// Says how the language and the documents agree.
fn source(current: Language, found: Language) -> String {
    match (current, found) {
        (Language::Unknown, Language::Unknown) => {
            " · it is found in your first documents".to_owned()
        }
        (_, Language::Unknown) => " · chosen by you".to_owned(),
        (current, found) if current == found => " · found in your documents".to_owned(),
        (_, found) => format!(" · but most of your documents are in {}", found.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_whether_language_and_documents_agree() {
        use Language::{English, German, Unknown};
        let check = |current, found, words: &str| {
            let told = source(current, found);
            assert!(told.contains(words), "{told}");
        };
        check(German, German, "found in your documents");
        check(English, German, "most of your documents are in German");
        check(German, Unknown, "chosen by you");
        check(Unknown, Unknown, "found in your first documents");
    }
}
