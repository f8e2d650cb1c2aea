//! `/v1/chat/completions` by a model.

use serde_json::{Value, json};

use super::chunks;
use crate::harness::App;

fn hello() -> Value {
    json!({"messages": [{"role": "user", "content": "Hello"}]})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

#[tokio::test]
async fn a_whole_reply_has_everything_that_clients_read() {
    let app = App::new(&["Good day to you."]).await;
    let reply = app.post("/v1/chat/completions", &hello()).await.json();
    assert_eq!(reply["object"], "chat.completion");
    assert_eq!(reply["model"], "scripted/generator");
    assert!(reply["id"].as_str().expect("an id").starts_with("chatcmpl-"));
    let choice = &reply["choices"][0];
    assert_eq!(choice["message"]["role"], "assistant");
    assert_eq!(choice["message"]["content"], "Good day to you.");
    assert_eq!(choice["finish_reason"], "stop");
    let usage = &reply["usage"];
    assert_eq!(usage["completion_tokens"], 4);
    assert_eq!(
        usage["total_tokens"].as_u64(),
        usage["prompt_tokens"].as_u64().map(|prompt| prompt + 4)
    );
}

#[tokio::test]
async fn a_stream_keeps_the_rules_that_sdks_depend_on() {
    let app = App::new(&["Good day to you."]).await;
    let body = with(hello(), "stream", json!(true));
    let body = with(body, "stream_options", json!({"include_usage": true}));
    let chunks = chunks(&app.post("/v1/chat/completions", &body).await);
    let (usage, message) = chunks.split_last().expect("chunks");
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"]["completion_tokens"], 4);
    let mut text = String::new();
    for (index, chunk) in message.iter().enumerate() {
        assert_eq!(chunk["id"], chunks[0]["id"]);
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(chunk["usage"], Value::Null);
        let delta = &chunk["choices"][0]["delta"];
        assert_eq!(delta.get("role").is_some(), index == 0, "the role comes once");
        if let Some(piece) = delta["content"].as_str() {
            assert_eq!(piece.is_empty(), index == 0, "no empty pieces later");
            text.push_str(piece);
        }
    }
    assert_eq!(text, "Good day to you.");
    assert_eq!(message.last().expect("a chunk")["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn what_a_model_thinks_is_told_beside_its_answer() {
    let reply = "<think>They greet me. </think>Good day to you.";
    let app = App::new(&[reply, reply]).await;
    let whole = app.post("/v1/chat/completions", &hello()).await.json();
    let message = &whole["choices"][0]["message"];
    assert_eq!(message["content"], "Good day to you.");
    assert_eq!(message["reasoning_content"], "They greet me.");
    assert_eq!(whole["usage"]["completion_tokens_details"]["reasoning_tokens"], 3);
    let body = with(hello(), "stream", json!(true));
    let chunks = chunks(&app.post("/v1/chat/completions", &body).await);
    let said = |name: &str| -> String {
        let delta = |chunk: &Value| chunk["choices"][0]["delta"][name].as_str().map(str::to_owned);
        chunks.iter().filter_map(delta).collect()
    };
    assert_eq!(said("content"), "Good day to you.");
    assert_eq!(said("reasoning_content"), "They greet me. ");
}

#[tokio::test]
async fn limits_and_nulls_are_understood() {
    let app = App::new(&["one two three", "one two three"]).await;
    let body = with(hello(), "max_completion_tokens", json!(2));
    let reply = app.post("/v1/chat/completions", &body).await.json();
    assert_eq!(reply["choices"][0]["finish_reason"], "length");
    let nulls = json!({
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        "model": null, "stop": null, "tools": null, "temperature": null, "stream": null,
        "max_tokens": -1, "response_format": null, "seed": -5, "something_new": {"a": 1},
        "stream_options": {"include_usage": true},
    });
    let reply = app.post("/chat/completions", &nulls).await.json();
    assert_eq!(reply["choices"][0]["message"]["content"], "one two three", "{reply}");
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_by_name() {
    let app = App::new(&[]).await;
    for (name, value) in [("suffix", json!("x")), ("best_of", json!(2))] {
        let reply = app.post("/v1/chat/completions", &with(hello(), name, value)).await;
        reply.error(400, "unsupported_value");
        assert_eq!(reply.json()["error"]["param"], *name);
    }
    let invalid = [
        ("temperature", json!(9)),
        ("max_tokens", json!(-7)),
        // Without `logprobs` there is nothing to list alternatives of.
        ("top_logprobs", json!(5)),
    ];
    for (name, value) in invalid {
        let reply = app.post("/v1/chat/completions", &with(hello(), name, value)).await;
        assert_eq!(reply.status.as_u16(), 400);
        assert_eq!(reply.json()["error"]["param"], *name);
    }
}

#[tokio::test]
async fn probabilities_come_with_each_token() {
    let app = App::new(&["one two", "one two"]).await;
    let body = with(with(hello(), "logprobs", json!(true)), "top_logprobs", json!(3));
    let reply = app.post("/v1/chat/completions", &body).await.json();
    let tokens = &reply["choices"][0]["logprobs"]["content"];
    let said: Vec<&str> =
        tokens.as_array().into_iter().flatten().filter_map(|one| one["token"].as_str()).collect();
    assert_eq!(said, ["one ", "two"]);
    assert_eq!(tokens[0]["top_logprobs"][0]["token"], "one ");
    assert_eq!(tokens[0]["bytes"], json!(b"one "));
    let streamed = app.post("/v1/chat/completions", &with(body, "stream", json!(true))).await;
    assert!(streamed.text().contains(r#""logprobs":{"content":[{"token":"one ""#));
}

#[tokio::test]
async fn names_of_models_are_resolved() {
    let app = App::new(&["a", "b", "c", "d"]).await;
    for name in ["scripted/generator", "generator", "gpt-4o-mini", ""] {
        let reply = app.post("/v1/chat/completions", &with(hello(), "model", json!(name))).await;
        assert_eq!(reply.json()["model"], "scripted/generator", "{name}");
    }
    let app = App::new(&["a", "b"]).await;
    for (name, header) in [("claude-opus-9", "scripted/generator"), ("generator", "")] {
        let body = with(hello(), "model", json!(name));
        let reply = app.post("/v1/chat/completions", &body).await;
        assert_eq!(reply.header("x-quire-stand-in"), header, "{name}");
    }
    let body = with(hello(), "model", json!("someone/else"));
    let reply = app.post("/v1/chat/completions", &body).await;
    assert!(reply.error(404, "model_not_found").contains("someone/else"));
}

#[tokio::test]
async fn what_clients_are_known_to_get_wrong_is_read() {
    let app = App::new(&["a b c"; 4]).await;
    for body in [
        r#"{"messages": [{"role": "user", "content": "Hm \ud83d?"}], "max_tokens": 2}"#,
        r#"{"messages": [{"role": "user", "content": "Hm?"}], "max_tokens": 2.0, "seed": 7.0}"#,
        r#"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
            {"role": "assistant", "content": "c"}, {"role": "user", "content": "d"}], "max_tokens": 2}"#,
        r#"{"messages": [{"role": "user", "content": "Hm?"}], "max_tokens": 2, "tools": null,
            "stop": null, "response_format": null, "stream": null, "n": null, "logit_bias": null}"#,
    ] {
        let request = axum::http::Request::post("/v1/chat/completions")
            .header("content-type", "application/json")
            .body(axum::body::Body::from(body));
        let reply = app.send(request.expect("a request")).await;
        assert_eq!(reply.status.as_u16(), 200, "{body}: {}", reply.text());
        assert_eq!(reply.json()["choices"][0]["finish_reason"], "length", "{body}");
    }
}

#[tokio::test]
async fn samplers_of_llama_cpp_reach_the_model() {
    let app = App::new(&["Yes."]).await;
    let mut body = hello();
    for (name, value) in [
        ("typical_p", json!(0.5)),
        ("top_k", json!(7)),
        ("min_p", json!(0.25)),
        ("repeat_penalty", json!(1.5)),
        ("repeat_last_n", json!(-1)),
        ("dry_multiplier", json!(0.5)),
        ("dry_base", json!(2.0)),
        ("dry_allowed_length", json!(3)),
        ("dry_penalty_last_n", json!(100)),
        ("dry_sequence_breakers", json!(["\n"])),
        ("xtc_probability", json!(0.5)),
        ("xtc_threshold", json!(0.25)),
    ] {
        body[name] = value;
    }
    app.post("/v1/chat/completions", &body).await;
    let sampling = app.models.generator.requests().pop().expect("a request").sampling;
    assert_eq!((sampling.typical_p, sampling.top_k, sampling.min_p), (0.5, 7, 0.25));
    assert_eq!((sampling.repeat_penalty, sampling.repeat_last_n), (1.5, -1));
    let dry = sampling.dry.expect("it is on");
    assert_eq!((dry.multiplier, dry.base, dry.allowed_length), (0.5, 2.0, 3));
    assert_eq!((dry.penalty_last_n, dry.sequence_breakers), (100, vec!["\n".to_owned()]));
    assert_eq!(sampling.xtc.map(|xtc| (xtc.probability, xtc.threshold)), Some((0.5, 0.25)));

    let wrong = app.post("/v1/chat/completions", &with(hello(), "dry_base", json!(0.5))).await;
    assert_eq!((wrong.status.as_u16(), &wrong.json()["error"]["param"]), (400, &json!("dry_base")));
}

#[tokio::test]
async fn what_a_full_context_forgets_is_told() {
    let app = App::new(&["Yes."; 4]).await;
    let long = json!({"messages": [{"role": "user", "content": "word ".repeat(5000)}]});
    let refused = app.post("/v1/chat/completions", &long).await;
    refused.error(400, "context_length_exceeded");
    let shifting = with(long, "when_full", json!("shift"));
    let whole = app.post("/v1/chat/completions", &shifting).await.json();
    let told = whole["usage"]["dropped_tokens"].as_u64();
    assert!(told > Some(0), "{whole}");
    // A stream says so without being asked for its account.
    let streamed =
        chunks(&app.post("/v1/chat/completions", &with(shifting, "stream", json!(true))).await);
    let last = streamed.last().expect("a chunk");
    assert_eq!(last["dropped_tokens"].as_u64(), told, "{last}");
    let short = app.post("/v1/chat/completions", &hello()).await.json();
    assert_eq!(short["usage"].get("dropped_tokens"), None);
    let wrong = with(hello(), "when_full", json!("never"));
    assert_eq!(app.post("/v1/chat/completions", &wrong).await.status.as_u16(), 400);
}
