//! Ollama's protocol: chats and texts as lines, vectors, models, errors, and the official Python library.

mod chat;
mod embed;
mod generate;
mod models;
mod sdk;

use serde_json::{Value, json};

use crate::harness::{App, Reply};

const CALL: &str = "I look.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}\n</tool_call>";

/// Reads the lines of a stream: all but the last are not done.
fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.header("content-type"), "application/x-ndjson", "{}", reply.text());
    let text = reply.text();
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let done: Vec<bool> = lines.iter().map(|line| line["done"] == true).collect();
    let last = done.len() - 1;
    assert!(done.iter().enumerate().all(|(at, done)| *done == (at == last)), "{text}");
    lines
}

/// Asserts an error in Ollama's shape, and gives its sentence.
fn refused(reply: &Reply, status: u16) -> String {
    let body = reply.json();
    assert_eq!(reply.status.as_u16(), status, "{body}");
    body["error"].as_str().expect("a sentence").to_owned()
}

fn asks(question: &str) -> Value {
    json!({"model": "generator", "messages": [{"role": "user", "content": question}]})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

async fn chat(app: &App, body: &Value) -> Reply {
    app.post("/api/chat", body).await
}
