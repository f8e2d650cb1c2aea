//! Several choices of one prompt, and text between two.

use quire_engines::Prompt;
use serde_json::{Value, json};

use super::chunks;
use crate::harness::App;

fn chat(choices: u32) -> Value {
    json!({"messages": [{"role": "user", "content": "Say a number."}], "n": choices, "seed": 5})
}

#[tokio::test]
async fn a_chat_has_as_many_choices_as_are_asked_for() {
    let app = App::new(&["one", "two two"]).await;
    let reply = app.post("/v1/chat/completions", &chat(2)).await.json();
    let said: Vec<_> = (0..2)
        .map(|at| {
            let choice = &reply["choices"][at];
            (choice["index"].clone(), choice["message"]["content"].clone())
        })
        .collect();
    assert_eq!(said, [(json!(0), json!("one")), (json!(1), json!("two two"))], "{reply}");
    let requests = app.models.generator.requests();
    assert_eq!(requests[0].prompt, requests[1].prompt);
    assert_ne!(requests[0].sampling.seed, requests[1].sampling.seed, "or both were the same");
    // The prompt is read once and counts once.
    let alone = App::new(&["one"]).await.post("/v1/chat/completions", &chat(1)).await.json();
    assert_eq!(reply["usage"]["prompt_tokens"], alone["usage"]["prompt_tokens"]);
    assert_eq!(reply["usage"]["completion_tokens"], 3);
    let many = app.post("/v1/chat/completions", &chat(17)).await;
    assert_eq!(many.json()["error"]["param"], "n", "{}", many.text());
}

#[tokio::test]
async fn choices_are_streamed_side_by_side() {
    let app = App::new(&["one", "two"]).await;
    let mut body = chat(2);
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let chunks = chunks(&app.post("/v1/chat/completions", &body).await);
    for (index, expected) in [(0, "one"), (1, "two")] {
        let of_choice: Vec<&Value> = chunks
            .iter()
            .map(|chunk| &chunk["choices"][0])
            .filter(|choice| choice["index"] == index)
            .collect();
        let text: String =
            of_choice.iter().filter_map(|choice| choice["delta"]["content"].as_str()).collect();
        let roles =
            of_choice.iter().filter(|choice| choice["delta"]["role"] == "assistant").count();
        let ends = of_choice.iter().filter(|choice| choice["finish_reason"] == "stop").count();
        assert_eq!((text.as_str(), roles, ends), (expected, 1, 1), "{of_choice:?}");
    }
    assert_eq!(chunks.last().expect("a chunk")["usage"]["completion_tokens"], 2);
}

#[tokio::test]
async fn a_text_has_choices_and_the_best_of_more() {
    let app = App::new(&["a", "b", "c", "d", "e", "f g"]).await;
    let two = app.post("/v1/completions", &json!({"prompt": ["x", "y"], "n": 2})).await.json();
    let said: Vec<_> = (0..4).map(|at| two["choices"][at]["text"].clone()).collect();
    assert_eq!(said, ["a", "b", "c", "d"], "{two}");
    let best = app.post("/v1/completions", &json!({"prompt": "x", "best_of": 2})).await.json();
    assert_eq!(best["choices"].as_array().map(Vec::len), Some(1), "{best}");
    assert_eq!(best["usage"]["completion_tokens"], 3, "all that was made counts");
    for (name, value) in [("best_of", json!(1)), ("n", json!(0)), ("logprobs", json!("many"))] {
        let mut body = json!({"prompt": "x", "n": 2});
        body[name] = value;
        let reply = app.post("/v1/completions", &body).await;
        assert_eq!(reply.json()["error"]["param"], name, "{}", reply.text());
    }
}

#[tokio::test]
async fn a_text_tells_how_likely_its_tokens_were() {
    let app = App::new(&["one two"; 2]).await;
    let body = json!({"prompt": "x", "logprobs": 1});
    let told = app.post("/v1/completions", &body).await.json()["choices"][0]["logprobs"].clone();
    assert_eq!((&told["tokens"], &told["text_offset"]), (&json!(["one ", "two"]), &json!([0, 4])));
    assert_eq!(told["top_logprobs"][1], json!({"two": 0.0}), "{told}");
}

#[tokio::test]
async fn a_text_is_filled_in_by_models_that_can() {
    let app = App::new(&["return"]).await;
    let body = json!({"prompt": "fn f() { ", "suffix": " }"});
    let refused = app.post("/v1/completions", &body).await;
    assert!(refused.error(400, "unsupported_value").contains("scripted/generator"));
    assert_eq!(refused.json()["error"]["param"], "suffix");
    app.models.generator.fill_in();
    let filled = app.post("/v1/completions", &body).await.json();
    assert_eq!(filled["choices"][0]["text"], "return", "{filled}");
    let prompt = app.models.generator.prompts().pop().expect("a prompt");
    assert_eq!(prompt, Prompt::Text("<before>fn f() { <after> }<between>".to_owned()));
}
