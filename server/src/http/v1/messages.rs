//! The messages of a chat request, checked and flattened to plain text.

use quire_engines::{ChatMessage, ChatRole};
use serde_json::Value;

use super::error::unsupported;
use crate::http::error::ApiError;

/// Reads `messages`. Leading system messages become one, because chat templates know only one.
pub fn read(messages: Option<&Value>) -> Result<Vec<ChatMessage>, ApiError> {
    let items = messages.and_then(Value::as_array).ok_or_else(|| {
        ApiError::invalid("`messages` must be an array of messages.").param("messages")
    })?;
    if items.is_empty() {
        return Err(ApiError::invalid("`messages` is empty; send at least one.").param("messages"));
    }
    let read: Result<Vec<_>, _> = items.iter().enumerate().map(|(i, item)| one(i, item)).collect();
    let mut merged: Vec<ChatMessage> = Vec::new();
    for message in read? {
        match merged.last_mut() {
            Some(last) if last.role == ChatRole::System && message.role == ChatRole::System => {
                last.content.push_str("\n\n");
                last.content.push_str(&message.content);
            }
            Some(last)
                if last.role == ChatRole::Assistant && message.role == ChatRole::Assistant =>
            {
                return Err(ApiError::invalid("Two assistant messages follow each other.")
                    .param("messages"));
            }
            _ => merged.push(message),
        }
    }
    Ok(merged)
}

fn one(index: usize, item: &Value) -> Result<ChatMessage, ApiError> {
    let param = |field: &str| format!("messages[{index}]{field}");
    let Some(object) = item.as_object() else {
        return Err(ApiError::invalid("A message must be an object.").param(param("")));
    };
    let role = match object.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => ChatRole::System,
        Some("user") => ChatRole::User,
        Some("assistant") => ChatRole::Assistant,
        Some("tool" | "function") => return Err(unsupported(&param(".role"), "Calling tools")),
        _ => {
            let message = "A message's `role` must be system, developer, user or assistant.";
            return Err(ApiError::invalid(message).param(param(".role")));
        }
    };
    let content = match object.get("content") {
        None | Some(Value::Null) if role == ChatRole::Assistant => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => flatten(parts, &param(".content"))?,
        _ => {
            let message = "A message's `content` must be a string or an array of parts.";
            return Err(ApiError::invalid(message).param(param(".content")));
        }
    };
    Ok(ChatMessage { role, content })
}

/// Joins the text of parts; parts of other sorts cannot be read by a text model.
fn flatten(parts: &[Value], param: &str) -> Result<String, ApiError> {
    let mut text = String::new();
    for part in parts {
        let kind = part.get("type").and_then(Value::as_str);
        let field = match kind {
            Some("text" | "input_text" | "output_text") => "text",
            Some("refusal") => "refusal",
            Some(other) => {
                return Err(unsupported(param, &format!("A content part of type `{other}`")));
            }
            None => return Err(ApiError::invalid("A content part needs a `type`.").param(param)),
        };
        let piece = part
            .get(field)
            .and_then(Value::as_str)
            .ok_or_else(|| ApiError::invalid("A text part needs a `text` string.").param(param))?;
        text.push_str(piece);
    }
    Ok(text)
}

/// A chat as a collection hears it.
#[derive(Debug, Default, PartialEq)]
pub struct Conversation {
    /// What is asked: all that the user said since the last reply.
    pub question: String,
    /// The turns before it, oldest first: pairs of question and answer. The first question is empty
    /// if the assistant spoke first.
    pub history: Vec<(String, String)>,
    /// What the system messages say, in order.
    pub instructions: Option<String>,
}

/// Sorts a chat into question, turns and instructions, so that every message is in one of them.
pub fn as_question(messages: &[ChatMessage]) -> Result<Conversation, ApiError> {
    if messages.last().is_none_or(|last| last.role != ChatRole::User) {
        let message = "A collection answers questions: the last message must be the user's.";
        return Err(ApiError::invalid(message).param("messages"));
    }
    let mut heard = Conversation::default();
    // What the user has said since the last reply.
    let mut asked = String::new();
    for ChatMessage { role, content } in messages {
        match role {
            ChatRole::User => add(&mut asked, content),
            ChatRole::Assistant => match heard.history.last_mut() {
                Some((_, answer)) if asked.is_empty() => add(answer, content),
                _ => heard.history.push((std::mem::take(&mut asked), content.clone())),
            },
            ChatRole::System => add(heard.instructions.get_or_insert_default(), content),
        }
    }
    heard.question = asked;
    Ok(heard)
}

/// Adds a message to what was said before it.
fn add(said: &mut String, content: &str) {
    if !said.is_empty() && !content.is_empty() {
        said.push_str("\n\n");
    }
    said.push_str(content);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn malformed_messages_are_refused_by_place() {
        let cases = [
            (json!(null), "messages"),
            (json!("hello"), "messages"),
            (json!([]), "messages"),
            (json!([123]), "messages[0]"),
            (json!([{}]), "messages[0].role"),
            (json!([{"role": 123, "content": "a"}]), "messages[0].role"),
            (json!([{"role": "user", "content": 123}]), "messages[0].content"),
            (json!([{"role": "user"}]), "messages[0].content"),
            (json!([{"role": "user", "content": [{"type": "image_url"}]}]), "messages[0].content"),
            (
                json!([{"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}]),
                "messages",
            ),
        ];
        for (messages, param) in cases {
            let error = read(Some(&messages)).expect_err("it is malformed");
            assert_eq!(error.detail.param.as_deref(), Some(param), "{messages}");
        }
    }

    #[test]
    fn parts_are_joined_and_system_messages_merged() {
        let messages = json!([
            {"role": "developer", "content": "a"},
            {"role": "system", "content": [{"type": "text", "text": "b"}]},
            {"role": "user", "content": [{"type": "text", "text": "c"}, {"type": "input_text", "text": "d"}]},
            {"role": "assistant", "content": null},
        ]);
        let read = read(Some(&messages)).expect("well-formed");
        let texts: Vec<&str> = read.iter().map(|message| message.content.as_str()).collect();
        assert_eq!(texts, ["a\n\nb", "cd", ""]);
    }

    #[test]
    fn every_message_of_a_chat_is_heard() {
        let heard = |messages: Value| {
            as_question(&read(Some(&messages)).expect("well-formed")).expect("a question")
        };
        let message = |role: &str, content: &str| json!({"role": role, "content": content});
        let turns = |turns: &[(&str, &str)]| -> Vec<(String, String)> {
            turns.iter().map(|(asked, said)| ((*asked).to_owned(), (*said).to_owned())).collect()
        };
        let all = heard(json!([
            message("developer", "Be short."),
            message("assistant", "Hello."),
            message("user", "One."),
            message("user", "Two?"),
            message("assistant", "Both."),
            message("system", "Be kind."),
            message("assistant", "And more."),
            message("user", "Three."),
            message("system", "Be quick."),
            message("user", "Four?"),
        ]));
        assert_eq!(all.question, "Three.\n\nFour?");
        assert_eq!(all.history, turns(&[("", "Hello."), ("One.\n\nTwo?", "Both.\n\nAnd more.")]));
        assert_eq!(all.instructions.as_deref(), Some("Be short.\n\nBe kind.\n\nBe quick."));
        let plain = heard(json!([message("user", "One?")]));
        assert_eq!((plain.history.len(), plain.instructions), (0, None));
        let last = [ChatMessage { role: ChatRole::Assistant, content: "Hm.".to_owned() }];
        as_question(&last).expect_err("there is no question");
    }
}
