//! Following a collection's events, over broken connections.

use std::time::Duration;

use futures::StreamExt;
use quire_domain::{CollectionName, Document, DocumentId, IngestEvent, IngestPause};
use reqwest::Method;
use tokio::sync::mpsc;

use crate::client::ApiClient;

/// How often a connection may fail in a row.
const MAX_FAILURES: u32 = 20;

/// Something that changed.
pub enum Update {
    /// A document came further.
    Document(Box<Document>),
    /// A document was deleted by somebody.
    Deleted(DocumentId),
    /// Documents wait, with the reason; or go on, without.
    Paused(Option<IngestPause>),
    /// Events before this may be lost: look anew.
    Snapshot,
    /// The server cannot be reached any more.
    Lost(anyhow::Error),
}

/// Sends updates until the receiver is dropped or the server is lost.
pub async fn follow(client: ApiClient, collection: CollectionName, sender: mpsc::Sender<Update>) {
    let path = ["api", "collections", collection.as_str(), "events"];
    let mut failures = 0;
    loop {
        match client.follow(client.request(Method::GET, &path)).await {
            Ok(events) => {
                let mut events = Box::pin(events);
                while let Some(event) = events.next().await {
                    failures = 0;
                    let Some(update) = read(&event.name, &event.data) else { continue };
                    if sender.send(update).await.is_err() {
                        return;
                    }
                }
            }
            Err(error) => {
                failures += 1;
                if failures >= MAX_FAILURES {
                    // Nobody listens any more when this cannot be sent.
                    let _ = sender.send(Update::Lost(error)).await;
                    return;
                }
            }
        }
        if sender.is_closed() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn read(name: &str, data: &str) -> Option<Update> {
    if name == "snapshot" {
        return Some(Update::Snapshot);
    }
    match serde_json::from_str(data).ok()? {
        IngestEvent::Document { document, .. } => Some(Update::Document(document)),
        IngestEvent::Deleted { document_id, .. } => Some(Update::Deleted(document_id)),
        IngestEvent::Paused { pause, .. } => Some(Update::Paused(pause)),
        IngestEvent::Embedding { .. } | IngestEvent::Renamed { .. } | IngestEvent::Index { .. } => {
            None
        }
    }
}
