//! `/v1/responses`: a chat as items, whole and streamed, kept so that the next request can go on with it.

mod background;
mod compact;
mod events;
mod hosted;
pub mod input;
pub mod kept;
mod request;
mod resource;

pub use background::Background;

use async_stream::stream;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use futures::StreamExt;
use serde_json::Value;

use super::conversations;
use super::page::{Deleted, Listed};
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, base_url};
use crate::http::guard::access::Identity;
use crate::http::guard::streams::Place;
use crate::http::state::AppState;
use crate::http::stored::new_id;
use crate::http::stream as sse;
use crate::http::turn::{self, Delivery};
use events::Encoder;
use kept::Keeping;
use request::ResponseBody;
use resource::{Resource, Settings};

/// The routes below `/v1/responses`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/responses", post(create))
        .route("/v1/responses/compact", post(compact::compact))
        .route("/v1/responses/{id}", get(show).delete(delete))
        .route("/v1/responses/{id}/input_items", get(input_items))
        .route("/v1/responses/{id}/cancel", post(cancel))
}

/// Answers.
async fn create(
    State(state): State<AppState>,
    headers: HeaderMap,
    identity: Option<Extension<Identity>>,
    place: Option<Extension<Place>>,
    JsonBody(body): JsonBody<ResponseBody>,
) -> Result<Response, ApiError> {
    body.check()?;
    let (is_stream, is_background) = (body.is_stream(), body.is_background());
    let settings = Settings::of(&body);
    let include = body.include.clone().unwrap_or_default();
    let named = body.model.clone().unwrap_or_default();
    let conversation = body.conversation_id().map(str::to_owned);
    let is_kept = body.is_kept();
    let earlier = match (&body.previous_response_id, &conversation) {
        (Some(id), _) => kept::get(&state.services, id).await?.items,
        (None, Some(id)) => conversations::all_items(&state.services, id).await?,
        (None, None) => Vec::new(),
    };
    let (asked, input) = body.read(&earlier, identity.as_deref())?;
    let keeping = Keeping { earlier, input, conversation, is_kept };
    let encoder_of = |model: String| {
        Encoder::new(Resource::begin(new_id(), model, settings), base_url(&headers), &include)
    };
    if is_background {
        let place = place.map(|Extension(place)| place);
        let begun = background::start(&state, asked, (encoder_of(named), keeping, place)).await?;
        return Ok(Json(begun).into_response());
    }
    let delivery = if is_stream { Delivery::Streamed } else { Delivery::Whole };
    let mut turn = turn::begin(&state, asked, delivery).await?;
    let mut encoder = encoder_of(turn.model.clone());
    if !is_stream {
        while let Some(step) = turn.steps.next().await {
            encoder.write(step);
        }
        let resource = encoder.finish()?;
        keeping.finish(&state.services, &resource).await;
        return Ok(Json(resource).into_response());
    }
    let shutdown = state.options.shutdown.clone();
    let events = stream! {
        for event in encoder.begin() {
            yield event.sse();
        }
        while let Some(step) = turn.steps.next().await {
            let events = encoder.write(step);
            // Before it is told, so that whoever hears of its end can go on with it.
            if encoder.is_complete() {
                keeping.finish(&state.services, encoder.resource()).await;
            }
            for event in events {
                yield event.sse();
            }
        }
        yield Event::default().data("[DONE]");
    };
    Ok(sse::reply(events, &shutdown))
}

/// Shows a response that is kept.
async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(background::show(&state, &id).await?))
}

/// Forgets a response.
async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Deleted>, ApiError> {
    background::delete(&state, &id).await?;
    Ok(Json(Deleted::new(id, "response")))
}

/// Lists what a response answered.
async fn input_items(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Listed<Value>>, ApiError> {
    let found = kept::get(&state.services, &id).await?;
    Ok(Json(kept::input_items(&id, found.input)))
}

/// Stops a response that is made in the background.
async fn cancel(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(background::cancel(&state, &id).await?))
}
