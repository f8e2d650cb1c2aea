//! `/api/embed` and `/api/embeddings`.

use serde_json::json;

use crate::harness::App;

#[tokio::test]
async fn texts_become_vectors_in_both_shapes() {
    let app = App::new(&[]).await;
    let body = json!({"model": "embedder", "input": ["a cat", "a dog"], "truncate": true});
    let many = app.post("/api/embed", &body).await.json();
    assert_eq!(many["embeddings"].as_array().map(Vec::len), Some(2), "{many}");
    assert_eq!(many["prompt_eval_count"], 4);
    let one = app.post("/api/embed", &json!({"model": "embedder", "input": "a cat"})).await.json();
    assert_eq!(one["embeddings"][0], many["embeddings"][0]);
    let before = json!({"model": "embedder", "prompt": "a cat"});
    let before = app.post("/api/embeddings", &before).await.json();
    assert_eq!(before["embedding"], many["embeddings"][0]);
}
