//! Anthropic's protocol: messages whole and streamed, tools, citations, errors, models, and the official Python SDK.

mod input;
mod messages;
mod models;
mod sdk;
mod stream;

use serde_json::{Value, json};

use crate::harness::{App, Reply};

const PUMP: &[u8] = b"# Pump\n\nThe pump runs at 50 hertz.\n\nThe pump weighs nine kilograms.\n";
const CALL: &str = "I look.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}\n</tool_call>";

/// A request with one question.
fn asks(question: &str) -> Value {
    json!({"max_tokens": 64, "messages": [{"role": "user", "content": question}]})
}

fn weather() -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!([{"name": "weather", "description": "Tells the weather.", "input_schema": schema}])
}

async fn plant() -> App {
    let answer = "The pump runs at 50 hertz [1]. It is green. The pump weighs nine kilograms [1].";
    let app = App::new(&[answer]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    app
}

fn question_to_plant() -> Value {
    let question = "At how many hertz does the pump run, and what does it weigh?";
    asks(question).with("model", json!("collection/plant"))
}

async fn send(app: &App, body: &Value) -> Reply {
    app.post("/v1/messages", body).await
}

/// Changes one field.
trait With {
    fn with(self, name: &str, value: Value) -> Self;
}

impl With for Value {
    fn with(mut self, name: &str, value: Value) -> Self {
        self[name] = value;
        self
    }
}

/// Asserts an error in Anthropic's shape, and gives its sentence.
fn refused(reply: &Reply, status: u16, kind: &str) -> String {
    let body = reply.json();
    assert_eq!(reply.status.as_u16(), status, "{body}");
    assert_eq!((&body["type"], &body["error"]["type"]), (&json!("error"), &json!(kind)), "{body}");
    assert_eq!(body["request_id"], reply.header("x-request-id"), "{body}");
    body["error"]["message"].as_str().expect("a sentence").to_owned()
}
