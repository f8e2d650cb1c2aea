//! `/v1/embeddings`.

use serde_json::{Value, json};

use crate::harness::App;

#[tokio::test]
async fn vectors_come_in_order_as_numbers_or_base64() {
    let app = App::new(&[]).await;
    let texts = json!(["first words", "other things", ""]);
    let floats = app.post("/v1/embeddings", &json!({"input": texts})).await.json();
    let body =
        json!({"input": texts, "encoding_format": "base64", "model": "text-embedding-3-small"});
    let encoded = app.post("/v1/embeddings", &body).await.json();
    assert_eq!(floats["model"], "scripted/embedder");
    assert_eq!(floats["usage"]["prompt_tokens"], 4);
    for index in 0..3 {
        let (float, text) = (&floats["data"][index], &encoded["data"][index]);
        assert_eq!(float["index"], index);
        let numbers: Vec<f32> = float["embedding"]
            .as_array()
            .expect("numbers")
            .iter()
            .map(|number| number.as_f64().expect("a number") as f32)
            .collect();
        let length: f32 = numbers.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
        // 64 numbers of 4 bytes in base64.
        assert_eq!(text["embedding"].as_str().map(str::len), Some(344), "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_embedded_is_refused() {
    let app = App::new(&[]).await;
    let cases: [(Value, &str); 6] = [
        (json!({"input": []}), "input"),
        (json!({}), "input"),
        (json!({"input": [1, 4_000_000]}), "input"),
        (json!({"input": [[1, 2], []]}), "input"),
        (json!({"input": "a", "dimensions": 7}), "dimensions"),
        (json!({"input": "a", "encoding_format": "int8"}), "encoding_format"),
    ];
    for (body, param) in cases {
        let reply = app.post("/v1/embeddings", &body).await;
        assert_eq!(reply.status.as_u16(), 400, "{body}");
        assert_eq!(reply.json()["error"]["param"], param, "{body}");
    }
    let tokens = app.post("/v1/embeddings", &json!({"input": [-1, 2]})).await;
    assert!(tokens.error(400, "unsupported_value").contains("check_embedding_ctx_length"));
    let native = app.post("/v1/embeddings", &json!({"input": "a", "dimensions": 64})).await;
    assert_eq!(native.status.as_u16(), 200);
}

#[tokio::test]
async fn tokens_of_openai_are_read_as_the_words_that_they_are() {
    let app = App::new(&[]).await;
    let embed = |input: Value| {
        let (app, body) = (&app, json!({"input": input}));
        async move { app.post("/v1/embeddings", &body).await.json()["data"].clone() }
    };
    let words = embed(json!(["Hello world"])).await;
    assert_eq!(embed(json!([[9906, 1917]])).await, words);
    assert_eq!(embed(json!([9906, 1917])).await, words, "of one text");
}
