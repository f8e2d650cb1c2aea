//! What is kept so that a later request can go on with it by an identifier, as long as the server runs.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use quire_domain::ErrorKind;
use quire_engines::{ChatMessage, ChatRole, ToolCall};
use uuid::Uuid;

use super::error::ApiError;
use super::turn::finished::{Finished, Part};

/// How many are kept; the oldest leave. A chat of a hundred messages takes about 200 kB.
const MOST: usize = 500;

/// Things by their identifiers.
pub struct Stored<T> {
    kept: Mutex<Kept<T>>,
}

struct Kept<T> {
    things: HashMap<String, T>,
    /// Identifiers, oldest first.
    order: VecDeque<String>,
}

/// Makes the identifier of a reply.
pub fn new_id() -> String {
    format!("resp_{}", Uuid::now_v7().simple())
}

impl<T> Default for Stored<T> {
    fn default() -> Self {
        Self { kept: Mutex::new(Kept { things: HashMap::new(), order: VecDeque::new() }) }
    }
}

impl<T: Clone> Stored<T> {
    fn kept(&self) -> MutexGuard<'_, Kept<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps something under a new identifier.
    pub fn keep(&self, id: String, thing: T) {
        let mut kept = self.kept();
        if kept.order.len() >= MOST
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.things.remove(&oldest);
        }
        kept.order.push_back(id.clone());
        kept.things.insert(id, thing);
    }

    /// Gives what is kept.
    pub fn get(&self, id: &str) -> Result<T, ApiError> {
        self.kept().things.get(id).cloned().ok_or_else(|| missing(id))
    }
}

fn missing(id: &str) -> ApiError {
    let message = format!(
        "There is no chat `{id}`: the last {MOST} are kept while the server runs, unless `store` is false."
    );
    ApiError::new(ErrorKind::NotFound, message)
        .param("previous_response_id")
        .code("previous_response_not_found")
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
    fn the_oldest_leaves_and_the_rest_stays() {
        let stored = Stored::default();
        for at in 0..=MOST {
            stored.keep(at.to_string(), at);
        }
        assert!(stored.get("0").is_err());
        assert_eq!(stored.get("1").ok(), Some(1));
    }
}
