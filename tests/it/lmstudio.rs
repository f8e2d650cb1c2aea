//! LM Studio's REST APIs: `/api/v0`, and its own at `/api/v1`; and the protocol of its SDKs.

mod calls;
mod downloads;
mod sdk;
pub mod socket;

use std::fmt::Write as _;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use insta::assert_snapshot;
use quire_server::HttpOptions;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::harness::App;

#[tokio::test]
async fn the_older_api_is_openais_with_statistics() {
    let app = App::new(&["It is 12 degrees."; 2]).await;
    let models = app.get("/api/v0/models").await.json();
    let model = &models["data"][1];
    assert_eq!((&model["id"], &model["type"]), (&json!("scripted/generator"), &json!("llm")));
    assert_eq!((&model["publisher"], &model["state"]), (&json!("scripted"), &json!("not-loaded")));
    assert_eq!(app.get("/api/v0/models/scripted/generator").await.json(), *model);
    app.get("/api/v0/models/none").await.error(404, "model_not_found");
    let mut body = json!({"messages": [{"role": "user", "content": "How warm is it?"}]});
    let reply = app.post("/api/v0/chat/completions", &body).await.json();
    assert_eq!(reply["choices"][0]["message"]["content"], "It is 12 degrees.");
    assert_eq!(reply["stats"]["stop_reason"], "eosFound", "{reply}");
    body["stream"] = json!(true);
    let reply = app.post("/api/v0/chat/completions", &body).await.text();
    assert!(reply.contains(r#""stats":{"tokens_per_second""#), "{reply}");
    let plain = App::new(&["Yes."]).await.post("/v1/chat/completions", &body).await.text();
    assert!(!plain.contains("stats"), "OpenAI's clients did not ask for it");
}

#[tokio::test]
async fn models_are_listed_loaded_and_unloaded() {
    let app = App::new(&[]).await;
    let instances = async || {
        let list = app.get("/api/v1/models").await.json();
        let models = list["models"].as_array().expect("a list").clone();
        let chat = models.into_iter().find(|model| model["type"] == "llm").expect("a chat model");
        assert_eq!(chat["key"], "scripted/generator");
        chat["loaded_instances"].as_array().expect("instances").len()
    };
    assert_eq!(instances().await, 0);
    let loaded =
        app.post("/api/v1/models/load", &json!({"model": "scripted/generator"})).await.json();
    assert_eq!((&loaded["status"], &loaded["type"]), (&json!("loaded"), &json!("llm")), "{loaded}");
    assert_eq!(instances().await, 1);
    let unload = json!({"instance_id": loaded["instance_id"]});
    assert_eq!(app.post("/api/v1/models/unload", &unload).await.json(), unload);
    assert_eq!(instances().await, 0);
    let there = app.post("/api/v1/models/download", &json!({"model": "scripted/generator"})).await;
    assert_eq!(there.json()["status"], "already_downloaded");
    for (path, body) in
        [("load", json!({"model": "none"})), ("unload", json!({"instance_id": "none"}))]
    {
        let reply = app.post(&format!("/api/v1/models/{path}"), &body).await;
        assert_eq!(reply.json()["error"]["type"], "model_not_found", "{}", reply.text());
    }
    let job = app.get("/api/v1/models/download/status/1").await.json();
    assert_eq!(job["error"]["type"], "job_not_found", "{job}");
}

#[tokio::test]
async fn a_chat_is_kept_and_gone_on_with() {
    let app = App::new(&["Hello.", "You said hi."]).await;
    let first = json!({"input": "Hi.", "system_prompt": "Be kind."});
    let first = app.post("/api/v1/chat", &first).await.json();
    assert_eq!(first["output"], json!([{"type": "message", "content": "Hello."}]), "{first}");
    assert_eq!(first["model_instance_id"], "scripted/generator");
    assert_eq!(first["stats"]["total_output_tokens"], 1);
    let id = first["response_id"].as_str().expect("an identifier");
    let next = json!({"input": "What did I say?", "previous_response_id": id, "store": false});
    // Another server on the same data: what is kept is not in its memory.
    let restarted = quire_server::router(app.services.clone(), HttpOptions::default());
    let request = Request::post("/api/v1/chat")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Body::from(next.to_string()))
        .expect("a request");
    let next = restarted.oneshot(request).await.expect("a router answers");
    let next = to_bytes(next.into_body(), 1 << 20).await.expect("a whole body");
    let next: Value = serde_json::from_slice(&next).expect("JSON");
    assert!(next.get("response_id").is_none(), "{next}");
    let prompts = app.models.generator.prompts();
    let Some(quire_engines::Prompt::Chat(chat)) = prompts.last() else { panic!("a chat") };
    let said: Vec<_> = chat.messages.iter().map(|message| message.text()).collect();
    assert_eq!(said, ["Be kind.", "Hi.", "Hello.", "What did I say?"]);
    let unknown = json!({"input": "Hm?", "previous_response_id": "resp_none"});
    let refused = app.post("/api/v1/chat", &unknown).await;
    assert_eq!(refused.status.as_u16(), 404);
    assert_eq!(refused.json()["error"]["code"], "previous_response_not_found");
}

#[tokio::test]
async fn a_streamed_chat_ends_with_the_whole() {
    let app = App::new(&["It is 12 degrees."]).await;
    let body = json!({"input": "How warm is it?", "stream": true});
    let reply = app.post("/api/v1/chat", &body).await;
    let mut shown = String::new();
    for (name, data) in reply.events() {
        let mut data: Value = serde_json::from_str(&data).expect("JSON");
        assert_eq!(data["type"], *name, "an event is named by its type");
        if let Some(result) = data.get_mut("result") {
            result["stats"] = json!("[redacted]");
            result["response_id"] = json!("[id]");
        }
        let _ = writeln!(shown, "{name} {data}");
    }
    assert_snapshot!("lmstudio_chat", shown);
}
