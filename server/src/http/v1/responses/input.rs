//! The items of a request.

use quire_engines::{ChatMessage, ChatRole, ContentPart, ToolCall};
use serde::Deserialize;
use serde_json::Value;

use super::compact;
use crate::http::error::ApiError;
use crate::http::text_or::TextOr;
use crate::http::v1::error::unsupported;
use crate::http::v1::messages::content;

/// What begins the identifier of a call as clients know it.
pub const CALL_PREFIX: &str = "call_";

/// An item.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InputItem {
    /// What somebody says.
    Message(Said),
    /// A call that the model has made.
    FunctionCall {
        /// What its result names it by.
        call_id: String,
        /// The tool.
        name: String,
        /// The arguments: JSON text.
        arguments: String,
    },
    /// What a tool gave back.
    FunctionCallOutput {
        /// The call.
        call_id: String,
        /// What it gave back.
        output: TextOr<Value>,
    },
    /// A search of files, which is over.
    FileSearchCall {},
    /// What was said before, in short.
    Compaction {
        /// The summary, see [`super::compact`].
        encrypted_content: String,
    },
    /// What the model thought.
    Reasoning {
        /// In short.
        summary: Option<Vec<Thought>>,
        /// As it was.
        content: Option<Vec<Thought>>,
    },
}

/// What somebody says.
#[derive(Debug, Deserialize)]
pub struct Said {
    role: Role,
    content: TextOr<Value>,
}

/// Who says it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    System,
    Developer,
    User,
    Assistant,
}

/// A part of a thought.
#[derive(Debug, Deserialize)]
pub struct Thought {
    text: String,
}

impl InputItem {
    /// Reads items that are kept into a chat.
    pub fn read_all(items: &[Value], place: &str) -> Result<Vec<ChatMessage>, ApiError> {
        let mut messages = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let param = format!("{place}[{at}]");
            add(&mut messages, Self::read(item, &param)?, &param)?;
        }
        Ok(messages)
    }

    /// Reads an item; one that has a role needs no type.
    pub fn read(item: &Value, param: &str) -> Result<Self, ApiError> {
        let is_message = item.get("type").is_none_or(Value::is_null) && item.get("role").is_some();
        let read = if is_message {
            Said::deserialize(item).map(Self::Message)
        } else {
            Self::deserialize(item)
        };
        read.map_err(|error| ApiError::invalid(format!("{param}: {error}")).param(param))
    }
}

/// Adds an item to a chat. Thoughts and calls belong to the message of the assistant that they follow or begin.
pub fn add(messages: &mut Vec<ChatMessage>, item: InputItem, param: &str) -> Result<(), ApiError> {
    match item {
        InputItem::Message(Said { role, content }) => {
            let role = match role {
                Role::System | Role::Developer => ChatRole::System,
                Role::User => ChatRole::User,
                Role::Assistant => ChatRole::Assistant,
            };
            let parts = parts_of(content, param)?;
            messages.push(ChatMessage { content: parts, ..ChatMessage::new(role, "") });
        }
        InputItem::FunctionCall { call_id, name, arguments } => {
            let mut message = ChatMessage::new(ChatRole::Assistant, "");
            message.tool_calls.push(ToolCall { id: call_id, name, arguments });
            messages.push(message);
        }
        InputItem::FunctionCallOutput { call_id, output } => {
            let is_known = messages.iter().flat_map(|message| &message.tool_calls);
            if !is_known.into_iter().any(|call| call.id == call_id) {
                let message = format!("No call before it has the `call_id` `{call_id}`.");
                return Err(ApiError::invalid(message).param(param));
            }
            let content = parts_of(output, param)?;
            messages.push(ChatMessage { content, ..ChatMessage::tool_result(call_id, "") });
        }
        // The answer that rests on it says what was found.
        InputItem::FileSearchCall {} => {}
        InputItem::Compaction { encrypted_content } => {
            let summary = compact::unseal(&encrypted_content, param)?;
            messages.push(ChatMessage::new(ChatRole::System, summary));
        }
        InputItem::Reasoning { summary, content } => {
            let parts = content.filter(|parts| !parts.is_empty()).or(summary).unwrap_or_default();
            let thought: String = parts.into_iter().map(|part| part.text).collect();
            if !thought.is_empty() {
                let message = ChatMessage::new(ChatRole::Assistant, "");
                messages.push(ChatMessage { reasoning: Some(thought), ..message });
            }
        }
    }
    Ok(())
}

fn parts_of(content: TextOr<Value>, param: &str) -> Result<Vec<ContentPart>, ApiError> {
    match content {
        TextOr::Text(text) => Ok(vec![ContentPart::Text(text)]),
        TextOr::Parts(parts) => {
            let is_file = |part: &Value| part.get("type").is_some_and(|kind| kind == "input_file");
            if parts.iter().any(is_file) {
                let what =
                    "A file in a message (add it to a collection, and ask `collection/<name>`)";
                return Err(unsupported(param, what));
            }
            content::read(&parts, param)
        }
    }
}
