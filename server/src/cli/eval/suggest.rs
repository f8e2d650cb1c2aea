//! Questions made from a collection's passages, printed a line each.

use anyhow::bail;
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use quire_domain::{CollectionName, ModelId, SuggestionEvent};
use reqwest::Method;
use serde_json::json;

use crate::cli::output;
use crate::client::ApiClient;

/// What questions to make.
pub struct Wanted<'a> {
    pub collection: &'a CollectionName,
    pub count: u32,
    pub model: Option<&'a ModelId>,
}

/// Has the server make questions, and prints each as it comes.
pub async fn print(client: &ApiClient, wanted: &Wanted<'_>) -> anyhow::Result<()> {
    let path = ["api", "collections", wanted.collection.as_str(), "questions", "suggest"];
    let body = json!({"count": wanted.count, "model": wanted.model});
    let request = client.request(Method::POST, &path).json(&body);
    let mut events = Box::pin(client.follow(request).await?);
    let style = ProgressStyle::with_template("Making questions [{bar:32}] {pos}/{len} {msg}")?;
    let bar = ProgressBar::new(wanted.count.into()).with_style(style.progress_chars("=> "));
    while let Some(event) = events.next().await {
        match serde_json::from_str(&event.data)? {
            SuggestionEvent::Suggested { question } => {
                bar.inc(1);
                bar.suspend(|| output::json_line(&question))?;
            }
            SuggestionEvent::Passed { passed } => {
                bar.set_message(format!("({passed} passages without a good question)"));
            }
            SuggestionEvent::Done { suggested, .. } => {
                bar.finish_and_clear();
                if suggested < wanted.count {
                    output::note(&format!(
                        "Only {suggested} of {} passages tried gave a question that could be \
                         checked. A larger chat model (`--model`) gives more.",
                        wanted.count
                    ));
                }
                return Ok(());
            }
            SuggestionEvent::Failed { message, .. } => bail!("{message}"),
        }
    }
    bail!("the server ended in the middle");
}
