//! What clients of Anthropic speak: `/v1/messages`, whole and streamed, the count of its tokens, and `/v1/models`, which
//! `paths::mend` tells apart from OpenAI's. A collection answers here too, with its quotes as `citations`.

pub mod error;
mod events;
mod input;
mod message;
mod models;
mod request;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::StreamExt;
use serde::Serialize;

use super::error::ApiError;
use super::extract::{JsonBody, base_url};
use super::state::AppState;
use super::stream as sse;
use super::turn::{self, Delivery, model};
use events::Encoder;
use message::{Frame, Message};
use request::MessagesBody;

/// The routes; whatever is refused on them is refused in Anthropic's shape, which `guard::shape` sees to.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/messages", post(create))
        .route("/v1/messages/count_tokens", post(count_tokens))
        .route("/anthropic/v1/models", get(models::list))
        .route("/anthropic/v1/models/{*id}", get(models::show))
}

/// Answers a chat.
async fn create(
    State(state): State<AppState>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<MessagesBody>,
) -> Result<Response, ApiError> {
    let is_stream = body.is_stream();
    let asked = body.read()?;
    let frame = |model: String| Frame::new(model, base_url(&headers));
    if is_stream {
        let turn = turn::begin(&state, asked, Delivery::Streamed).await?;
        let mut encoder = Encoder::new(frame(turn.model));
        let events = turn.steps.flat_map(move |step| {
            let events: Vec<_> = encoder.write(step).iter().map(events::StreamEvent::sse).collect();
            futures::stream::iter(events)
        });
        return Ok(sse::reply(events, &state.options.shutdown));
    }
    let turn = turn::begin(&state, asked, Delivery::Whole).await?;
    let frame = frame(turn.model.clone());
    Ok(Json(Message::of(&frame, turn.finish().await?)).into_response())
}

/// How many tokens a chat has.
#[derive(Serialize)]
struct TokenCount {
    input_tokens: usize,
}

/// Counts the tokens of a chat, tools and template included.
async fn count_tokens(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<MessagesBody>,
) -> Result<Json<TokenCount>, ApiError> {
    let input_tokens = model::count_tokens(&state, body.read()?).await?;
    Ok(Json(TokenCount { input_tokens }))
}
