//! The messages of a chat, and its tools.

use quire_engines::{ChatMessage, ChatRole, ContentPart, ToolCall};
use serde::Deserialize;
use serde_json::Value;

use crate::http::error::ApiError;
use crate::http::v1::messages::content::decode_image;

/// A message.
#[derive(Debug, Deserialize)]
pub struct InputMessage {
    role: Role,
    content: Option<String>,
    thinking: Option<String>,
    images: Option<Vec<String>>,
    tool_calls: Option<Vec<InputCall>>,
    tool_name: Option<String>,
    tool_call_id: Option<String>,
}

/// Who says it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    System,
    User,
    Assistant,
    Tool,
}

/// A call that the model has made.
#[derive(Debug, Deserialize)]
struct InputCall {
    id: Option<String>,
    function: InputFunction,
}

#[derive(Debug, Deserialize)]
struct InputFunction {
    name: String,
    arguments: Option<Value>,
}

/// Reads messages. Ollama's results need not say which call they answer: then it is the first of the tool's name that has
/// no answer yet, else the first of all.
pub fn read(messages: Vec<InputMessage>) -> Result<Vec<ChatMessage>, ApiError> {
    let mut read = Vec::with_capacity(messages.len());
    // Calls without an answer: identifiers and names.
    let mut open: Vec<(String, String)> = Vec::new();
    for (at, input) in messages.into_iter().enumerate() {
        let role = match input.role {
            Role::System => ChatRole::System,
            Role::User => ChatRole::User,
            Role::Assistant => ChatRole::Assistant,
            Role::Tool => ChatRole::Tool,
        };
        let mut message = ChatMessage::new(role, input.content.unwrap_or_default());
        message.reasoning = input.thinking.filter(|thought| !thought.is_empty());
        for image in input.images.unwrap_or_default() {
            let image = read_image(&image, &format!("messages[{at}].images"))?;
            message.content.push(image);
        }
        for (number, call) in input.tool_calls.unwrap_or_default().into_iter().enumerate() {
            let id = call.id.filter(|id| !id.is_empty());
            let id = id.unwrap_or_else(|| format!("call_{at}_{number}"));
            let InputFunction { name, arguments } = call.function;
            open.push((id.clone(), name.clone()));
            let arguments = match arguments {
                None | Some(Value::Null) => "{}".to_owned(),
                Some(Value::String(text)) => text,
                Some(value) => value.to_string(),
            };
            message.tool_calls.push(ToolCall { id, name, arguments });
        }
        if role == ChatRole::Tool {
            let id = input.tool_call_id.filter(|id| !id.is_empty());
            let asked = |(open_id, name): &(String, String)| match &id {
                Some(id) => open_id == id,
                None => input.tool_name.as_ref().is_none_or(|tool| tool == name),
            };
            let answered = open.iter().position(asked).map(|place| open.remove(place).0);
            let id = id.or(answered).or_else(|| input.tool_name.clone());
            message.call_id = Some(id.unwrap_or_else(|| format!("call_{at}")));
            message.name = input.tool_name;
        }
        read.push(message);
    }
    Ok(read)
}

/// Reads a picture: base64 without a word about what it is.
pub fn read_image(data: &str, param: &str) -> Result<ContentPart, ApiError> {
    let mut image = decode_image("", data, param)?;
    let media_type = match image.bytes.as_ref() {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'G', b'I', b'F', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        _ => "image/jpeg",
    };
    media_type.clone_into(&mut image.media_type);
    Ok(ContentPart::Image(image))
}
