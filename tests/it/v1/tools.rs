//! Tools on `/v1/chat/completions`: offered, called, answered, and refused by name.

use quire_engines::{ChatRole, Prompt};
use serde_json::{Value, json};

use super::chunks;
use crate::harness::App;

const CALL: &str = "I look.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}\n</tool_call>";

fn weather() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!({"type": "function", "function": {"name": "weather", "parameters": parameters}})
}

fn asked() -> Value {
    json!({"messages": [{"role": "user", "content": "How warm is Bonn?"}], "tools": [weather()]})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

#[tokio::test]
async fn a_call_makes_a_round_trip() {
    let app = App::new(&[CALL, "It is 12 degrees."]).await;
    let reply = app.post("/v1/chat/completions", &asked()).await.json();
    let choice = &reply["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls", "{reply}");
    assert_eq!(choice["message"]["content"], "I look.");
    let calls = &choice["message"]["tool_calls"];
    assert_eq!(calls.as_array().map(Vec::len), Some(1), "{reply}");
    assert_eq!(calls[0]["type"], "function");
    let function = json!({"name": "weather", "arguments": "{\"city\": \"Bonn\"}"});
    assert_eq!(calls[0]["function"], function);
    let id = calls[0]["id"].as_str().expect("an identifier");
    let mut next = asked();
    let messages = next["messages"].as_array_mut().expect("messages");
    messages.push(choice["message"].clone());
    messages.push(json!({"role": "tool", "tool_call_id": id, "content": "12 degrees"}));
    // The history holds calls even where no tools are offered any more.
    for tools in [json!([weather()]), json!(null)] {
        let reply = app.post("/v1/chat/completions", &with(next.clone(), "tools", tools)).await;
        assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    }
    let Some(Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected")
    };
    let roles: Vec<ChatRole> = chat.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [ChatRole::User, ChatRole::Assistant, ChatRole::Tool]);
    assert_eq!(chat.messages[1].tool_calls[0].arguments, "{\"city\": \"Bonn\"}");
    assert_eq!(chat.messages[2].call_id.as_deref(), Some(id));
}

#[tokio::test]
async fn a_reply_that_only_calls_has_no_content() {
    let app = App::new(&["<tool_call>{\"name\": \"weather\"}</tool_call>"]).await;
    let reply = app.post("/v1/chat/completions", &asked()).await.json();
    let message = &reply["choices"][0]["message"];
    assert_eq!(message["content"], Value::Null, "{reply}");
    assert_eq!(message["tool_calls"][0]["function"]["arguments"], "{}");
}

