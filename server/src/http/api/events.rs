//! Progress of a collection as server-sent events.
//!
//! `event: snapshot` with the collection comes first, and again whenever the listener fell so far
//! behind that events were lost: whoever follows then lists the documents anew. Every other event
//! is `event: ingest`.

use async_stream::stream;
use axum::extract::State;
use axum::response::Response;
use quire_domain::{Collection, CollectionName, IngestEvent};
use quire_service::Services;
use tokio::sync::broadcast::error::RecvError;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::Named;
use crate::http::state::AppState;
use crate::http::stream::{named, reply};

/// Follows a collection.
#[utoipa::path(get, path = "/api/collections/{name}/events", tag = "documents",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, description = "`snapshot` events hold a Collection, `ingest` events an IngestEvent",
            content_type = "text/event-stream", body = IngestEvent),
        (status = 404, body = ErrorBody)))]
pub async fn follow(
    State(state): State<AppState>,
    Named(name): Named<CollectionName>,
) -> Result<Response, ApiError> {
    // Listens before it looks, so that nothing falls between the two.
    let mut events = state.services.subscribe();
    let collection = state.services.collections.get(&name).await?;
    let services = state.services.clone();
    let stream = stream! {
        let mut name = collection.name.clone();
        yield named("snapshot", &collection);
        loop {
            match events.recv().await {
                Ok(event) if *event.collection() == name => {
                    yield named("ingest", &event);
                    if let IngestEvent::Renamed { name: new, .. } = event {
                        name = new;
                    }
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => match look(&services, &name).await {
                    Some(collection) => yield named("snapshot", &collection),
                    None => break,
                },
                Err(RecvError::Closed) => break,
            }
        }
    };
    Ok(reply(stream, &state.options.shutdown))
}

async fn look(services: &Services, name: &CollectionName) -> Option<Collection> {
    services.collections.get(name).await.ok()
}
