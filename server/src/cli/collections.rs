//! `quire collections`: list, create, delete.

use clap::{Args, Subcommand};
use quire_domain::{Collection, CollectionName, Language, ModelId};
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

/// Lists, creates or deletes.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let (Action::List { connect, .. }
    | Action::Create { connect, .. }
    | Action::Delete { connect, .. }) = &arguments.action;
    let connection = Connection::open(connect, Purpose::Use).await?;
    let result = act(&connection, &arguments.action).await;
    connection.close().await;
    result.map(|()| Ending::Done)
}

async fn act(connection: &Connection, action: &Action) -> anyhow::Result<()> {
    let client = &connection.client;
    match action {
        Action::List { json, .. } => {
            let listed: Listed = client.get(&["api", "collections"]).await?;
            if *json {
                return output::json(&listed);
            }
            show(&listed.collections);
        }
        Action::Create { name, language, embedding_model, json, .. } => {
            let body = json!({
                "name": name, "language": language, "embedding_model": embedding_model,
            });
            let made: Collection = client.post(&["api", "collections"], &body).await?;
            if *json {
                return output::json(&made);
            }
            output::note(&format!("Collection `{}` is ready.", made.name));
        }
        Action::Delete { name, .. } => {
            client.delete(&["api", "collections", name.as_str()]).await?;
            output::note(&format!("Collection `{name}` is gone."));
        }
    }
    Ok(())
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
        ]
    };
    let heading =
        ["NAME", "DOCUMENTS", "INDEXED", "PENDING", "FAILED", "CHUNKS", "SIZE", "LANGUAGE"];
    output::table(&heading, &collections.iter().map(row).collect::<Vec<_>>());
}