#[tokio::test]
async fn a_streamed_call_keeps_the_rules_that_sdks_depend_on() {
    let two = format!("{CALL}\n<tool_call>{{\"name\": \"now\"}}</tool_call>");
    let app = App::new(&[&two]).await;
    let now = json!({"type": "function", "function": {"name": "now", "parameters": null}});
    let body = with(asked(), "tools", json!([weather(), now]));
    let body = with(body, "stream", json!(true));
    let chunks = chunks(&app.post("/v1/chat/completions", &body).await);
    let mut calls: Vec<(String, String)> = Vec::new();
    let mut content = String::new();
    for chunk in &chunks {
        let delta = &chunk["choices"][0]["delta"];
        content.push_str(delta["content"].as_str().unwrap_or_default());
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = call["index"].as_u64().expect("an index") as usize;
            let arguments = call["function"]["arguments"].as_str().expect("arguments");
            if index == calls.len() {
                assert!(call["id"].as_str().is_some_and(|id| !id.is_empty()), "{call}");
                assert_eq!((&call["type"], arguments), (&json!("function"), ""), "{call}");
                let name = call["function"]["name"].as_str().expect("a name").to_owned();
                calls.push((name, String::new()));
            } else {
                // What stands in two deltas is put together by clients.
                let names = ["id", "type"].map(|name| call.get(name));
                assert_eq!((names, call["function"].get("name")), ([None, None], None), "{call}");
                assert_eq!(index + 1, calls.len(), "{call}");
                assert!(!arguments.is_empty(), "{call}");
                calls[index].1.push_str(arguments);
            }
        }
    }
    assert_eq!(content, "I look.");
    let expected = [("weather", "{\"city\": \"Bonn\"}"), ("now", "{}")];
    assert_eq!(calls, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let last = chunks.last().expect("a chunk");
    assert_eq!(last["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn calls_are_read_as_each_family_writes_them() {
    for (template, reply) in [
        ("<|start_header_id|>", r#"{"name": "weather", "parameters": {"city": "Bonn"}}"#),
        ("[TOOL_CALLS]", r#"[TOOL_CALLS][{"name": "weather", "arguments": {"city": "Bonn"}}]"#),
        (">>>", ">>>weather\n{\"city\": \"Bonn\"}"),
        ("<function=", "<function=weather>{\"city\": \"Bonn\"}</function>"),
        ("<function=", "<function=weather>\n<parameter=city>\nBonn\n</parameter>\n</function>"),
    ] {
        let app = App::new(&[reply]).await;
        app.models.generator.speak_as(template);
        let reply = app.post("/v1/chat/completions", &asked()).await.json();
        let call = &reply["choices"][0]["message"]["tool_calls"][0]["function"];
        assert_eq!(call["name"], "weather", "{template}: {reply}");
        assert_eq!(call["arguments"], "{\"city\": \"Bonn\"}", "{template}");
    }
}

#[tokio::test]
async fn who_may_not_call_does_not() {
    let now = "<tool_call>{\"name\": \"weather\"}</tool_call>";
    let app = App::new(&[now, &format!("{now}{now}"), now]).await;
    let none = with(asked(), "tool_choice", json!("none"));
    let reply = app.post("/v1/chat/completions", &none).await.json();
    assert_eq!(reply["choices"][0]["message"]["content"], now, "nothing was offered");
    assert_eq!(reply["choices"][0]["finish_reason"], "stop");
    let one = with(asked(), "parallel_tool_calls", json!(false));
    let reply = app.post("/v1/chat/completions", &one).await.json();
    let calls = &reply["choices"][0]["message"]["tool_calls"];
    assert_eq!(calls.as_array().map(Vec::len), Some(1), "{reply}");
    let plain = with(asked(), "tools", json!([]));
    let reply = app.post("/v1/chat/completions", &plain).await.json();
    assert_eq!(reply["choices"][0]["message"]["content"], now);
}

#[tokio::test]
async fn clients_that_know_functions_are_answered_in_their_shape() {
    let app = App::new(&[CALL, CALL]).await;
    let mut body = asked();
    let function = body["tools"][0]["function"].take();
    body["tools"] = Value::Null;
    body["functions"] = json!([function]);
    let reply = app.post("/v1/chat/completions", &body).await.json();
    let choice = &reply["choices"][0];
    assert_eq!(choice["finish_reason"], "function_call", "{reply}");
    let call = json!({"name": "weather", "arguments": "{\"city\": \"Bonn\"}"});
    assert_eq!(choice["message"]["function_call"], call);
    let streamed = app.post("/v1/chat/completions", &with(body, "stream", json!(true))).await;
    let pieces: String = chunks(&streamed)
        .iter()
        .filter_map(|chunk| {
            let call = &chunk["choices"][0]["delta"]["function_call"];
            call["arguments"].as_str().map(str::to_owned)
        })
        .collect();
    assert_eq!(pieces, "{\"city\": \"Bonn\"}");
}

#[tokio::test]
async fn what_a_model_cannot_be_held_to_is_refused_by_name() {
    let app = App::new(&[]).await;
    let image = json!([{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
    ]}]);
    let schema = json!({"name": "n", "schema": {"type": "object"}});
    for (name, value) in [
        ("tool_choice", json!("required")),
        ("tool_choice", json!({"type": "function", "function": {"name": "weather"}})),
        ("response_format", json!({"type": "json_object"})),
        ("response_format", json!({"type": "json_schema", "json_schema": schema})),
        ("response_format", json!({"type": "xml"})),
        ("json_schema", json!({"type": "object"})),
        ("grammar", json!("root ::= \"a\"")),
        ("logit_bias", json!({"5": -100})),
        ("messages", image),
        ("mirostat", json!(2)),
        ("chat_template_kwargs", json!({"date": "today"})),
    ] {
        let reply = app.post("/v1/chat/completions", &with(asked(), name, value)).await;
        reply.error(400, "unsupported_value");
        assert_eq!(reply.json()["error"]["param"], *name);
    }
    for (name, value) in [
        ("tools", json!("weather")),
        ("tool_choice", json!("maybe")),
        ("response_format", json!("json")),
        ("logit_bias", json!({"5": 900})),
    ] {
        let reply = app.post("/v1/chat/completions", &with(asked(), name, value)).await;
        assert_eq!(reply.status.as_u16(), 400, "{name}: {}", reply.text());
        assert_eq!(reply.json()["error"]["param"], *name);
    }
}

#[tokio::test]
async fn what_asks_for_nothing_passes() {
    let app = App::new(&["Hello."; 5]).await;
    for (name, value) in [
        ("logit_bias", json!({"no number": 1})),
        ("typical_p", json!(1)),
        ("dry_multiplier", json!(0)),
        ("mirostat", json!(0)),
        ("chat_template_kwargs", json!({"enable_thinking": false})),
    ] {
        let reply = app.post("/v1/chat/completions", &with(asked(), name, value)).await;
        assert_eq!(reply.status.as_u16(), 200, "{name}: {}", reply.text());
    }
}
