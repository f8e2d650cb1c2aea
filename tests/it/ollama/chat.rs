//! `/api/chat`.

use std::fmt::Write as _;

use insta::assert_snapshot;
use quire_engines::{ChatRole, Constraint, GpuLayers, Prompt, Thinking};
use serde_json::{Value, json};

use super::{CALL, asks, chat, lines, refused, with};
use crate::harness::App;

fn weather() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!([{"type": "function", "function": {"name": "weather", "parameters": parameters}}])
}

/// Shows lines without what differs from run to run.
fn shown(lines: &[Value]) -> String {
    let mut shown = String::new();
    for line in lines {
        let mut line = line.clone();
        if let Some(id) = line.pointer_mut("/message/tool_calls/0/id") {
            *id = json!("[id]");
        }
        for (name, value) in line.as_object_mut().into_iter().flatten() {
            if name == "created_at" || name.ends_with("_duration") || name.ends_with("_count") {
                *value = json!("[redacted]");
            }
        }
        let _ = writeln!(shown, "{line}");
    }
    shown
}

#[tokio::test]
async fn a_chat_is_streamed_in_lines_and_told_whole_in_one() {
    let app = App::new(&["It is 12 degrees."; 2]).await;
    let streamed = lines(&chat(&app, &asks("How warm is it?")).await);
    assert_snapshot!("ollama_chat", shown(&streamed));
    let text: String =
        streamed.iter().filter_map(|line| line["message"]["content"].as_str()).collect();
    let whole = chat(&app, &with(asks("How warm is it?"), "stream", json!(false))).await.json();
    assert_eq!(whole["message"], json!({"role": "assistant", "content": text}), "{whole}");
    assert_eq!((&whole["done"], &whole["done_reason"]), (&json!(true), &json!("stop")));
    assert_eq!(whole["eval_count"], 4);
    assert!(whole["total_duration"].as_u64().is_some_and(|taken| taken > 0), "{whole}");
}

#[tokio::test]
async fn a_call_makes_a_round_trip() {
    let app = App::new(&[CALL, "It is 12 degrees."]).await;
    let asked = with(asks("How warm is Bonn?"), "tools", weather());
    let streamed = lines(&chat(&app, &asked).await);
    assert_snapshot!("ollama_call", shown(&streamed));
    let call = streamed.iter().find(|line| line["message"]["tool_calls"].is_array());
    let mut message = call.expect("a call")["message"].clone();
    // Ollama's own library keeps no identifier.
    let calls = message["tool_calls"].as_array_mut().expect("calls");
    calls[0].as_object_mut().expect("a call").remove("id");
    let messages = json!([
        asked["messages"][0],
        message,
        {"role": "tool", "tool_name": "weather", "content": "12 degrees"},
    ]);
    let reply = lines(&chat(&app, &with(asked, "messages", messages)).await);
    let said: String =
        reply.iter().filter_map(|line| line["message"]["content"].as_str()).collect();
    assert_eq!(said, "It is 12 degrees.");
    let Some(Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected")
    };
    let roles: Vec<ChatRole> = chat.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [ChatRole::User, ChatRole::Assistant, ChatRole::Tool]);
    assert_eq!(chat.messages[2].call_id.as_ref(), Some(&chat.messages[1].tool_calls[0].id));
}

#[tokio::test]
async fn options_reach_the_model() {
    let app = App::new(&["One two three."]).await;
    let options =
        json!({"num_predict": 2, "temperature": 0, "stop": ["x"], "seed": 7, "num_ctx": 4096});
    let body = with(with(asks("Count."), "options", options), "think", json!(false));
    let last = lines(&chat(&app, &body).await).pop().expect("a line");
    assert_eq!(last["done_reason"], "length");
    let request = app.models.generator.requests().pop().expect("a request");
    assert_eq!((request.max_tokens, request.sampling.seed), (Some(2), Some(7)));
    assert!(request.sampling.temperature.abs() < f32::EPSILON);
    assert!(matches!(request.prompt, Prompt::Chat(chat) if chat.thinking == Thinking::Prevented));
}

