//! Chats that are kept so that a later request can go on with them by an identifier, as long as the server runs.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use quire_engines::{ChatMessage, ChatRole, ToolCall};
use uuid::Uuid;

use super::error::ApiError;
use super::turn::finished::{Finished, Part};

/// How many are kept; the oldest leave. A chat of a hundred messages takes about 100 kB.
const MOST: usize = 500;

/// The chats.
#[derive(Default)]
pub struct StoredChats {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    chats: HashMap<String, Vec<ChatMessage>>,
    /// Identifiers, oldest first.
    order: VecDeque<String>,
}

/// Makes an identifier.
pub fn new_id() -> String {
    format!("resp_{}", Uuid::now_v7().simple())
}

impl StoredChats {
    /// Keeps a chat.
    pub fn keep(&self, id: String, messages: Vec<ChatMessage>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.order.len() >= MOST
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.chats.remove(&oldest);
        }
        kept.order.push_back(id.clone());
        kept.chats.insert(id, messages);
    }

    /// Gives a chat to go on with.
    pub fn get(&self, id: &str) -> Result<Vec<ChatMessage>, ApiError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.chats.get(id).cloned().ok_or_else(|| {
            let message = format!("There is no response `{id}`; they are kept while the server runs, and {MOST} at most.");
            ApiError::new(quire_domain::ErrorKind::NotFound, message)
                .param("previous_response_id")
                .code("previous_response_not_found")
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leaves() {
        let chats = StoredChats::default();
        let message = |at: usize| vec![ChatMessage::new(ChatRole::User, at.to_string())];
        for at in 0..=MOST {
            chats.keep(at.to_string(), message(at));
        }
        assert!(chats.get("0").is_err());
        assert_eq!(chats.get("1").ok(), Some(message(1)));
    }
}
