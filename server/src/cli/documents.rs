//! `quire documents`: list, show, read again, delete.

use clap::{Args, Subcommand};
use quire_domain::{
    CollectionName, Document, DocumentDetails, DocumentId, DocumentPath, DocumentStatus, LeftOut,
    LeftOutReason, ParseReport,
};
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::connection::{ConnectArguments, Connection, Purpose};
use super::parse::{show_blocks, show_reading, show_rows};
use super::{Ending, output};
use crate::client::{ApiClient, Refused};

/// What to do with documents.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the documents of a collection
    List {
        /// The collection
        #[arg(short, long)]
        collection: CollectionName,
        /// Only those in this state: accepted, parsed, embedded, indexed, failed, unsupported
        #[arg(long)]
        status: Option<DocumentStatus>,
        /// Only those whose path starts so
        #[arg(long)]
        prefix: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// Show one document: its state, how it was read, what was not read, and what was left out of its text
    Show {
        /// The document's identifier
        id: DocumentId,
        /// Print its text as well, each block with its place
        #[arg(long)]
        text: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// Read documents again from their originals: those that failed, or scans once a model that reads them is installed
    Retry {
        /// The documents' identifiers
        #[arg(required = true)]
        ids: Vec<DocumentId>,
        #[command(flatten)]
        connect: ConnectArguments,
    },
    /// Delete documents
    Delete {
        /// The documents' paths or identifiers
        #[arg(required = true)]
        documents: Vec<String>,
        /// The collection
        #[arg(short, long)]
        collection: CollectionName,
        #[command(flatten)]
        connect: ConnectArguments,
    },
}

/// A page of documents.
#[derive(Deserialize, Serialize)]
struct Page {
    documents: Vec<Document>,
    next: Option<String>,
}

/// A document with the account of how it was read.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    details: DocumentDetails,
    report: Option<ParseReport>,
}

/// Which documents to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those in this state.
    pub status: Option<DocumentStatus>,
    /// Only those whose path starts so.
    pub prefix: Option<String>,
}

/// Lists, shows, has read again or deletes.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let (Action::List { connect, .. }
    | Action::Show { connect, .. }
    | Action::Retry { connect, .. }
    | Action::Delete { connect, .. }) = &arguments.action;
    let connection = Connection::open(connect, Purpose::Use).await?;
    let result = act(&connection.client, &arguments.action).await;
    connection.close().await;
    result.map(|()| Ending::Done)
}

async fn act(client: &ApiClient, action: &Action) -> anyhow::Result<()> {
    match action {
        Action::List { collection, status, prefix, json, .. } => {
            let filter = Filter { status: *status, prefix: prefix.clone() };
            let documents = list_all(client, collection, &filter).await?;
            if *json {
                return output::json(&Page { documents, next: None });
            }
            show(&documents);
        }
        Action::Show { id, text, json, .. } => {
            let path = ["api", "documents", id.as_str()];
            let details: DocumentDetails = client.read(client.request(Method::GET, &path)).await?;
            let report = find_report(client, id).await?;
            let shown = Shown { details, report };
            if *json {
                return output::json(&shown);
            }
            if let Some(report) = shown.report.as_ref().filter(|_| *text) {
                show_blocks(report);
                output::line("---");
            }
            show_details(&shown);
        }
        Action::Retry { ids, .. } => {
            for id in ids {
                let path = ["api", "documents", id.as_str(), "retry"];
                let document: Document = client.read(client.request(Method::POST, &path)).await?;
                output::note(&format!("`{}` is read again.", document.path));
            }
        }
        Action::Delete { documents, collection, .. } => {
            let known = list_all(client, collection, &Filter::default()).await?;
            let found: anyhow::Result<Vec<&Document>> =
                documents.iter().map(|name| find(&known, name, collection)).collect();
            for document in found? {
                client.delete(&["api", "documents", document.id.as_str()]).await?;
                output::note(&format!("`{}` is gone.", document.path));
            }
        }
    }
    Ok(())
}

/// Gets how a document was read; one that has not been read has no report, and its state says why.
async fn find_report(client: &ApiClient, id: &DocumentId) -> anyhow::Result<Option<ParseReport>> {
    let path = ["api", "documents", id.as_str(), "report"];
    let report = client.get(&path).await;
    match report {
        Err(error) if is_missing(&error) => Ok(None),
        report => report.map(Some),
    }
}

fn is_missing(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Refused>();
    refused.is_some_and(|refused| refused.status == StatusCode::NOT_FOUND)
}

fn find<'a>(
    known: &'a [Document],
    name: &str,
    collection: &CollectionName,
) -> anyhow::Result<&'a Document> {
    let path = name.parse::<DocumentPath>().ok();
    let id = name.parse::<DocumentId>().ok();
    let found = known
        .iter()
        .find(|document| Some(&document.path) == path.as_ref())
        .or_else(|| known.iter().find(|document| Some(&document.id) == id.as_ref()));
    found.ok_or_else(|| anyhow::anyhow!("collection `{collection}` has no document `{name}`"))
}

/// Lists all documents of a collection, page by page.
pub async fn list_all(
    client: &ApiClient,
    collection: &CollectionName,
    filter: &Filter,
) -> anyhow::Result<Vec<Document>> {
    let mut documents = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let path = ["api", "collections", collection.as_str(), "documents"];
        let mut query = vec![("limit", "1000")];
        query.extend(filter.status.map(|status| ("status", status.as_str())));
        query.extend(filter.prefix.as_deref().map(|prefix| ("prefix", prefix)));
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page: Page = client.read(client.request(Method::GET, &path).query(&query)).await?;
        documents.extend(page.documents);
        if page.next.is_none() {
            return Ok(documents);
        }
        cursor = page.next;
    }
}

fn show(documents: &[Document]) {
    let row = |document: &Document| {
        vec![
            document.path.to_string(),
            document.status.as_str().to_owned(),
            document.pages.map_or_else(String::new, |pages| pages.to_string()),
            document.chunk_count.to_string(),
            output::size(document.size_bytes),
            reason(document),
        ]
    };
    let heading = ["PATH", "STATUS", "PAGES", "CHUNKS", "SIZE", "NOTE"];
    output::table(&heading, &documents.iter().map(row).collect::<Vec<_>>());
}

fn show_details(Shown { details, report }: &Shown) {
    let document = &details.document;
    let rows = [
        ("Path", document.path.to_string()),
        ("Title", document.title.clone()),
        ("Identifier", document.id.to_string()),
        ("Status", document.status.as_str().to_owned()),
        ("Chunks", document.chunk_count.to_string()),
        ("Size", output::size(document.size_bytes)),
        ("Language", document.language.name().to_owned()),
        ("Failed", document.error.as_ref().map_or_else(String::new, |error| error.message.clone())),
    ];
    show_rows(&rows);
    if let Some(report) = report {
        show_reading(report);
    }
}

/// Shows a line that is no part of the text, with its pages.
pub fn left_out(line: &LeftOut) -> String {
    let reason = match line.reason {
        LeftOutReason::RepeatedLine => "repeated",
        LeftOutReason::PageNumber => "page number",
    };
    format!("{:<12} `{}` ({reason}; pages {})", "Left out", line.text, line.page_ranges())
}

/// Shows why a document failed, or how much of it was not read.
fn reason(document: &Document) -> String {
    match (&document.error, document.warnings.len()) {
        (Some(failure), _) => failure.message.clone(),
        (None, 0) => String::new(),
        (None, 1) => document.warnings.iter().map(|warning| warning.message.clone()).collect(),
        (None, count) => format!("{count} warnings"),
    }
}
