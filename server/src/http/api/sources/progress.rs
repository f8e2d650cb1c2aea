//! What happens in a source: changes, progress, failures; and indexing it anew.

use std::time::Duration;

use async_stream::stream;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use quire_domain::IngestEvent;
use quire_domain::sync::{
    ChangePage, ReindexReply, ReindexRequest, SourceEvent, SourceFailure, SourceId,
};
use quire_service::Services;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use utoipa::{IntoParams, ToSchema};

use super::access::OpenSource;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{JsonBody, QueryOf};
use crate::http::state::AppState;
use crate::http::stream::{named, reply};

/// Which changes to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// `seq` of the page before; 0, the default, lists everything.
    pub since: Option<u64>,
    /// Seconds to wait if there is nothing; default 0, at most 60.
    pub wait: Option<u64>,
    /// At most this many; default 500.
    pub limit: Option<usize>,
}

/// The files of a source that are not indexed.
#[derive(Serialize, ToSchema)]
pub struct FailureList {
    /// By path.
    pub failures: Vec<SourceFailure>,
}

/// Lists what changed, deletions included, and waits for it if there is nothing.
#[utoipa::path(get, path = "/api/sources/{sid}/changes", tag = "sources",
    params(("sid" = String, Path, description = "The source"), ChangesQuery),
    responses((status = 200, body = ChangePage), (status = 404, body = ErrorBody),
        (status = 410, description = "`changes_gone`: plan again", body = ErrorBody)))]
pub async fn changes(
    State(services): State<Services>,
    source: OpenSource,
    QueryOf(query): QueryOf<ChangesQuery>,
) -> Result<Json<ChangePage>, ApiError> {
    let wait = Duration::from_secs(query.wait.unwrap_or(0));
    let (since, limit) = (query.since.unwrap_or(0), query.limit.unwrap_or(500));
    Ok(Json(services.sources.list_changes(&source.id, since, wait, limit).await?))
}

/// Follows progress: `summary` first and whenever the index comes to rest, `file` in between.
#[utoipa::path(get, path = "/api/sources/{sid}/events", tag = "sources",
    params(("sid" = String, Path, description = "The source")),
    responses((status = 200, content_type = "text/event-stream", body = SourceEvent),
        (status = 404, body = ErrorBody)))]
pub async fn follow(
    State(state): State<AppState>,
    source: OpenSource,
) -> Result<Response, ApiError> {
    // Listens before it looks, so that nothing falls between the two.
    let mut events = state.services.subscribe();
    let status = state.services.sources.get(&source.id).await?;
    let (services, id) = (state.services.clone(), source.id);
    let events = stream! {
        let first = SourceEvent::Summary(Box::new(status));
        yield named(first.name(), &first);
        loop {
            let (found, rests) = match events.recv().await {
                Ok(event) => (translate(&services, &id, &event).await, comes_to_rest(&event)),
                Err(RecvError::Lagged(_)) => (None, true),
                Err(RecvError::Closed) => break,
            };
            let is_ours = found.is_some();
            if let Some(event) = found {
                yield named(event.name(), &event);
            }
            if rests && (is_ours || events.is_empty()) {
                let Ok(status) = services.sources.get(&id).await else { break };
                let summary = SourceEvent::Summary(Box::new(status));
                yield named(summary.name(), &summary);
            }
        }
    };
    Ok(reply(events, &state.options.shutdown))
}

async fn translate(services: &Services, id: &SourceId, event: &IngestEvent) -> Option<SourceEvent> {
    // A fault of the catalog here is one of every other request too, and logged there.
    services.sources.event(id, event).await.ok().flatten()
}

fn comes_to_rest(event: &IngestEvent) -> bool {
    match event {
        IngestEvent::Document { counts, .. } | IngestEvent::Deleted { counts, .. } => {
            counts.pending == 0
        }
        IngestEvent::Embedding { .. }
        | IngestEvent::Renamed { .. }
        | IngestEvent::Paused { .. }
        | IngestEvent::Index { .. } => false,
    }
}

/// Lists files that are not indexed, with the reason and what to do.
#[utoipa::path(get, path = "/api/sources/{sid}/failures", tag = "sources",
    params(("sid" = String, Path, description = "The source")),
    responses((status = 200, body = FailureList), (status = 404, body = ErrorBody)))]
pub async fn failures(
    State(services): State<Services>,
    source: OpenSource,
) -> Result<Json<FailureList>, ApiError> {
    Ok(Json(FailureList { failures: services.sources.list_failures(&source.id).await? }))
}

/// Queues files to be indexed anew.
#[utoipa::path(post, path = "/api/sources/{sid}/reindex", tag = "sources",
    params(("sid" = String, Path, description = "The source")), request_body = ReindexRequest,
    responses((status = 200, body = ReindexReply), (status = 404, body = ErrorBody)))]
pub async fn reindex(
    State(services): State<Services>,
    source: OpenSource,
    JsonBody(request): JsonBody<ReindexRequest>,
) -> Result<Json<ReindexReply>, ApiError> {
    Ok(Json(services.sources.reindex(&source.id, request).await?))
}
