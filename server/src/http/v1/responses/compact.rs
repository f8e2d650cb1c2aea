//! `/v1/responses/compact`: a chat in short, as an item that a later request can begin with.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use quire_engines::{ChatMessage, ChatRole};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::input::InputItem;
use super::kept;
use super::resource::Usage;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::{AppState, now_seconds};
use crate::http::text_or::TextOr;
use crate::http::turn::finished::Finished;
use crate::http::turn::timing::Timing;
use crate::http::turn::{Asked, Turn, model};
use crate::http::v1::messages::settle;
use crate::http::v1::options::CommonOptions;
use crate::http::v1::resolve::resolve_chat_model;
use crate::http::v1::tools::ToolFields;

/// What the model is asked for.
const WISH: &str = "Summarise the conversation so far for somebody who goes on with it. Keep every name, number, decision and open question, and who said it. Write plain sentences and nothing else.";

/// What begins a summary as the model reads it later.
const HEADING: &str = "Summary of the conversation so far:";

/// What is to be made short.
#[derive(Debug, Deserialize)]
pub struct CompactBody {
    model: Option<String>,
    input: Option<TextOr<Value>>,
    previous_response_id: Option<String>,
    instructions: Option<String>,
}

/// A chat in short.
#[derive(Debug, Serialize)]
pub struct Compaction {
    id: String,
    object: &'static str,
    created_at: u64,
    output: Vec<CompactionItem>,
    usage: Usage,
}

/// The item that stands for the chat.
#[derive(Debug, Serialize)]
struct CompactionItem {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    /// The summary in base64. The word is OpenAI's: nothing is secret on the own machine.
    encrypted_content: String,
}

/// Makes a chat short.
pub async fn compact(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<CompactBody>,
) -> Result<Json<Compaction>, ApiError> {
    let name = body.model.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| ApiError::invalid("`model` is missing.").param("model"))?;
    let mut items = match &body.previous_response_id {
        Some(id) => kept::get(&state.services, id).await?.items,
        None => Vec::new(),
    };
    match body.input {
        None => {}
        Some(TextOr::Text(text)) => items.push(json!({"role": "user", "content": text})),
        Some(TextOr::Parts(parts)) => items.extend(parts),
    }
    if items.is_empty() {
        let message = "There is nothing to compact: send `input` or `previous_response_id`.";
        return Err(ApiError::invalid(message).param("input"));
    }
    let mut messages = Vec::new();
    messages.extend(body.instructions.map(|words| ChatMessage::new(ChatRole::System, words)));
    messages.extend(InputItem::read_all(&items, "input")?);
    messages.push(ChatMessage::new(ChatRole::User, WISH));
    let what = "Compacting by a collection (name a model)";
    let chosen = resolve_chat_model(&state.services, Some(&name), what).await?;
    let asked = Asked {
        messages: settle(messages)?,
        tools: ToolFields::default().read()?,
        form: None,
        options: CommonOptions {
            reasoning_effort: Some("none".to_owned()),
            temperature: Some(0.0),
            ..CommonOptions::default()
        },
    };
    let (model, steps) = model::ask(&state, chosen, asked).await?;
    let turn = Turn { model, steps, timing: Timing::default() };
    let done: Finished = turn.finish().await?;
    let id = Uuid::now_v7().simple();
    Ok(Json(Compaction {
        id: format!("resp_{id}"),
        object: "response.compaction",
        created_at: now_seconds(),
        output: vec![CompactionItem {
            kind: "compaction",
            id: format!("cmp_{id}"),
            encrypted_content: BASE64_STANDARD.encode(done.text().trim()),
        }],
        usage: done.usage.into(),
    }))
}

/// Reads a summary that was made here.
pub fn unseal(sealed: &str, param: &str) -> Result<String, ApiError> {
    let bytes = BASE64_STANDARD.decode(sealed).ok();
    let summary = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let refuse = || {
        let message = "The `compaction` item was not made by this server.";
        ApiError::invalid(message).param(param)
    };
    Ok(format!("{HEADING}\n{}", summary.ok_or_else(refuse)?))
}
