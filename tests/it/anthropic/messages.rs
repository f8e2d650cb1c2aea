//! Whole messages.

use quire_engines::{ChatRole, Prompt, Thinking};
use serde_json::{Value, json};

use super::{CALL, With, asks, plant, question_to_plant, refused, send, weather};
use crate::harness::App;

#[tokio::test]
async fn a_message_is_answered_with_its_account() {
    let app = App::new(&["It is 12 degrees."]).await;
    let reply = send(&app, &asks("How warm is it?")).await.json();
    assert!(reply["id"].as_str().is_some_and(|id| id.starts_with("msg_")), "{reply}");
    assert_eq!((&reply["type"], &reply["role"]), (&json!("message"), &json!("assistant")));
    assert_eq!(reply["model"], "scripted/generator");
    assert_eq!(reply["content"], json!([{"type": "text", "text": "It is 12 degrees."}]));
    assert_eq!(reply["stop_reason"], "end_turn");
    assert_eq!(reply["stop_sequence"], Value::Null);
    assert_eq!(reply["usage"]["output_tokens"], 4);
    let counted = app.post("/v1/messages/count_tokens", &asks("How warm is it?")).await.json();
    assert_eq!(counted, json!({"input_tokens": reply["usage"]["input_tokens"]}));
}

#[tokio::test]
async fn the_limit_is_a_reason_to_stop() {
    let app = App::new(&["It is 12 degrees."]).await;
    let reply = send(&app, &asks("How warm is it?").with("max_tokens", json!(2))).await.json();
    assert_eq!(reply["stop_reason"], "max_tokens", "{reply}");
}

#[tokio::test]
async fn a_call_makes_a_round_trip() {
    let app = App::new(&[CALL, "It is 12 degrees."]).await;
    let asked = asks("How warm is Bonn?").with("tools", weather());
    let reply = send(&app, &asked).await.json();
    assert_eq!(reply["stop_reason"], "tool_use", "{reply}");
    assert_eq!(reply["content"][0]["text"], "I look.");
    let call = &reply["content"][1];
    assert_eq!((&call["type"], &call["name"]), (&json!("tool_use"), &json!("weather")));
    assert_eq!(call["input"], json!({"city": "Bonn"}));
    let result = json!([
        {"type": "tool_result", "tool_use_id": call["id"], "content": [{"type": "text", "text": "12 degrees"}]},
        {"type": "text", "text": "In short, please."},
    ]);
    let messages = json!([
        asked["messages"][0],
        {"role": "assistant", "content": reply["content"]},
        {"role": "user", "content": result},
    ]);
    let reply = send(&app, &asked.with("messages", messages)).await.json();
    assert_eq!(reply["content"][0]["text"], "It is 12 degrees.", "{reply}");
    let Some(Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected")
    };
    let roles: Vec<ChatRole> = chat.messages.iter().map(|message| message.role).collect();
    let expected = [ChatRole::User, ChatRole::Assistant, ChatRole::Tool, ChatRole::User];
    assert_eq!(roles, expected);
    assert_eq!(chat.messages[2].call_id.as_deref(), call["id"].as_str());
    assert_eq!(chat.messages[2].text(), "12 degrees");
}

#[tokio::test]
async fn thinking_is_up_to_the_caller() {
    let thinking = |app: &App| match app.models.generator.prompts().pop() {
        Some(Prompt::Chat(chat)) => chat.thinking,
        other => panic!("a chat is expected: {other:?}"),
    };
    let app = App::new(&["<think>Hm.</think>Yes.", "Yes."]).await;
    let wish = json!({"type": "enabled", "budget_tokens": 1024});
    let reply = send(&app, &asks("Is it?").with("thinking", wish)).await.json();
    assert_eq!(thinking(&app), Thinking::Allowed, "{reply}");
    send(&app, &asks("Is it?")).await;
    assert_eq!(thinking(&app), Thinking::Prevented);
}

#[tokio::test]
async fn a_collection_cites_in_blocks() {
    let app = plant().await;
    let reply = send(&app, &question_to_plant()).await.json();
    assert_eq!(reply["model"], "collection/plant", "{reply}");
    let blocks = reply["content"].as_array().expect("blocks");
    let text: String = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
    assert_eq!(text, "The pump runs at 50 hertz. It is green. The pump weighs nine kilograms.");
    let cited: Vec<bool> = blocks.iter().map(|block| block["citations"].is_array()).collect();
    assert_eq!(cited, [true, false, true], "{reply}");
    let citation = &blocks[0]["citations"][0];
    assert_eq!(citation["type"], "search_result_location");
    assert_eq!(citation["cited_text"], "The pump runs at 50 hertz");
    assert_eq!(citation["title"], "Pump");
    let source = citation["source"].as_str().expect("a link");
    assert!(source.starts_with("http://127.0.0.1:1234/"), "{source}");
}

#[tokio::test]
async fn errors_have_anthropics_shape() {
    let app = App::new(&[]).await;
    let unknown = asks("Hm?").with("model", json!("nobody/none"));
    assert!(refused(&send(&app, &unknown).await, 404, "not_found_error").contains("nobody/none"));
    let empty = asks("Hm?").with("messages", json!([]));
    refused(&send(&app, &empty).await, 400, "invalid_request_error");
    let typo =
        asks("Hm?").with("messages", json!([{"role": "user", "content": [{"type": "sound"}]}]));
    let told = refused(&send(&app, &typo).await, 400, "invalid_request_error");
    assert!(told.contains("messages[0].content") && told.contains("sound"), "{told}");
    let long = asks(&"why ".repeat(6000));
    refused(&send(&app, &long).await, 400, "invalid_request_error");
    let server_tool = json!([{"type": "web_search_20250305", "name": "web_search"}]);
    let told = refused(
        &send(&app, &asks("Hm?").with("tools", server_tool)).await,
        400,
        "invalid_request_error",
    );
    assert!(told.contains("web_search_20250305"), "{told}");
    let counted = app.post("/v1/messages/count_tokens", &question_to_plant()).await;
    refused(&counted, 400, "invalid_request_error");
}
