//! `/api/chat` and `/api/generate`: a chat that is answered, and a text that is answered or continued.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use quire_domain::TimeToLive;
use quire_engines::{ChatMessage, ChatRole, Prompt};
use serde::Deserialize;
use serde_json::Value;

use super::input::{self, InputMessage, read_image};
use super::lines::{Encoder, Face};
use super::options::Settings;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::AppState;
use crate::http::stream;
use crate::http::turn::timing::Timing;
use crate::http::turn::{self, Asked, Delivery, Turn, model};
use crate::http::v1::messages::settle;
use crate::http::v1::options::CommonOptions;
use crate::http::v1::resolve::resolve_chat_model;
use crate::http::v1::tools::ToolFields;

/// A request to `/api/chat`.
#[derive(Debug, Deserialize)]
pub struct ChatBody {
    messages: Option<Vec<InputMessage>>,
    tools: Option<Value>,
    #[serde(flatten)]
    settings: Settings,
}

/// A request to `/api/generate`.
#[derive(Debug, Deserialize)]
pub struct GenerateBody {
    prompt: Option<String>,
    system: Option<String>,
    images: Option<Vec<String>>,
    /// Whether the prompt is continued as it is, instead of being put into the chat template and answered.
    raw: Option<bool>,
    #[serde(flatten)]
    settings: Settings,
}

/// Answers a chat. One without messages loads the model, or unloads it if it is to stay for no time.
pub async fn chat(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<ChatBody>,
) -> Result<Response, ApiError> {
    let is_stream = body.settings.is_stream();
    let form = body.settings.form()?;
    let options = body.settings.common()?;
    let messages = input::read(body.messages.unwrap_or_default())?;
    if messages.is_empty() {
        return hold(&state, &options, Face::Chat).await;
    }
    let tools = ToolFields { tools: body.tools, ..ToolFields::default() }.read()?;
    let asked = Asked { messages: settle(messages)?, tools, form, options };
    answer(&state, asked, (Face::Chat, is_stream)).await
}

/// Answers or continues a text. One that is empty loads the model, or unloads it if it is to stay for no time.
pub async fn generate(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<GenerateBody>,
) -> Result<Response, ApiError> {
    let is_stream = body.settings.is_stream();
    let form = body.settings.form()?;
    let options = body.settings.common()?;
    let prompt = body.prompt.unwrap_or_default();
    if prompt.is_empty() {
        return hold(&state, &options, Face::Generate).await;
    }
    if body.raw.unwrap_or(false) {
        let mut timing = Timing::default();
        let what = "Continuing text by a collection (use `/api/chat`)";
        let model = resolve_chat_model(&state.services, options.model.as_deref(), what).await?;
        let prompt = (model, Prompt::Text(prompt));
        let (model, steps) = model::generate(&state, prompt, (&options, form.as_ref())).await?;
        timing.begin();
        return tell(&state, Turn { model, steps, timing }, (Face::Generate, is_stream)).await;
    }
    let system = body.system.filter(|system| !system.is_empty());
    let system = system.map(|system| ChatMessage::new(ChatRole::System, system));
    let mut question = ChatMessage::new(ChatRole::User, prompt);
    for image in body.images.unwrap_or_default() {
        question.content.push(read_image(&image, "images")?);
    }
    let messages = system.into_iter().chain([question]).collect();
    let asked = Asked { messages, tools: ToolFields::default().read()?, form, options };
    answer(&state, asked, (Face::Generate, is_stream)).await
}

async fn answer(
    state: &AppState,
    asked: Asked,
    (face, is_stream): (Face, bool),
) -> Result<Response, ApiError> {
    let delivery = if is_stream { Delivery::Streamed } else { Delivery::Whole };
    let turn = turn::begin(state, asked, delivery).await?;
    tell(state, turn, (face, is_stream)).await
}

async fn tell(
    state: &AppState,
    turn: Turn,
    (face, is_stream): (Face, bool),
) -> Result<Response, ApiError> {
    let Turn { model, steps, timing } = turn;
    let mut encoder = Encoder::new(face, model, timing);
    if is_stream {
        let lines = steps.filter_map(move |step| std::future::ready(encoder.write(step)));
        return Ok(stream::lines(lines, &state.options.shutdown));
    }
    encoder.collect(steps).await.map(|line| Json(line).into_response())
}

/// Loads a model, or unloads it, without asking it anything.
async fn hold(state: &AppState, options: &CommonOptions, face: Face) -> Result<Response, ApiError> {
    let models = &state.services.models;
    let what = "Loading a collection";
    let model = resolve_chat_model(&state.services, options.model.as_deref(), what).await?;
    let model = model.unwrap_or_else(|| state.services.config().chat_model.clone());
    let reason = if options.ttl == Some(0) {
        models.unload(&model).await?;
        "unload"
    } else {
        let ttl = options.ttl.map(TimeToLive::from_seconds);
        models.load(&model, ttl, options.load.clone()).await?;
        "load"
    };
    let encoder = Encoder::new(face, model.to_string(), Timing::default());
    Ok(Json(encoder.nothing(reason)).into_response())
}
