//! Streamed messages: which event follows which, as snapshots, and that they make the same as a whole one.

use std::fmt::Write as _;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{CALL, With, asks, plant, question_to_plant, send, weather};
use crate::harness::{App, Reply};

/// Shows events one a line, without what differs from run to run.
fn lines(reply: &Reply) -> String {
    assert!(reply.header("content-type").starts_with("text/event-stream"), "{}", reply.text());
    let mut lines = String::new();
    for (name, data) in reply.events() {
        let mut data: Value = serde_json::from_str(&data).expect("JSON");
        assert_eq!(data["type"], *name, "an event is named by its type");
        for place in ["/message/id", "/content_block/id", "/delta/citation/source"] {
            if let Some(value) = data.pointer_mut(place) {
                *value = json!("[redacted]");
            }
        }
        for place in ["/message/usage", "/usage"] {
            for (_, count) in
                data.pointer_mut(place).and_then(Value::as_object_mut).into_iter().flatten()
            {
                *count = json!(0);
            }
        }
        let _ = writeln!(lines, "{name} {data}");
    }
    lines
}

/// Puts a message together as clients do.
fn put_together(reply: &Reply) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    for (_, data) in reply.events() {
        let event: Value = serde_json::from_str(&data).expect("JSON");
        let index = event["index"].as_u64().unwrap_or_default() as usize;
        if event["type"] == "content_block_start" {
            assert_eq!(index, blocks.len(), "{event}");
            blocks.push(event["content_block"].clone());
        }
        let delta = &event["delta"];
        if let Some(more) = delta["text"].as_str() {
            let text = blocks[index]["text"].as_str().expect("text").to_owned() + more;
            blocks[index]["text"] = json!(text);
        }
        if delta["citation"].is_object() {
            let citations = blocks[index]["citations"].as_array_mut().expect("citations");
            citations.push(delta["citation"].clone());
        }
    }
    blocks
}

#[tokio::test]
async fn a_call_comes_in_the_order_that_sdks_depend_on() {
    let app = App::new(&[CALL]).await;
    let body = asks("How warm is Bonn?").with("tools", weather()).with("stream", json!(true));
    assert_snapshot!("anthropic_call", lines(&send(&app, &body).await));
}

#[tokio::test]
async fn a_grounded_answer_is_streamed_as_it_is_told_whole() {
    let whole = send(&plant().await, &question_to_plant()).await.json();
    let reply = send(&plant().await, &question_to_plant().with("stream", json!(true))).await;
    assert_eq!(json!(put_together(&reply)), without_documents(&whole["content"], &reply));
    assert_snapshot!("anthropic_grounded", lines(&reply));
}

/// Gives the links of the streamed reply to the whole one: two apps have documents with other identifiers.
fn without_documents(whole: &Value, reply: &Reply) -> Value {
    let streamed = put_together(reply);
    let mut whole = whole.clone();
    for (block, other) in whole.as_array_mut().into_iter().flatten().zip(&streamed) {
        if let Some(source) = block.pointer_mut("/citations/0/source") {
            *source = other["citations"][0]["source"].clone();
        }
    }
    whole
}

#[tokio::test]
async fn what_is_known_at_once_is_an_error_and_no_stream() {
    let app = App::new(&[]).await;
    let body = asks(&"why ".repeat(6000)).with("stream", json!(true));
    let reply = send(&app, &body).await;
    super::refused(&reply, 400, "invalid_request_error");
}
