//! What a template has no place for, said in the messages that it has: tools, calls and results in words, a system
//! message before the first question.

use serde_json::{Value, json};

use super::values;
use crate::chat::message::{Chat, ChatMessage, ChatRole, ContentPart};

/// Says what tools there are and how to call them, in the form that Hermes and Qwen are trained on and that small
/// models pick up most easily.
fn instructions(tools: &[Value]) -> String {
    let listed: Vec<String> = tools.iter().map(Value::to_string).collect();
    format!(
        "# Tools\n\nYou may call one or more functions to help with the user's request. The functions are described \
         within <tools></tools>, one JSON object a line:\n<tools>\n{}\n</tools>\n\nTo call a function, write a JSON \
         object with its name and its arguments within <tool_call></tool_call>:\n<tool_call>\n{{\"name\": \
         <function name>, \"arguments\": <object of arguments>}}\n</tool_call>",
        listed.join("\n")
    )
}

/// Puts tools into the system message, calls into the words of the assistant, and results into words of the user.
pub fn tools(chat: &Chat) -> Chat {
    let mut messages: Vec<ChatMessage> = Vec::with_capacity(chat.messages.len() + 1);
    let mut is_after_result = false;
    for message in &chat.messages {
        let is_result = message.role == ChatRole::Tool;
        match messages.last_mut() {
            Some(last) if is_result && is_after_result => {
                last.content.push(ContentPart::Text(format!("\n{}", result(message))));
            }
            _ if is_result => messages.push(ChatMessage::new(ChatRole::User, result(message))),
            _ => messages.push(with_calls_said(message)),
        }
        is_after_result = is_result;
    }
    let offered = values::tools(chat.offered_tools());
    if !offered.is_empty() {
        let instructions = instructions(&offered);
        match messages.first_mut() {
            Some(first) if first.role == ChatRole::System => first.add_paragraph(&instructions),
            _ => messages.insert(0, ChatMessage::new(ChatRole::System, instructions)),
        }
    }
    Chat {
        messages,
        tools: Vec::new(),
        tool_choice: chat.tool_choice.clone(),
        parallel_calls: chat.parallel_calls,
        thinking: chat.thinking,
    }
}

fn result(message: &ChatMessage) -> String {
    format!("<tool_response>\n{}\n</tool_response>", message.text())
}

fn with_calls_said(message: &ChatMessage) -> ChatMessage {
    let mut said = ChatMessage { tool_calls: Vec::new(), ..message.clone() };
    for call in &message.tool_calls {
        let arguments = call.read_arguments().unwrap_or_else(|| call.arguments.as_str().into());
        let call = json!({"name": call.name, "arguments": arguments});
        said.add_paragraph(&format!("<tool_call>\n{call}\n</tool_call>"));
    }
    said
}

/// Puts the system message before the first message, if that is the user's.
pub fn system(messages: &[ChatMessage]) -> Option<Vec<ChatMessage>> {
    let (system, rest) = messages.split_first()?;
    let (first, after) = rest.split_first()?;
    if system.role != ChatRole::System || first.role != ChatRole::User {
        return None;
    }
    let mut first = first.clone();
    first.content.insert(0, ContentPart::Text(format!("{}\n\n", system.text())));
    let mut folded = vec![first];
    folded.extend_from_slice(after);
    Some(folded)
}
