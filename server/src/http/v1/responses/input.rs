//! The items of a request.

use std::collections::HashSet;

use quire_engines::{ChatMessage, ChatRole, ContentPart, ToolCall};
use serde::Deserialize;
use serde_json::Value;

use super::compact;
use crate::http::error::ApiError;
use crate::http::text_or::TextOr;
use crate::http::turn::hosted::told::WANTED_PREFIX;
use crate::http::v1::error::unsupported;
use crate::http::v1::mcp::{NOT_APPROVED, OUTCOME_UNKNOWN, refused_words};
use crate::http::v1::messages::content;
use crate::mcp_host::shown_name;

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
    /// The tools of a server, which are listed anew.
    McpListTools {},
    /// A call of a tool of a server, which is over.
    McpCall {
        /// Its identifier.
        id: String,
        /// The server.
        server_label: String,
        /// The tool.
        name: String,
        /// The arguments: JSON text.
        arguments: String,
        /// What it gave back.
        output: Option<String>,
        /// What went wrong.
        error: Option<Value>,
        /// The request that somebody approved.
        approval_request_id: Option<String>,
    },
    /// A call that waits for somebody's word.
    McpApprovalRequest {
        /// What the word names it by.
        id: String,
        /// The server.
        server_label: String,
        /// The tool.
        name: String,
        /// The arguments: JSON text.
        arguments: String,
    },
    /// Somebody's word about it.
    McpApprovalResponse {
        /// The request.
        approval_request_id: String,
        /// Whether the call may be made.
        approve: bool,
        /// Why not.
        reason: Option<String>,
    },
    /// What was said before, in short.
    Compaction {
        /// The summary, see `compact`.
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
            messages.push(called(ToolCall { id: call_id, name, arguments }));
        }
        InputItem::FunctionCallOutput { call_id, output } => {
            if !is_called(messages, &call_id) {
                let message = format!("No call before it has the `call_id` `{call_id}`.");
                return Err(ApiError::invalid(message).param(param));
            }
            let content = parts_of(output, param)?;
            messages.push(ChatMessage { content, ..ChatMessage::tool_result(call_id, "") });
        }
        // The answer that rests on it says what was found.
        InputItem::FileSearchCall {} | InputItem::McpListTools {} => {}
        InputItem::McpCall {
            id,
            server_label,
            name,
            arguments,
            output,
            error,
            approval_request_id,
        } => {
            let failed = error.filter(|error| !error.is_null()).map(|error| match error {
                Value::String(words) => format!("Error: {words}"),
                other => format!("Error: {other}"),
            });
            let words = output.or(failed).unwrap_or_default();
            // The call itself stands where it was asked for, if that was kept.
            let known = approval_request_id.filter(|id| is_called(messages, id));
            let id = known.unwrap_or_else(|| {
                let name = shown_name(&server_label, &name);
                messages.push(called(ToolCall { id: id.clone(), name, arguments }));
                id
            });
            let result = ChatMessage::tool_result(&id, words);
            match messages.iter_mut().find(|message| message.call_id.as_ref() == Some(&id)) {
                Some(unknown) => *unknown = result,
                None => messages.push(result),
            }
        }
        InputItem::McpApprovalRequest { id, server_label, name, arguments } => {
            let name = shown_name(&server_label, &name);
            messages.push(called(ToolCall { id, name, arguments }));
        }
        InputItem::McpApprovalResponse { approval_request_id: id, approve, reason } => {
            let is_answered = messages.iter().any(|message| message.call_id.as_ref() == Some(&id));
            if is_answered || !is_called(messages, &id) {
                let state = if is_answered { "has been answered already" } else { "is not known" };
                let message = format!("The `mcp_approval_request` `{id}` {state}.");
                return Err(ApiError::invalid(message).param(param));
            }
            let refused = || refused_words(reason.as_deref());
            let words = if approve { OUTCOME_UNKNOWN.to_owned() } else { refused() };
            messages.push(ChatMessage::tool_result(id, words));
        }
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

/// Answers the calls that wait for somebody's word and were not given any: each call must have a result.
pub fn answer_open(messages: &mut Vec<ChatMessage>) {
    let answered: HashSet<String> =
        messages.iter().filter_map(|message| message.call_id.clone()).collect();
    for at in (0..messages.len()).rev() {
        let calls = messages[at].tool_calls.iter().map(|call| call.id.clone());
        let is_open = |id: &String| id.starts_with(WANTED_PREFIX) && !answered.contains(id);
        let open: Vec<String> = calls.filter(is_open).collect();
        for id in open.into_iter().rev() {
            messages.insert(at + 1, ChatMessage::tool_result(id, NOT_APPROVED));
        }
    }
}

/// Makes a message of the assistant that calls a tool.
fn called(call: ToolCall) -> ChatMessage {
    ChatMessage { tool_calls: vec![call], ..ChatMessage::new(ChatRole::Assistant, "") }
}

fn is_called(messages: &[ChatMessage], id: &str) -> bool {
    messages.iter().flat_map(|message| &message.tool_calls).any(|call| call.id == id)
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
