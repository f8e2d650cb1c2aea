//! The messages of a chat request, read and checked.

pub mod content;
pub mod conversation;

use quire_engines::{ChatMessage, ChatRole, ToolCall};
use serde_json::{Map, Value};

use crate::http::error::ApiError;

/// Reads `messages`. System messages that follow each other become one, because chat templates know only one, and so do
/// those of the assistant.
pub fn read(messages: Option<&Value>) -> Result<Vec<ChatMessage>, ApiError> {
    let items = messages.and_then(Value::as_array).ok_or_else(|| {
        ApiError::invalid("`messages` must be an array of messages.").param("messages")
    })?;
    let read: Result<Vec<_>, _> = items.iter().enumerate().map(|(i, item)| one(i, item)).collect();
    let read = read?;
    if let [.., before, last] = read.as_slice()
        && [before, last].iter().all(|message| message.role == ChatRole::Assistant)
    {
        let message = "Two messages of the assistant end the chat; only one can be continued.";
        return Err(ApiError::invalid(message).param("messages"));
    }
    settle(read)
}

/// Makes a chat that can be answered: messages of the system and of the assistant that follow each other become one,
/// and one that ends in calls is refused.
pub fn settle(messages: Vec<ChatMessage>) -> Result<Vec<ChatMessage>, ApiError> {
    let mut merged: Vec<ChatMessage> = Vec::new();
    for message in messages {
        match merged.last_mut().filter(|last| last.role == message.role) {
            Some(last) if matches!(message.role, ChatRole::System | ChatRole::Assistant) => {
                last.add_paragraph(&message.text());
                last.tool_calls.extend(message.tool_calls);
                last.reasoning = message.reasoning.or_else(|| last.reasoning.take());
            }
            _ => merged.push(message),
        }
    }
    let refuse = |message: &str| Err(ApiError::invalid(message).param("messages"));
    match merged.last() {
        None => refuse("`messages` is empty; send at least one."),
        Some(last) if !last.tool_calls.is_empty() => refuse(
            "The last message calls tools; send what they gave back, in messages of their own.",
        ),
        Some(_) => Ok(merged),
    }
}

/// A message, and where it stands.
struct Item<'a> {
    index: usize,
    fields: &'a Map<String, Value>,
}

impl<'a> Item<'a> {
    fn param(&self, field: &str) -> String {
        format!("messages[{}]{field}", self.index)
    }

    fn refuse(&self, field: &str, message: &str) -> ApiError {
        ApiError::invalid(message).param(self.param(field))
    }

    /// Reads a field that is a string or absent.
    fn text(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => {
                let message = format!("A message's `{name}` must be a string.");
                Err(self.refuse(&format!(".{name}"), &message))
            }
        }
    }
}

fn one(index: usize, item: &Value) -> Result<ChatMessage, ApiError> {
    let Some(fields) = item.as_object() else {
        let param = format!("messages[{index}]");
        return Err(ApiError::invalid("A message must be an object.").param(param));
    };
    let item = Item { index, fields };
    let role = match fields.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => ChatRole::System,
        Some("user") => ChatRole::User,
        Some("assistant") => ChatRole::Assistant,
        Some("tool" | "function") => ChatRole::Tool,
        _ => {
            let message = "A message's `role` must be system, developer, user, assistant or tool.";
            return Err(item.refuse(".role", message));
        }
    };
    let mut message = ChatMessage::new(role, "");
    match fields.get("content") {
        None | Some(Value::Null) if matches!(role, ChatRole::Assistant | ChatRole::Tool) => {}
        Some(Value::String(text)) => message.add_paragraph(text),
        Some(Value::Array(parts)) => {
            message.content = content::read(parts, &item.param(".content"))?;
        }
        _ => {
            let message = "A message's `content` must be a string or an array of parts.";
            return Err(item.refuse(".content", message));
        }
    }
    message.name = item.text("name")?.map(str::to_owned);
    match role {
        ChatRole::Assistant => {
            let reasoning = item.text("reasoning_content")?.or(item.text("reasoning")?);
            message.reasoning = reasoning.map(str::to_owned);
            message.tool_calls = tool_calls(&item)?;
        }
        ChatRole::Tool => message.call_id = Some(answered_call(&item)?),
        ChatRole::System | ChatRole::User => {}
    }
    Ok(message)
}

/// Reads which call a message answers. Before there were tools there was one function, known by its name.
fn answered_call(item: &Item<'_>) -> Result<String, ApiError> {
    let is_function = item.fields.get("role").is_some_and(|role| role == "function");
    let field = if is_function { "name" } else { "tool_call_id" };
    item.text(field)?.map(str::to_owned).ok_or_else(|| {
        item.refuse(&format!(".{field}"), &format!("A tool's message needs `{field}`."))
    })
}

fn tool_calls(item: &Item<'_>) -> Result<Vec<ToolCall>, ApiError> {
    let mut calls = Vec::new();
    match item.fields.get("tool_calls") {
        None | Some(Value::Null) => {}
        Some(Value::Array(listed)) => {
            for (at, call) in listed.iter().enumerate() {
                let place = format!(".tool_calls[{at}]");
                let id = call.get("id").and_then(Value::as_str).map(str::to_owned);
                let id = id.unwrap_or_else(|| format!("call_{}_{at}", item.index));
                calls.push(tool_call(item, &place, (id, call.get("function")))?);
            }
        }
        Some(_) => return Err(item.refuse(".tool_calls", "`tool_calls` must be an array.")),
    }
    if let Some(function) = item.fields.get("function_call").filter(|call| !call.is_null()) {
        let id = function.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        calls.push(tool_call(item, ".function_call", (id, Some(function)))?);
    }
    Ok(calls)
}

fn tool_call(
    item: &Item<'_>,
    place: &str,
    (id, function): (String, Option<&Value>),
) -> Result<ToolCall, ApiError> {
    let field = |name: &str| function.and_then(|function| function.get(name));
    let name = field("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let Some(name) = name else {
        let message =
            "A call needs a `function` with a `name`; calls of other types are not known.";
        return Err(item.refuse(place, message));
    };
    let arguments = match field("arguments") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        // Some clients send the object that it stands for.
        Some(object @ Value::Object(_)) => object.to_string(),
        Some(_) => {
            return Err(item.refuse(place, "A call's `arguments` must be the text of an object."));
        }
    };
    Ok(ToolCall { id, name: name.to_owned(), arguments })
}

#[cfg(test)]
mod tests;
