//! Replies and chats in the shape in which they are kept, so that a later request can go on with them by an identifier: as
//! the items of OpenAI's responses, whatever protocol they came by.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quire_engines::{ChatMessage, ChatRole, ContentPart, ToolCall};
use serde_json::{Value, json};
use uuid::Uuid;

use super::turn::finished::{Finished, Part};

/// Makes the identifier of a reply.
pub fn new_id() -> String {
    format!("resp_{}", Uuid::now_v7().simple())
}

/// Gives a reply as the message that a later request goes on from.
pub fn message_of(done: &Finished) -> ChatMessage {
    let mut message = ChatMessage::new(ChatRole::Assistant, "");
    for part in &done.parts {
        match part {
            Part::Thought(text) => message.reasoning.get_or_insert_default().push_str(text),
            Part::Text(_) | Part::Sentence(_) => {}
            Part::Call(call) => message.tool_calls.push(ToolCall {
                id: call.id.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            }),
        }
    }
    message.add_paragraph(&done.text());
    message
}

/// Writes a chat as items.
pub fn items_of(messages: &[ChatMessage]) -> Vec<Value> {
    messages.iter().flat_map(items_of_message).collect()
}

fn items_of_message(message: &ChatMessage) -> Vec<Value> {
    let mut items = Vec::new();
    if let Some(thought) = &message.reasoning {
        let content = json!([{"type": "reasoning_text", "text": thought}]);
        items.push(json!({"type": "reasoning", "summary": [], "content": content}));
    }
    if let (ChatRole::Tool, Some(id)) = (message.role, &message.call_id) {
        let output = message.text();
        items.push(json!({"type": "function_call_output", "call_id": id, "output": output}));
        return items;
    }
    let is_said = |part: &&ContentPart| part.text() != Some("");
    let content: Vec<Value> = message
        .content
        .iter()
        .filter(is_said)
        .map(|part| match part {
            ContentPart::Text(text) if message.role == ChatRole::Assistant => {
                json!({"type": "output_text", "text": text})
            }
            ContentPart::Text(text) => json!({"type": "input_text", "text": text}),
            ContentPart::Image(image) => {
                let bytes = STANDARD.encode(&image.bytes);
                let address = format!("data:{};base64,{bytes}", image.media_type);
                json!({"type": "input_image", "image_url": address})
            }
        })
        .collect();
    let is_only_calls = content.is_empty() && !message.tool_calls.is_empty();
    if !is_only_calls {
        let role = message.role.as_str();
        items.push(json!({"type": "message", "role": role, "content": content}));
    }
    items.extend(message.tool_calls.iter().map(|call| {
        json!({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments})
    }));
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::v1::messages::settle;
    use crate::http::v1::responses::input::InputItem;
    use quire_engines::Image;

    #[test]
    fn a_chat_is_read_again_as_it_was() {
        let image = Image { media_type: "image/png".to_owned(), bytes: b"png".to_vec().into() };
        let mut seen = ChatMessage::new(ChatRole::User, "What is it?");
        seen.content.push(ContentPart::Image(image));
        let call =
            ToolCall { id: "1".to_owned(), name: "f".to_owned(), arguments: "{}".to_owned() };
        let mut answered = ChatMessage::new(ChatRole::Assistant, "A cat.");
        answered.reasoning = Some("Hm.".to_owned());
        answered.tool_calls.push(call);
        let chat = vec![
            ChatMessage::new(ChatRole::System, "Be kind."),
            seen,
            answered,
            ChatMessage::tool_result("1", "done"),
        ];
        let read = InputItem::read_all(&items_of(&chat), "x").expect("items");
        assert_eq!(settle(read).expect("a chat"), chat);
    }
}
