//! `quire ask`: an answer with citations, printed as it is made.

use anyhow::bail;
use clap::Args;
use futures::StreamExt;
use quire_domain::{Answer, AnswerEvent, Citation, CollectionName, ModelId, Support};
use reqwest::Method;
use serde_json::{Value, json};

use super::connection::{ConnectArguments, Connection, Purpose};
use super::search::place;
use super::{Ending, output};
use crate::http::v1::content::Content;

/// What to ask.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The question
    question: String,
    /// The collection to ask
    #[arg(short, long)]
    collection: CollectionName,
    /// The chat model [default: the server's]
    #[arg(long)]
    model: Option<ModelId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArguments,
}

/// Asks.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let connection = Connection::open(&arguments.connect, Purpose::Use).await?;
    let result = tokio::select! {
        result = ask(&connection, &arguments) => result.map(|()| Ending::Done),
        _ = tokio::signal::ctrl_c() => {
            output::note("\nStopped.");
            Ok(Ending::Interrupted)
        }
    };
    connection.close().await;
    result
}

async fn ask(connection: &Connection, arguments: &Arguments) -> anyhow::Result<()> {
    let path = ["api", "collections", arguments.collection.as_str(), "ask"];
    let body = json!({
        "question": arguments.question,
        "model": arguments.model,
        "stream": !arguments.json,
    });
    if arguments.json {
        let answer: Value = connection.client.post(&path, &body).await?;
        return output::json(&answer);
    }
    let request = connection.client.request(Method::POST, &path).json(&body);
    let mut events = Box::pin(connection.client.follow(request).await?);
    let mut content = Content::new(String::new());
    let mut told = String::new();
    while let Some(event) = events.next().await {
        match serde_json::from_str(&event.data)? {
            AnswerEvent::Retrieved { .. } => {}
            AnswerEvent::Token { text } => told.push_str(&text),
            AnswerEvent::Sentence { sentence, citations } => {
                content.add_citations(&citations);
                let mut text = content.sentence(&sentence, &told);
                if sentence.support == Support::Unsupported {
                    text.push_str(" (not supported by the documents)");
                }
                output::piece(&text);
            }
            AnswerEvent::Done { answer } => {
                output::line(&content.rest(&answer.answer));
                show_sources(&answer);
                return Ok(());
            }
            AnswerEvent::Failed { message, .. } => bail!("{message}"),
        }
    }
    bail!("the server ended the answer in the middle");
}

fn show_sources(answer: &Answer) {
    if !answer.citations.is_empty() {
        output::line("");
    }
    for citation in &answer.citations {
        let Citation { index, document, page, lines, rows, quote, .. } = citation;
        let place = place(*page, *lines, *rows);
        let quote = quote.split_whitespace().collect::<Vec<_>>().join(" ");
        output::line(&format!("[{index}] {}{place}: \"{quote}\"", document.path));
    }
    if !answer.answered && !answer.nearest.is_empty() {
        output::line("\nNearest passages:");
        for hit in &answer.nearest {
            let place = place(hit.page, hit.lines, hit.rows);
            output::line(&format!("- {}{place}", hit.document.path));
        }
    }
}
