//! Tools of servers in `/v1/chat/completions`, which has no items: what was called stands beside the message.

use serde_json::{Value, json};

use super::{Host, call, shown, tools};

fn chat(messages: &Value, require_approval: &str) -> Value {
    json!({"messages": messages, "tools": tools(require_approval)})
}

#[tokio::test]
async fn a_chat_calls_and_goes_on() {
    let said = call("echo", &json!({"text": "hi"}));
    let host = Host::new(&[&said, "It said hi."], json!({"allow": ["*"]})).await;
    let messages = json!([{"role": "user", "content": "Say hi."}]);
    let reply = host.app.post("/v1/chat/completions", &chat(&messages, "never")).await.json();
    let choice = &reply["choices"][0];
    assert_eq!(choice["finish_reason"], "stop", "{reply}");
    assert_eq!(choice["message"]["content"], "It said hi.");
    assert!(choice["message"].get("tool_calls").is_none(), "it has been called here: {reply}");
    let told = &choice["message"]["mcp"][0];
    assert_eq!((&told["type"], &told["output"]), (&json!("mcp_call"), &json!("It says: hi")));
    assert!(reply["usage"]["completion_tokens"].as_u64() > Some(3), "both rounds count: {reply}");
}

#[tokio::test]
async fn a_call_that_waits_is_a_tool_call_until_it_is_approved() {
    let said = call("echo", &json!({"text": "hi"}));
    let host = Host::new(&[&said, "It said hi."], json!({})).await;
    let mut messages = json!([{"role": "user", "content": "Say hi."}]);
    let reply = host.app.post("/v1/chat/completions", &chat(&messages, "always")).await;
    let message = reply.json()["choices"][0]["message"].clone();
    let request = &message["mcp"][0];
    assert_eq!(request["type"], "mcp_approval_request", "{message}");
    assert_eq!(message["tool_calls"][0]["function"]["name"], "test__echo", "{message}");
    assert!(host.called().is_empty());

    messages.as_array_mut().expect("messages").push(message.clone());
    let mut body = chat(&messages, "always");
    body["mcp_approvals"] = json!([{"approval_request_id": request["id"], "approve": true}]);
    let reply = host.app.post("/v1/chat/completions", &body).await.json();
    assert_eq!(reply["choices"][0]["message"]["content"], "It said hi.", "{reply}");
    assert_eq!(shown(&host.app), ["Say hi.", "", "It says: hi"]);
    assert_eq!(host.called(), ["echo"]);
    host.app.post("/v1/chat/completions", &body).await.error(409, "already_answered");
    body["mcp_approvals"] = json!([{"approval_request_id": "mcpr_none", "approve": true}]);
    host.app.post("/v1/chat/completions", &body).await.error(400, "invalid_input");
    assert_eq!(host.called(), ["echo"]);
}

#[tokio::test]
async fn a_stream_tells_the_same() {
    let said = call("echo", &json!({"text": "hi"}));
    let wanted = call("delete_all", &json!({}));
    let host = Host::new(&[&said, &wanted], json!({"allow": ["echo"]})).await;
    let mut body = chat(&json!([{"role": "user", "content": "Say hi."}]), "never");
    body["stream"] = json!(true);
    let reply = host.app.post("/v1/chat/completions", &body).await;
    let events: Vec<Value> =
        reply.events().iter().filter_map(|(_, data)| serde_json::from_str(data).ok()).collect();
    let deltas: Vec<&Value> = events.iter().map(|event| &event["choices"][0]["delta"]).collect();
    let items: Vec<&Value> = deltas.iter().filter_map(|delta| delta["mcp"].get(0)).collect();
    let kinds: Vec<_> = items.iter().map(|item| (&item["type"], &item["index"])).collect();
    let expected = [(&json!("mcp_call"), &json!(0)), (&json!("mcp_approval_request"), &json!(1))];
    assert_eq!(kinds, expected);
    let calls: Vec<&Value> = deltas.iter().filter_map(|delta| delta["tool_calls"].get(0)).collect();
    assert_eq!(calls[0]["function"]["name"], "test__delete_all", "{calls:?}");
    let reasons: Vec<&str> =
        events.iter().filter_map(|event| event["choices"][0]["finish_reason"].as_str()).collect();
    assert_eq!(reasons, ["tool_calls"]);
    assert_eq!(host.called(), ["echo"]);
}

#[tokio::test]
async fn functions_of_the_client_stay_the_clients() {
    let said = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {}}\n</tool_call>";
    let host = Host::new(&[said], json!({"allow": ["*"]})).await;
    let mut body = chat(&json!([{"role": "user", "content": "How warm is it?"}]), "never");
    let weather = json!({"type": "function", "function": {"name": "weather"}});
    body["tools"].as_array_mut().expect("tools").push(weather);
    let reply = host.app.post("/v1/chat/completions", &body).await.json();
    let choice = &reply["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls", "{reply}");
    assert_eq!(choice["message"]["tool_calls"][0]["function"]["name"], "weather");
    body["n"] = json!(2);
    host.app.post("/v1/chat/completions", &body).await.error(400, "unsupported_value");
}
