//! `/v1/responses`: a chat as items, whole and streamed, kept so that the next request can go on with it.

mod events;
mod input;
mod kept;
mod request;
mod resource;

pub use kept::KeptResponse;

use std::sync::Arc;

use async_stream::stream;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::StreamExt;
use serde::Serialize;

use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, base_url};
use crate::http::state::AppState;
use crate::http::stored::new_id;
use crate::http::stream as sse;
use crate::http::turn::{self, Delivery};
use events::Encoder;
use kept::Keeping;
use request::ResponseBody;
use resource::{Resource, Settings, Status};

/// The routes below `/v1/responses`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/responses", post(create))
        .route("/v1/responses/{id}", get(show).delete(delete))
        .route("/v1/responses/{id}/input_items", get(input_items))
        .route("/v1/responses/{id}/cancel", post(cancel))
}

/// Answers.
async fn create(
    State(state): State<AppState>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<ResponseBody>,
) -> Result<Response, ApiError> {
    let is_stream = body.is_stream();
    let is_kept = body.is_kept();
    let settings = Settings::of(&body);
    let (asked, input) = body.read(&state.responses)?;
    let keeping = is_kept.then(|| Keeping {
        responses: Arc::clone(&state.responses),
        // The instructions of one request are not those of the next.
        messages: settings.without_instructions(&asked.messages),
        input,
    });
    let delivery = if is_stream { Delivery::Streamed } else { Delivery::Whole };
    let mut turn = turn::begin(&state, asked, delivery).await?;
    let resource = Resource::begin(new_id(), turn.model.clone(), settings);
    let mut encoder = Encoder::new(resource, base_url(&headers), keeping);
    if !is_stream {
        while let Some(step) = turn.steps.next().await {
            encoder.write(step);
        }
        return encoder.finish().map(|resource| Json(resource).into_response());
    }
    let events = stream! {
        for event in encoder.begin() {
            yield event.sse();
        }
        while let Some(step) = turn.steps.next().await {
            for event in encoder.write(step) {
                yield event.sse();
            }
        }
        yield Event::default().data("[DONE]");
    };
    Ok(sse::reply(events, &state.options.shutdown))
}

/// Shows a response that is kept.
async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Resource>, ApiError> {
    Ok(Json(state.responses.get(&id)?.resource))
}

/// What became of a response.
#[derive(Serialize)]
struct Deleted {
    id: String,
    object: &'static str,
    #[serde(rename = "deleted")]
    is_gone: bool,
}

/// Forgets a response.
async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Deleted>, ApiError> {
    state.responses.remove(&id)?;
    Ok(Json(Deleted { id, object: "response", is_gone: true }))
}

/// Lists what a response answered.
async fn input_items(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<kept::ItemList>, ApiError> {
    Ok(Json(state.responses.get(&id)?.input_items()))
}

/// Refuses to stop a response: those that are kept have ended, since none is made in the background. Whoever waits for one
/// stops it by hanging up.
async fn cancel(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Resource>, ApiError> {
    let KeptResponse { resource, .. } = state.responses.get(&id)?;
    let message = format!(
        "The response `{id}` is {}; only one that is made in the background can be cancelled.",
        match resource.status {
            Status::InProgress => "in progress",
            Status::Completed => "completed",
            Status::Incomplete => "incomplete",
            Status::Failed => "failed",
        }
    );
    Err(ApiError::invalid(message))
}
