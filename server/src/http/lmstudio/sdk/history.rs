//! The messages of a chat as the SDKs send them.

use std::collections::VecDeque;

use quire_domain::FileId;
use quire_engines::{ChatMessage, ChatRole, ContentPart, Image, ToolCall};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::files::stored_name;
use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::http::v1::error::unsupported;
use crate::http::v1::messages::content::decode_image;

/// What a thought begins with: a fragment of its own when it is told, and a part of the words when clients send it again.
pub const THOUGHT_BEGINS: &str = "<think>";

/// What it ends with.
pub const THOUGHT_ENDS: &str = "</think>";

/// What begins the identifier of a file that is its own content.
const INLINE: &str = "base64:";

/// A chat.
#[derive(Debug, Default, Deserialize)]
pub struct History {
    messages: Vec<Message>,
}

/// A message.
#[derive(Debug, Deserialize)]
#[serde(tag = "role", rename_all = "camelCase")]
enum Message {
    System { content: Vec<Part> },
    User { content: Vec<Part> },
    Assistant { content: Vec<Part> },
    Tool { content: Vec<Part> },
}

/// A part of one.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Part {
    Text { text: String },
    File(FilePart),
    ToolCallRequest { tool_call_request: CallRequest },
    ToolCallResult { content: String, tool_call_id: Option<String>, name: Option<String> },
}

/// A file that was uploaded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilePart {
    name: String,
    identifier: String,
    file_type: String,
}

/// A call that the model has made.
#[derive(Debug, Deserialize)]
struct CallRequest {
    id: Option<String>,
    name: String,
    arguments: Option<Map<String, Value>>,
}

impl History {
    /// Reads the chat, and the pictures that it names.
    pub async fn read(self, state: &AppState) -> Result<Vec<ChatMessage>, ApiError> {
        let mut messages = Vec::new();
        // Calls that nobody has answered yet: not all clients say which one a result is of.
        let mut open_calls = VecDeque::new();
        for (at, message) in self.messages.into_iter().enumerate() {
            let place = format!("history.messages[{at}]");
            let (role, content) = match message {
                Message::System { content } => (ChatRole::System, content),
                Message::User { content } => (ChatRole::User, content),
                Message::Assistant { content } => (ChatRole::Assistant, content),
                Message::Tool { content } => {
                    for part in content {
                        messages.push(result(part, &mut open_calls, &place)?);
                    }
                    continue;
                }
            };
            let mut said = ChatMessage::new(role, "");
            for part in content {
                match part {
                    Part::Text { text } => said.add_paragraph(&text),
                    Part::File(file) => {
                        said.content.push(ContentPart::Image(picture(state, &file, &place).await?));
                    }
                    Part::ToolCallRequest { tool_call_request: call } => {
                        let number = said.tool_calls.len();
                        let id = call.id.unwrap_or_else(|| format!("call_{at}_{number}"));
                        open_calls.push_back(id.clone());
                        let arguments = Value::Object(call.arguments.unwrap_or_default());
                        let arguments = arguments.to_string();
                        said.tool_calls.push(ToolCall { id, name: call.name, arguments });
                    }
                    Part::ToolCallResult { .. } => {
                        return Err(misplaced(&place, "A result of a call"));
                    }
                }
            }
            if !said.tool_calls.is_empty() && role != ChatRole::Assistant {
                return Err(misplaced(&place, "A call of a tool"));
            }
            if role == ChatRole::Assistant {
                take_thought(&mut said);
            }
            messages.push(said);
        }
        Ok(messages)
    }

    /// Gives all that is said, one message right behind the other: what is continued as it is.
    pub fn plain_text(self) -> Result<String, ApiError> {
        let contents = self.messages.into_iter().flat_map(|message| match message {
            Message::System { content }
            | Message::User { content }
            | Message::Assistant { content }
            | Message::Tool { content } => content,
        });
        let text = |part| match part {
            Part::Text { text } => Ok(text),
            _ => Err(unsupported("history", "Continuing anything but text as it is")),
        };
        contents.map(text).collect()
    }
}

