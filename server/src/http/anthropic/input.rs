//! The messages of a request: roles and content blocks.

use quire_engines::{ChatMessage, ChatRole, ContentPart, ToolCall};
use serde::Deserialize;
use serde_json::Value;

use crate::http::error::ApiError;
use crate::http::text_or::TextOr;
use crate::http::v1::error::unsupported;
use crate::http::v1::messages::content::decode_image;

/// A message.
#[derive(Debug, Deserialize)]
pub struct InputMessage {
    role: Role,
    content: TextOr<InputBlock>,
}

/// Who says it. Anthropic has the system apart, and lets it speak between the others as well.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    User,
    Assistant,
    System,
}

/// A block of a message.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InputBlock {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// A picture.
    Image {
        /// Where it is.
        source: Source,
    },
    /// A document that is sent along.
    Document {
        /// Where it is.
        source: Source,
        /// What it is called.
        title: Option<String>,
        /// What is said about it.
        context: Option<String>,
    },
    /// A passage that a search of the caller's found.
    SearchResult {
        /// Where it is from.
        source: String,
        /// What it is called.
        title: String,
        /// What it says.
        content: Vec<InputBlock>,
    },
    /// What the model thought.
    Thinking {
        /// The thought.
        thinking: String,
    },
    /// What the model thought, sealed: nobody here can read it.
    RedactedThinking {},
    /// A call that the model has made.
    ToolUse {
        /// What its result names it by.
        id: String,
        /// The tool.
        name: String,
        /// The arguments.
        input: Value,
    },
    /// What a tool gave back.
    ToolResult {
        /// The call.
        tool_use_id: String,
        /// What it gave back; nothing if absent.
        content: Option<TextOr<InputBlock>>,
        /// Whether it failed.
        is_error: Option<bool>,
    },
}

/// Where a picture or a document is.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Source {
    /// In the request, as base64.
    Base64 {
        /// What its bytes are.
        media_type: String,
        /// The bytes.
        data: String,
    },
    /// In the request, as text.
    Text {
        /// The text.
        data: String,
    },
    /// In the request, as blocks.
    Content {
        /// The blocks.
        content: TextOr<InputBlock>,
    },
    /// Elsewhere.
    Url {},
    /// Among uploaded files.
    File {},
}

/// Reads a message. What tools gave back becomes messages of their own, before the words that follow it.
pub fn read(message: InputMessage, param: &str) -> Result<Vec<ChatMessage>, ApiError> {
    let role = match message.role {
        Role::User => ChatRole::User,
        Role::Assistant => ChatRole::Assistant,
        Role::System => ChatRole::System,
    };
    let blocks = match message.content {
        TextOr::Text(text) => return Ok(vec![ChatMessage::new(role, text)]),
        TextOr::Parts(blocks) => blocks,
    };
    let empty = || ChatMessage { content: Vec::new(), ..ChatMessage::new(role, "") };
    let mut said = empty();
    let mut messages = Vec::new();
    for (at, block) in blocks.into_iter().enumerate() {
        let param = format!("{param}.content[{at}]");
        match (block, role) {
            (InputBlock::Thinking { thinking }, ChatRole::Assistant) => {
                said.reasoning.get_or_insert_default().push_str(&thinking);
            }
            (InputBlock::RedactedThinking {}, ChatRole::Assistant) => {}
            (InputBlock::ToolUse { id, name, input }, ChatRole::Assistant) => {
                said.tool_calls.push(ToolCall { id, name, arguments: input.to_string() });
            }
            (InputBlock::ToolResult { tool_use_id, content, is_error }, ChatRole::User) => {
                if !said.content.is_empty() {
                    messages.push(std::mem::replace(&mut said, empty()));
                }
                messages.push(tool_result(tool_use_id, content, is_error, &param)?);
            }
            (
                InputBlock::Thinking { .. }
                | InputBlock::RedactedThinking {}
                | InputBlock::ToolUse { .. }
                | InputBlock::ToolResult { .. },
                _,
            ) => {
                let message = "Only the assistant thinks and calls tools, and only the user's messages hold results.";
                return Err(ApiError::invalid(message).param(param));
            }
            (block, _) => add(&mut said, parts_of(block, &param)?),
        }
    }
    let is_said = !said.content.is_empty() || !said.tool_calls.is_empty();
    if is_said || said.reasoning.is_some() || messages.is_empty() {
        messages.push(said);
    }
    Ok(messages)
}

fn tool_result(
    call: String,
    content: Option<TextOr<InputBlock>>,
    is_error: Option<bool>,
    param: &str,
) -> Result<ChatMessage, ApiError> {
    let mut message = ChatMessage::tool_result(call, "");
    if is_error == Some(true) {
        message.add_paragraph("The call failed.");
    }
    match content {
        None => {}
        Some(TextOr::Text(text)) => message.add_paragraph(&text),
        Some(TextOr::Parts(blocks)) => {
            for block in blocks {
                add(&mut message, parts_of(block, param)?);
            }
        }
    }
    Ok(message)
}

/// Adds parts; words become a paragraph of their own.
fn add(message: &mut ChatMessage, parts: Vec<ContentPart>) {
    for part in parts {
        match part {
            ContentPart::Text(text) => message.add_paragraph(&text),
            image @ ContentPart::Image(_) => message.content.push(image),
        }
    }
}

/// Reads a block that is shown to the model as it is.
fn parts_of(block: InputBlock, param: &str) -> Result<Vec<ContentPart>, ApiError> {
    let text = |text: String| Ok(vec![ContentPart::Text(text)]);
    match block {
        InputBlock::Text { text: words } => text(words),
        InputBlock::Image { source: Source::Base64 { media_type, data } } => {
            Ok(vec![ContentPart::Image(decode_image(&media_type, &data, param)?)])
        }
        InputBlock::Image { .. } => {
            Err(unsupported(param, "Fetching an image (send it as base64)"))
        }
        InputBlock::Document { source, title, context } => {
            let heading = [title, context].into_iter().flatten().map(ContentPart::Text);
            let mut parts: Vec<ContentPart> = heading.collect();
            match source {
                Source::Text { data } | Source::Content { content: TextOr::Text(data) } => {
                    parts.push(ContentPart::Text(data));
                }
                Source::Content { content: TextOr::Parts(blocks) } => {
                    for block in blocks {
                        parts.extend(parts_of(block, param)?);
                    }
                }
                Source::Base64 { .. } | Source::Url {} | Source::File {} => {
                    let what = "A document that is not text (add it to a collection, and ask `collection/<name>`)";
                    return Err(unsupported(param, what));
                }
            }
            Ok(parts)
        }
        InputBlock::SearchResult { source, title, content } => {
            let mut parts = vec![ContentPart::Text(format!("{title}\n{source}"))];
            for block in content {
                parts.extend(parts_of(block, param)?);
            }
            Ok(parts)
        }
        InputBlock::Thinking { .. }
        | InputBlock::RedactedThinking {}
        | InputBlock::ToolUse { .. }
        | InputBlock::ToolResult { .. } => {
            Err(ApiError::invalid("This block cannot stand inside another.").param(param))
        }
    }
}
