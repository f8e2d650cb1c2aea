//! Getting the plugin for Obsidian, or using another one.

use leptos::prelude::*;

use super::state::SourcesState;
use quire_domain::url_part;

/// Offers the plugin for download and says how to install it.
#[component]
pub fn PluginSection() -> impl IntoView {
    let state = expect_context::<SourcesState>();
    let address = RwSignal::new(String::new());
    Effect::new(move |_| address.set(crate::browser::origin()));
    let khoj = move || format!("{}/khoj/{}", address.read(), url_part(&state.name.read()));
    let file = |name: &'static str| {
        let href = format!("/obsidian/{name}");
        view! { <a class="quiet" href=href rel="external" download=name>{name}</a> }
    };
    view! {
        <section class="plugin-section" aria-labelledby="plugin-title">
            <h2 id="plugin-title">"The plugin for Obsidian"</h2>
            <p>
                "Download the plugin and unpack it into " <code>".obsidian/plugins"</code>
                " of your vault, so that its three files lie in the folder " <code>"quire"</code>
                ". Start Obsidian anew and switch “Quire” on under Settings, Community plugins. Then pair the device: \
                 enter the address and the code in the plugin's settings."
            </p>
            <p class="plugin-files">
                <a class="button" href="/obsidian/quire-obsidian.zip" rel="external" download="quire-obsidian.zip">
                    "Download the plugin"
                </a>
                {file("main.js")} {file("manifest.json")} {file("styles.css")}
            </p>
            <p class="muted small">
                "You can keep the plugin of Khoj: with " <code class="khoj-address">{khoj}</code>
                " as its server's address it sends the vault here and searches it here."
            </p>
        </section>
    }
    .into_any()
}
