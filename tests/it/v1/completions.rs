//! `/v1/completions`.

use serde_json::json;

use super::chunks;
use crate::harness::App;

#[tokio::test]
async fn prompts_of_every_shape_are_continued() {
    let app = App::new(&["a b", "c", "d", "e"]).await;
    let one = app.post("/v1/completions", &json!({"prompt": "Once", "echo": true})).await.json();
    assert_eq!(one["object"], "text_completion");
    assert_eq!(one["choices"][0]["text"], "Oncea b");
    let two = app.post("/v1/completions", &json!({"prompt": ["x", "y"]})).await.json();
    let texts: Vec<_> = (0..2)
        .map(|index| {
            (two["choices"][index]["index"].clone(), two["choices"][index]["text"].clone())
        })
        .collect();
    assert_eq!(texts, [(json!(0), json!("c")), (json!(1), json!("d"))]);
    let tokens = app.post("/v1/completions", &json!({"prompt": [1, 2, 3]})).await.json();
    assert_eq!(tokens["usage"]["prompt_tokens"], 3, "{tokens}");
}

#[tokio::test]
async fn sixteen_tokens_are_the_default_limit() {
    let long = "word ".repeat(40);
    let app = App::new(&[&long]).await;
    let reply = app.post("/completions", &json!({"prompt": "Once"})).await.json();
    assert_eq!(reply["usage"]["completion_tokens"], 16);
    assert_eq!(reply["choices"][0]["finish_reason"], "length");
}

#[tokio::test]
async fn streams_name_the_prompt_of_each_piece() {
    let app = App::new(&["a b", "c"]).await;
    let body =
        json!({"prompt": ["x", "y"], "stream": true, "stream_options": {"include_usage": true}});
    let chunks = chunks(&app.post("/v1/completions", &body).await);
    let text = |index: usize| -> String {
        let choices = chunks.iter().map(|chunk| &chunk["choices"][0]);
        choices
            .filter(|choice| choice["index"] == index)
            .filter_map(|c| c["text"].as_str())
            .collect()
    };
    assert_eq!((text(0).as_str(), text(1).as_str()), ("a b", "c"));
    assert_eq!(chunks.last().expect("a chunk")["usage"]["completion_tokens"], 3);
}

#[tokio::test]
async fn an_empty_prompt_is_refused() {
    let app = App::new(&[]).await;
    for body in [json!({}), json!({"prompt": []}), json!({"prompt": [[]]})] {
        let reply = app.post("/v1/completions", &body).await;
        assert_eq!(reply.status.as_u16(), 400, "{body}");
        assert_eq!(reply.json()["error"]["param"], "prompt");
    }
}
