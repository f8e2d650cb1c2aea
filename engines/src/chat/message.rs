//! The messages of a chat, and the chat as a whole.

use std::borrow::Cow;

use bytes::Bytes;

use super::tool::{Tool, ToolCall, ToolChoice};

/// Who says a message.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ChatRole {
    /// Instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called: the message is what it gave back.
    Tool,
}

impl ChatRole {
    /// Shows the word that chat templates use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// A picture in a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Image {
    /// What its bytes are, such as `image/png`.
    pub media_type: String,
    /// The file.
    pub bytes: Bytes,
}

/// A part of what is said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ContentPart {
    /// Words.
    Text(String),
    /// A picture.
    Image(Image),
}

/// One message of a chat.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChatMessage {
    /// Who says it.
    pub role: ChatRole,
    /// What is said, in order.
    pub content: Vec<ContentPart>,
    /// The name of whoever speaks, if a role has several; of a tool, its own.
    pub name: Option<String>,
    /// What the assistant thought before it spoke.
    pub reasoning: Option<String>,
    /// The tools that the assistant calls.
    pub tool_calls: Vec<ToolCall>,
    /// The call that a tool answers.
    pub call_id: Option<String>,
}

impl ChatMessage {
    /// Makes a message of words.
    pub fn new(role: ChatRole, text: impl Into<String>) -> Self {
        Self {
            role,
            content: vec![ContentPart::Text(text.into())],
            name: None,
            reasoning: None,
            tool_calls: Vec::new(),
            call_id: None,
        }
    }

    /// Makes the message in which a tool answers a call.
    pub fn tool_result(call_id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { call_id: Some(call_id.into()), ..Self::new(ChatRole::Tool, text) }
    }

    /// Gives the words, without what stands between them.
    pub fn text(&self) -> Cow<'_, str> {
        match self.content.as_slice() {
            [] => Cow::Borrowed(""),
            [ContentPart::Text(text)] => Cow::Borrowed(text),
            parts => Cow::Owned(parts.iter().filter_map(ContentPart::text).collect()),
        }
    }

    /// Returns whether there is anything but words to be seen.
    pub fn has_images(&self) -> bool {
        self.content.iter().any(|part| matches!(part, ContentPart::Image(_)))
    }

    /// Lets the message go on with more words, in a paragraph of their own.
    pub fn add_paragraph(&mut self, more: &str) {
        if more.is_empty() {
            return;
        }
        match self.content.last_mut() {
            Some(ContentPart::Text(text)) if text.is_empty() => more.clone_into(text),
            Some(ContentPart::Text(text)) => {
                text.push_str("\n\n");
                text.push_str(more);
            }
            _ => self.content.push(ContentPart::Text(more.to_owned())),
        }
    }
}

impl ContentPart {
    /// Gives the words of a part that has some.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Image(_) => None,
        }
    }
}

/// Whether a model that thinks before it answers may do so.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Thinking {
    /// It may.
    #[default]
    Allowed,
    /// It is to answer at once: it is told so if its template can say it, and finds its thought ended if it cannot.
    Prevented,
}

/// What a model is to answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Chat {
    /// The messages, in order. A last one by the assistant is continued instead of answered.
    pub messages: Vec<ChatMessage>,
    /// The tools that it may call.
    pub tools: Vec<Tool>,
    /// Whether it may, must or must not call one.
    pub tool_choice: ToolChoice,
    /// Whether one reply may make several calls; else it ends after the first.
    pub parallel_calls: bool,
    /// Whether it may think first.
    pub thinking: Thinking,
}

impl Chat {
    /// Makes a chat without tools.
    pub fn new(messages: Vec<ChatMessage>) -> Self {
        Self {
            messages,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            parallel_calls: true,
            thinking: Thinking::Allowed,
        }
    }

    /// Gives the tools that the model is shown: none if it must not call any.
    pub fn offered_tools(&self) -> &[Tool] {
        match self.tool_choice {
            ToolChoice::None => &[],
            ToolChoice::Auto | ToolChoice::Required | ToolChoice::Named(_) => &self.tools,
        }
    }

    /// Gives the message that is to be continued.
    pub fn open_message(&self) -> Option<&ChatMessage> {
        let last = self.messages.last()?;
        (last.role == ChatRole::Assistant && last.tool_calls.is_empty()).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_and_go_on_in_paragraphs() {
        let image = Image { media_type: "image/png".to_owned(), bytes: Bytes::from_static(b"p") };
        let mut message = ChatMessage::new(ChatRole::User, "a");
        message.content.push(ContentPart::Image(image));
        message.add_paragraph("b");
        message.add_paragraph("c");
        assert_eq!(message.text(), "ab\n\nc");
        assert!(message.has_images());
        let mut empty = ChatMessage::new(ChatRole::Assistant, "");
        empty.add_paragraph("a");
        empty.add_paragraph("");
        assert_eq!(empty.text(), "a");
    }
}