#[tokio::test]
async fn samplers_reach_the_model_by_the_names_of_llama_cpp() {
    let app = App::new(&["Yes."]).await;
    let options = json!({
        "typical_p": 0.5, "repeat_penalty": 1.5, "repeat_last_n": 33, "min_p": 0.25,
        "dry_multiplier": 0.5, "xtc_probability": 0.5, "xtc_threshold": 0.2,
    });
    chat(&app, &with(asks("Hm?"), "options", options)).await;
    let sampling = app.models.generator.requests().pop().expect("a request").sampling;
    assert_eq!((sampling.typical_p, sampling.min_p), (0.5, 0.25));
    assert_eq!((sampling.repeat_penalty, sampling.repeat_last_n), (1.5, 33));
    assert_eq!(sampling.dry.map(|dry| dry.multiplier), Some(0.5));
    assert_eq!(sampling.xtc.map(|xtc| (xtc.probability, xtc.threshold)), Some((0.5, 0.2)));
    refused(&chat(&app, &with(asks("Hm?"), "options", json!({"typical_p": 3}))).await, 400);
}

#[tokio::test]
async fn a_chat_that_is_too_long_is_cut_if_that_is_wanted() {
    let app = App::new(&["Yes."; 3]).await;
    let long = asks(&"word ".repeat(5000));
    refused(&chat(&app, &long).await, 400);
    refused(&chat(&app, &with(long.clone(), "truncate", json!(false))).await, 400);
    for name in ["truncate", "shift"] {
        let last = lines(&chat(&app, &with(long.clone(), name, json!(true))).await).pop();
        let last = last.expect("a line");
        assert!(last["dropped_tokens"].as_u64() > Some(0), "{last}");
    }
}

#[tokio::test]
async fn a_model_is_loaded_as_the_options_of_a_request_without_messages_say() {
    let app = App::new(&[]).await;
    let body = json!({"model": "generator", "options": {"num_ctx": 2048, "num_gpu": 7}});
    assert_eq!(chat(&app, &body).await.status.as_u16(), 200);
    let told = app.models.configured();
    assert_eq!(told.context_tokens, Some(2048));
    assert_eq!(told.gpu_layers, Some(GpuLayers::Count(7)));
}

#[tokio::test]
async fn a_form_is_kept_to_or_refused_by_its_name() {
    let app = App::new(&[]).await;
    for (format, expected) in [
        (json!("json"), Constraint::JsonObject),
        (json!({"type": "object"}), Constraint::JsonSchema(json!({"type": "object"}))),
    ] {
        let reply = chat(&app, &with(asks("Hm?"), "format", format)).await;
        match reply.status.as_u16() {
            // A model that keeps to forms is asked to.
            200 => {
                let request = app.models.generator.requests().pop().expect("a request");
                assert_eq!(request.constraint, Some(expected));
            }
            status => assert!(!refused(&reply, status).is_empty()),
        }
    }
    refused(&chat(&app, &with(asks("Hm?"), "format", json!("xml"))).await, 400);
    for none in [json!(null), json!("")] {
        assert_eq!(chat(&app, &with(asks("Hm?"), "format", none)).await.status.as_u16(), 200);
    }
}

#[tokio::test]
async fn a_chat_without_messages_loads_and_unloads() {
    let app = App::new(&[]).await;
    let hold = async |keep: Value| {
        let body = json!({"model": "generator", "keep_alive": keep});
        chat(&app, &body).await.json()["done_reason"].clone()
    };
    let loaded = async || app.get("/api/ps").await.json()["models"].as_array().map(Vec::len);
    assert_eq!(loaded().await, Some(0));
    assert_eq!(hold(json!("5m")).await, "load");
    assert_eq!(loaded().await, Some(1));
    assert_eq!(hold(json!(0)).await, "unload");
    assert_eq!(loaded().await, Some(0));
    let body = json!({"model": "generator", "keep_alive": "soon"});
    assert!(refused(&chat(&app, &body).await, 400).contains("keep_alive"));
}

#[tokio::test]
async fn a_collection_answers_with_marks() {
    let app = App::new(&["The pump runs at 50 hertz [1]."]).await;
    app.fill("plant", &[("pump.md", b"# Pump\n\nThe pump runs at 50 hertz.\n")]).await;
    let question = with(asks("At how many hertz does the pump run?"), "stream", json!(false));
    let reply = chat(&app, &with(question, "model", json!("collection/plant:latest"))).await.json();
    let text = reply["message"]["content"].as_str().expect("words");
    assert!(text.starts_with("The pump runs at 50 hertz") && text.ends_with("[1]"), "{reply}");
}

#[tokio::test]
async fn errors_have_ollamas_shape() {
    let app = App::new(&[]).await;
    let unknown = with(asks("Hm?"), "model", json!("nobody/none"));
    assert!(refused(&chat(&app, &unknown).await, 404).contains("nobody/none"));
    refused(&chat(&app, &asks(&"why ".repeat(6000))).await, 400);
    let role = json!([{"role": "judge", "content": "Hm?"}]);
    refused(&chat(&app, &with(asks(""), "messages", role)).await, 400);
}
