//! `quire ask`: an answer with citations, printed as it is made.

use clap::{Args, ValueEnum};
use quire_domain::{CollectionName, ModelId};
use reqwest::Method;
use serde_json::{Value, json};

use super::answer::{self, Hints};
use super::connection::{ConnectArguments, Connection, Purpose};
use super::scope::ScopeArguments;
use super::{Ending, output};

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
    #[command(flatten)]
    scope: ScopeArguments,
    /// How to choose what is read [default: by the question and the sizes]
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// Have the model write in any case: though a quote answers the question by itself, or though the model
    /// holds that the passages do not
    #[arg(long)]
    insist: bool,
    /// Show how the answer came about: what was searched, considered and asked of the model
    #[arg(long)]
    explain: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArguments,
}

/// How passages are chosen, as the command line names it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// The best passages that search finds
    Retrieval,
    /// The documents chosen by --in, --tag, --linked-with, --after and --before, whole
    FullDocument,
    /// Everything, passage by passage
    Coverage,
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Self::Retrieval => "retrieval",
            Self::FullDocument => "full_document",
            Self::Coverage => "coverage",
        }
    }
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
    let mut body = json!({
        "question": arguments.question,
        "model": arguments.model,
        "mode": arguments.mode.map(Mode::word),
        "insist": arguments.insist,
        "explain": arguments.explain,
        "stream": !arguments.json,
    });
    arguments.scope.write(&mut body)?;
    if arguments.json {
        let answer: Value = connection.client.post(&path, &body).await?;
        return output::json(&answer);
    }
    let request = connection.client.request(Method::POST, &path).json(&body);
    let events = connection.client.follow(request).await?;
    let hints = Hints { insist: "--insist", coverage: "--mode coverage" };
    answer::show(events, hints).await.map(drop)
}
