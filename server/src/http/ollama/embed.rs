//! `/api/embed`, and `/api/embeddings` as it was before.

use axum::Json;
use axum::extract::State;
use quire_domain::TimeToLive;
use quire_engines::TextRole;
use serde::{Deserialize, Serialize};

use super::lines::nanoseconds;
use super::options::KeepAlive;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::AppState;
use crate::http::text_or::TextOr;
use crate::http::turn::timing::Timing;
use crate::http::v1::embeddings::{Wanted, make};

/// A request to `/api/embed`. A text that is too long is refused, whatever `truncate` says: nothing is cut in silence.
#[derive(Debug, Deserialize)]
pub struct EmbedBody {
    model: Option<String>,
    input: TextOr<String>,
    dimensions: Option<usize>,
    keep_alive: Option<KeepAlive>,
}

/// Vectors.
#[derive(Debug, Serialize)]
pub struct Embedded {
    model: String,
    embeddings: Vec<Vec<f32>>,
    total_duration: u64,
    load_duration: u64,
    prompt_eval_count: usize,
}

/// A request to `/api/embeddings`.
#[derive(Debug, Deserialize)]
pub struct EmbedOneBody {
    model: Option<String>,
    prompt: Option<String>,
    keep_alive: Option<KeepAlive>,
}

/// A vector.
#[derive(Debug, Serialize)]
pub struct EmbeddedOne {
    embedding: Vec<f32>,
}

/// Turns texts into vectors.
pub async fn embed(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<EmbedBody>,
) -> Result<Json<Embedded>, ApiError> {
    let timing = Timing::default();
    let texts = match body.input {
        TextOr::Text(text) => vec![text],
        TextOr::Parts(texts) => texts,
    };
    let ttl = time_to_live(body.keep_alive)?;
    let wanted = Wanted {
        model: body.model,
        texts,
        role: TextRole::Passage,
        dimensions: body.dimensions,
        ttl,
    };
    let (model, made) = make(&state.services, wanted).await?;
    Ok(Json(Embedded {
        model: model.to_string(),
        prompt_eval_count: made.token_counts.iter().sum(),
        embeddings: made.vectors,
        total_duration: nanoseconds(timing.total()),
        load_duration: nanoseconds(timing.waiting()),
    }))
}

/// Turns one text into a vector; none at all loads the model.
pub async fn embed_one(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<EmbedOneBody>,
) -> Result<Json<EmbeddedOne>, ApiError> {
    let ttl = time_to_live(body.keep_alive)?;
    let texts = body.prompt.into_iter().filter(|prompt| !prompt.is_empty()).collect();
    let role = TextRole::Passage;
    let wanted = Wanted { model: body.model, texts, role, dimensions: None, ttl };
    let (_, mut made) = make(&state.services, wanted).await?;
    Ok(Json(EmbeddedOne { embedding: made.vectors.pop().unwrap_or_default() }))
}

fn time_to_live(keep_alive: Option<KeepAlive>) -> Result<Option<TimeToLive>, ApiError> {
    Ok(keep_alive.map(|keep| keep.seconds()).transpose()?.map(TimeToLive::from_seconds))
}