fn misplaced(place: &str, what: &str) -> ApiError {
    ApiError::invalid(format!("{what} does not belong into a message of this role.")).param(place)
}

/// Reads what a tool gave back.
fn result(
    part: Part,
    open_calls: &mut VecDeque<String>,
    place: &str,
) -> Result<ChatMessage, ApiError> {
    let Part::ToolCallResult { content, tool_call_id, name } = part else {
        return Err(misplaced(place, "Anything but the result of a call"));
    };
    let call = match tool_call_id {
        Some(id) => {
            open_calls.retain(|open| *open != id);
            id
        }
        None => open_calls
            .pop_front()
            .ok_or_else(|| ApiError::invalid("A result has no call before it.").param(place))?,
    };
    Ok(ChatMessage { name, ..ChatMessage::tool_result(call, content) })
}

/// Takes what the assistant thought out of its words: it is told with marks, which clients send again.
fn take_thought(message: &mut ChatMessage) {
    let Some(ContentPart::Text(text)) = message.content.first_mut() else { return };
    let thought = text.strip_prefix(THOUGHT_BEGINS).and_then(|rest| rest.split_once(THOUGHT_ENDS));
    let Some((thought, answer)) = thought else { return };
    let (thought, answer) = (thought.to_owned(), answer.trim_start().to_owned());
    *text = answer;
    message.reasoning = Some(thought);
}

/// Reads a picture that was uploaded.
async fn picture(state: &AppState, file: &FilePart, place: &str) -> Result<Image, ApiError> {
    if file.file_type != "image" {
        let what = format!(
            "The file `{}` in a message, which is no picture (search it with `files.retrieve`, or ask `collection/<name>`)",
            file.name
        );
        return Err(unsupported(place, &what));
    }
    let media_type = |name: &str| mime_guess::from_path(name).first_or_octet_stream().to_string();
    if let Some(data) = file.identifier.strip_prefix(INLINE) {
        return decode_image(&media_type(&file.name), data, place);
    }
    let id: FileId = stored_name(&file.identifier).parse()?;
    let (record, path) = state.services.files.get_original(&id).await?;
    let bytes = tokio::fs::read(&path).await;
    let bytes =
        bytes.map_err(|error| ApiError::internal(&format!("{}: {error}", path.display())))?;
    let media_type = media_type(&record.name);
    Ok(Image { media_type, bytes: bytes.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_thought_in_marks_is_taken_out() {
        let mut said = ChatMessage::new(ChatRole::Assistant, "<think>Hm.</think>\n\nYes.");
        take_thought(&mut said);
        assert_eq!((said.reasoning.as_deref(), &*said.text()), (Some("Hm."), "Yes."));
        let mut plain = ChatMessage::new(ChatRole::Assistant, "<think>never ended");
        take_thought(&mut plain);
        assert_eq!(plain.reasoning, None);
    }

    #[test]
    fn results_without_a_name_answer_calls_in_order() {
        let mut open = VecDeque::from(["a".to_owned(), "b".to_owned(), "c".to_owned()]);
        let mut call_of = |part: Value| {
            let part: Part = serde_json::from_value(part).expect("a part");
            result(part, &mut open, "x").map(|message| message.call_id.unwrap_or_default())
        };
        let named = json!({"type": "toolCallResult", "content": "1", "toolCallId": "b"});
        let unnamed = || json!({"type": "toolCallResult", "content": "2"});
        assert_eq!(call_of(named).expect("b"), "b");
        assert_eq!(call_of(unnamed()).expect("a"), "a");
        assert_eq!(call_of(unnamed()).expect("c"), "c");
        assert!(call_of(unnamed()).is_err());
        assert!(call_of(json!({"type": "text", "text": "x"})).is_err());
    }

    #[test]
    fn text_is_continued_as_it_is() {
        let history = json!({"messages": [
            {"role": "system", "content": [{"type": "text", "text": "a "}]},
            {"role": "user", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": " c"}]},
        ]});
        let history: History = serde_json::from_value(history).expect("a history");
        assert_eq!(history.plain_text().expect("text"), "a b c");
    }
}
