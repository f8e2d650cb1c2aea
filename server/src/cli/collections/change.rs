//! Changing a collection's index, with a progress bar until it is built.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use quire_domain::{Collection, CollectionName, IndexState, IndexSwitch};
use reqwest::Method;
use serde_json::Value;

use crate::cli::{Ending, output};
use crate::client::ApiClient;

/// How often progress is asked for.
const ASK_EVERY: Duration = Duration::from_millis(300);

/// Changes language or model and waits until the index they need is built.
pub async fn set(
    client: &ApiClient,
    name: &CollectionName,
    body: &Value,
) -> anyhow::Result<Ending> {
    let path = ["api", "collections", name.as_str()];
    let changed = client.read(client.request(Method::PATCH, &path).json(body)).await?;
    wait(client, changed).await
}

/// Switches or goes back and waits until that is done.
pub async fn post(client: &ApiClient, name: &CollectionName, what: &str) -> anyhow::Result<Ending> {
    let path = ["api", "collections", name.as_str(), "index", what];
    wait(client, client.read(client.request(Method::POST, &path)).await?).await
}

async fn wait(client: &ApiClient, mut collection: Collection) -> anyhow::Result<Ending> {
    let style = "Building  [{bar:32}] {pos}/{len} documents, {elapsed} passed, about {eta} left";
    let bar =
        ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
    loop {
        let going_on = collection.next_index.as_ref().filter(|next| {
            let waits = next.switch == IndexSwitch::OnRequest;
            next.state == IndexState::Building || (next.state == IndexState::Ready && !waits)
        });
        let Some(next) = going_on else { break };
        bar.set_length(next.total);
        bar.set_position(next.done);
        tokio::time::sleep(ASK_EVERY).await;
        collection = client.get(&["api", "collections", collection.name.as_str()]).await?;
    }
    bar.finish_and_clear();
    Ok(tell(&collection))
}

fn tell(collection: &Collection) -> Ending {
    let Collection { name, embedding_model, language, .. } = collection;
    warn(collection);
    match &collection.next_index {
        None => {
            let language = language.code();
            output::note(&format!(
                "Collection `{name}` answers from its index in `{language}` by {embedding_model}."
            ));
        }
        Some(next) => {
            if let Some(error) = &next.error {
                output::note(&format!("The next index cannot be built: {error}"));
                return Ending::Wrong;
            }
            output::note(&format!(
                "The next index is ready. Compare with `quire eval -c {name} [FILE]` and the same with `--next`; \
                 then `quire collections switch {name}`, or `quire collections cancel {name}`."
            ));
        }
    }
    Ending::Done
}

/// Shows in a word or two how a collection's index stands.
pub fn state(collection: &Collection) -> String {
    let Some(next) = &collection.next_index else { return "active".to_owned() };
    match next.state {
        IndexState::Building => format!("next: {}/{}", next.done, next.total),
        IndexState::Ready => "next: ready".to_owned(),
        IndexState::Failed => "next: failed".to_owned(),
    }
}

/// Tells what the owner of a collection should know.
pub fn warn(collection: &Collection) {
    for warning in &collection.warnings {
        output::note(&format!("{}: {}", collection.name, warning.message));
    }
}
