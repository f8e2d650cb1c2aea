//! `quire collections`: list, create, change, delete.

mod change;

use clap::{Args, Subcommand};
use quire_domain::{Collection, CollectionName, IndexSwitch, Language, ModelId};
use serde::Deserialize;
use serde_json::json;

use super::connection::{ConnectArguments, Connection, Purpose};
use super::{Ending, output};

/// What to do with collections.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List all collections
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// Make an empty collection
    Create {
        /// Its name
        name: CollectionName,
        /// The language of its keyword index, such as `de` [default: detected]
        #[arg(long)]
        language: Option<Language>,
        /// The model that embeds it [default: the server's]
        #[arg(long)]
        embedding_model: Option<ModelId>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// Change the language or the embedding model: builds another index beside the one that
    /// answers, and waits for it
    Set {
        /// The collection
        name: CollectionName,
        /// The language of its keyword index, such as `de`; `und` detects it
        #[arg(long, required_unless_present = "embedding_model")]
        language: Option<Language>,
        /// The model that embeds it
        #[arg(long)]
        embedding_model: Option<ModelId>,
        /// Keep answering from the old index until `quire collections switch`, so that both can be
        /// evaluated [default if the model changes]
        #[arg(long, conflicts_with = "switch")]
        keep: bool,
        /// Answer from the new index as soon as it is built [default if only the language
        /// changes]
        #[arg(long)]
        switch: bool,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// Answer from the index that was built beside the old one
    Switch {
        /// The collection
        name: CollectionName,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// Go back to the index that answered before
    Back {
        /// The collection
        name: CollectionName,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// Give up the index that is being built
    Cancel {
        /// The collection
        name: CollectionName,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// Delete a collection with its documents and conversations
    Delete {
        /// Its name
        name: CollectionName,
        #[command(flatten)]
        connect: ConnectArguments,
    },
}

/// A reply to listing.
#[derive(Deserialize, serde::Serialize)]
struct Listed {
    collections: Vec<Collection>,
}

/// Lists, creates, changes or deletes.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let (connect, purpose) = match &arguments.action {
        Action::List { connect, .. }
        | Action::Create { connect, .. }
        | Action::Cancel { connect, .. }
        | Action::Delete { connect, .. } => (connect, Purpose::Use),
        // An index is built by the worker that ingests.
        Action::Set { connect, .. }
        | Action::Switch { connect, .. }
        | Action::Back { connect, .. } => (connect, Purpose::Ingest),
    };
    let connection = Connection::open(connect, purpose).await?;
    let result = tokio::select! {
        result = act(&connection, &arguments.action) => result,
        _ = tokio::signal::ctrl_c() => {
            let when = if connection.is_own() { "when Quire runs next" } else { "in the server" };
            output::note(&format!("\nStopped. An index that is being built goes on {when}."));
            Ok(Ending::Interrupted)
        }
    };
    connection.close().await;
    result
}

async fn act(connection: &Connection, action: &Action) -> anyhow::Result<Ending> {
    let client = &connection.client;
    match action {
        Action::List { json, .. } => {
            let listed: Listed = client.get(&["api", "collections"]).await?;
            if *json {
                output::json(&listed)?;
            } else {
                show(&listed.collections);
            }
        }
        Action::Create { name, language, embedding_model, json, .. } => {
            let body = json!({
                "name": name, "language": language, "embedding_model": embedding_model,
            });
            let made: Collection = client.post(&["api", "collections"], &body).await?;
            if *json {
                output::json(&made)?;
            } else {
                output::note(&format!("Collection `{}` is ready.", made.name));
            }
        }
        Action::Set { name, language, embedding_model, keep, switch, .. } => {
            let switch = match (keep, switch) {
                (true, _) => Some(IndexSwitch::OnRequest),
                (false, true) => Some(IndexSwitch::WhenReady),
                (false, false) => None,
            };
            let body = json!({
                "language": language, "embedding_model": embedding_model, "switch": switch,
            });
            return change::set(client, name, &body).await;
        }
        Action::Switch { name, .. } => return change::post(client, name, "switch").await,
        Action::Back { name, .. } => return change::post(client, name, "back").await,
        Action::Cancel { name, .. } => {
            client.delete(&["api", "collections", name.as_str(), "index", "next"]).await?;
            output::note(&format!("Collection `{name}` goes on with the index it has."));
        }
        Action::Delete { name, .. } => {
            client.delete(&["api", "collections", name.as_str()]).await?;
            output::note(&format!("Collection `{name}` is gone."));
        }
    }
    Ok(Ending::Done)
}

fn show(collections: &[Collection]) {
    if collections.is_empty() {
        output::note("There are no collections yet; `quire ingest DIR -c NAME` makes one.");
        return;
    }
    let row = |collection: &Collection| {
        let counts = collection.counts;
        vec![
            collection.name.to_string(),
            counts.documents.to_string(),
            counts.indexed.to_string(),
            counts.pending.to_string(),
            counts.failed.to_string(),
            counts.chunks.to_string(),
            output::size(counts.size_bytes),
            collection.language.code().to_owned(),
            change::state(collection),
        ]
    };
    let heading = [
        "NAME",
        "DOCUMENTS",
        "INDEXED",
        "PENDING",
        "FAILED",
        "CHUNKS",
        "SIZE",
        "LANGUAGE",
        "INDEX",
    ];
    output::table(&heading, &collections.iter().map(row).collect::<Vec<_>>());
    collections.iter().for_each(change::warn);
}
