//! What is kept of a response.

use std::sync::Arc;

use quire_engines::ChatMessage;
use serde::Serialize;
use serde_json::{Value, json};

use super::resource::Resource;
use crate::http::stored::Stored;

/// A response, and what a later one goes on from.
#[derive(Clone)]
pub struct KeptResponse {
    /// As it was told.
    pub resource: Resource,
    /// The chat with its answer, without instructions.
    pub messages: Vec<ChatMessage>,
    /// What was sent.
    input: Vec<Value>,
}

/// What is kept of a response when it has ended.
pub struct Keeping {
    /// Where.
    pub responses: Arc<Stored<KeptResponse>>,
    /// The chat without instructions.
    pub messages: Vec<ChatMessage>,
    /// What was sent.
    pub input: Vec<Value>,
}

/// What a response answered.
#[derive(Serialize)]
pub struct ItemList {
    object: &'static str,
    data: Vec<Value>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

impl Keeping {
    /// Keeps a response that has ended.
    pub fn keep(self, resource: Resource, answer: ChatMessage) {
        let Self { responses, mut messages, input } = self;
        messages.push(answer);
        responses.keep(resource.id.clone(), KeptResponse { resource, messages, input });
    }
}

impl KeptResponse {
    /// Lists what it answered, the last first; items get identifiers if they have none.
    pub fn input_items(&self) -> ItemList {
        let number = |(at, item): (usize, &Value)| {
            let mut item = item.clone();
            if let Some(fields) = item.as_object_mut() {
                let suffix = self.resource.id.trim_start_matches("resp_");
                fields.entry("id").or_insert_with(|| format!("item_{suffix}_{at}").into());
                fields.entry("type").or_insert_with(|| json!("message"));
                if let Some(Value::String(text)) = fields.get("content") {
                    let part = json!([{"type": "input_text", "text": text}]);
                    fields.insert("content".to_owned(), part);
                }
            }
            item
        };
        let data: Vec<Value> = self.input.iter().enumerate().map(number).rev().collect();
        let id = |item: Option<&Value>| item?.get("id")?.as_str().map(str::to_owned);
        let (first_id, last_id) = (id(data.first()), id(data.last()));
        ItemList { object: "list", data, first_id, last_id, has_more: false }
    }
}
