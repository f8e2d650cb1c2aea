//! `/v1/responses`: a chat as items, whole and streamed, kept so that the next request can go on with it, and the same over
//! a WebSocket.

mod background;
mod compact;
mod events;
mod hosted;
pub mod input;
mod input_tokens;
pub mod kept;
mod request;
mod resource;
mod socket;
mod telling;

pub use background::Background;

use async_stream::stream;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::Value;

use super::page::{Deleted, ListQuery, Listed};
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, QueryOf, base_url};
use crate::http::guard::access::Identity;
use crate::http::guard::streams::Place;
use crate::http::state::AppState;
use crate::http::stream as sse;
use crate::http::turn::Delivery;
use request::{Purpose, ResponseBody};
use telling::{Asker, Prepared};

/// The routes below `/v1/responses`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/responses", post(create).get(socket::open))
        .route("/v1/responses/compact", post(compact::compact))
        .route("/v1/responses/input_tokens", post(input_tokens::count))
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
    let earlier = telling::find_earlier(&state.services, &body).await?;
    let asker = Asker { identity: identity.as_deref(), base_url: base_url(&headers) };
    let prepared = Prepared::read(body, Purpose::Answer, (earlier, asker))?;
    if is_background {
        let Prepared { asked, encoder, keeping } = prepared;
        let place = place.map(|Extension(place)| place);
        let begun = background::start(&state, asked, (encoder, keeping, place)).await?;
        return Ok(Json(begun).into_response());
    }
    let delivery = if is_stream { Delivery::Streamed } else { Delivery::Whole };
    let mut telling = Box::pin(prepared.begin(&state, delivery)).await?;
    if !is_stream {
        return Ok(Json(telling.finish().await?).into_response());
    }
    let events = stream! {
        while let Some(events) = telling.next().await {
            for event in events {
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
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<Listed<Value>>, ApiError> {
    let found = kept::get(&state.services, &id).await?;
    Ok(Json(kept::input_items(&id, found.input, &query)?))
}

/// Stops a response that is made in the background.
async fn cancel(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(background::cancel(&state, &id).await?))
}
