//! A chat as a collection hears it: a question, the turns before it, and wishes for the answer.

use quire_engines::{ChatMessage, ChatRole};

use crate::http::error::ApiError;
use crate::http::v1::error::unsupported;

/// What a collection is asked.
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
    if let Some(at) = messages.iter().position(is_foreign) {
        let what = "Calling tools and showing images to a collection";
        return Err(unsupported(&format!("messages[{at}]"), what));
    }
    let mut heard = Conversation::default();
    // What the user has said since the last reply.
    let mut asked = String::new();
    for message in messages {
        let content = message.text();
        match message.role {
            ChatRole::User => add(&mut asked, &content),
            ChatRole::Assistant => match heard.history.last_mut() {
                Some((_, answer)) if asked.is_empty() => add(answer, &content),
                _ => heard.history.push((std::mem::take(&mut asked), content.into_owned())),
            },
            ChatRole::System => add(heard.instructions.get_or_insert_default(), &content),
            // It was refused above.
            ChatRole::Tool => {}
        }
    }
    heard.question = asked;
    Ok(heard)
}

/// What the user asked last in a chat, whatever came after it.
#[derive(Debug, PartialEq)]
pub struct LastAsked {
    /// Which message it is; the last of them if there are several.
    pub at: usize,
    /// What is asked: all that the user said since the reply before it.
    pub question: String,
    /// What the user said before that.
    pub earlier: Option<String>,
}

/// Finds what the user asked last; calls of tools and their results may follow.
pub fn last_asked(messages: &[ChatMessage]) -> Result<LastAsked, ApiError> {
    let is_users = |message: &ChatMessage| message.role == ChatRole::User;
    let is_reply =
        |message: &ChatMessage| matches!(message.role, ChatRole::Assistant | ChatRole::Tool);
    let Some(at) = messages.iter().rposition(is_users) else {
        let message = "Nothing is asked: the chat has no message of the user.";
        return Err(ApiError::invalid(message).param("messages"));
    };
    let first = messages[..at].iter().rposition(is_reply).map_or(0, |before| before + 1);
    let mut question = String::new();
    for message in messages[first..=at].iter().filter(|message| is_users(message)) {
        add(&mut question, &message.text());
    }
    let earlier = messages[..first].iter().rfind(|message| is_users(message));
    Ok(LastAsked { at, question, earlier: earlier.map(|message| message.text().into_owned()) })
}

/// Returns whether a message is more than words of a person or an assistant.
pub fn is_foreign(message: &ChatMessage) -> bool {
    message.role == ChatRole::Tool || !message.tool_calls.is_empty() || message.has_images()
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
    use crate::http::v1::messages::read;
    use serde_json::{Value, json};

    #[test]
    fn what_was_asked_last_is_found_behind_calls() {
        let user = |text: &str| ChatMessage::new(ChatRole::User, text);
        let said = ChatMessage::new(ChatRole::Assistant, "Hello.");
        let chat = [
            user("Hi."),
            said.clone(),
            user("One."),
            user("Two?"),
            said,
            ChatMessage::tool_result("1", "12 degrees"),
        ];
        let expected = |at, question: &str, earlier: Option<&str>| LastAsked {
            at,
            question: question.to_owned(),
            earlier: earlier.map(str::to_owned),
        };
        assert_eq!(last_asked(&chat).expect("it is"), expected(3, "One.\n\nTwo?", Some("Hi.")));
        assert_eq!(last_asked(&chat[..2]).expect("it is"), expected(0, "Hi.", None));
        last_asked(&chat[1..2]).expect_err("nobody asked");
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
        let last = [ChatMessage::new(ChatRole::Assistant, "Hm.")];
        as_question(&last).expect_err("there is no question");
        let tool = ChatMessage::tool_result("1", "12 degrees");
        let user = ChatMessage::new(ChatRole::User, "How warm is it?");
        let refused = as_question(&[user.clone(), tool, user]).expect_err("tools are foreign");
        assert_eq!(refused.detail.param.as_deref(), Some("messages[1]"));
    }
}
