//! The OpenAI-compatible API: shapes, streams, tools, errors, and the official Python SDK.

mod chat;
mod choices;
mod collection;
mod completions;
mod embeddings;
mod models;
mod rerank;
mod sdk;
mod tokenize;
mod tools;

use serde_json::Value;

use crate::harness::Reply;

/// Reads the chunks of a stream and asserts that it ends as clients need it to.
fn chunks(reply: &Reply) -> Vec<Value> {
    assert!(reply.header("content-type").starts_with("text/event-stream"), "{}", reply.text());
    for line in reply.text().lines() {
        let is_allowed = line.is_empty() || line.starts_with("data: ") || line.starts_with(':');
        assert!(is_allowed, "`{line}` breaks OpenAI's clients");
    }
    let mut events = reply.events();
    assert_eq!(events.pop().map(|(_, data)| data).as_deref(), Some("[DONE]"));
    events.iter().map(|(_, data)| serde_json::from_str(data).expect("JSON")).collect()
}
