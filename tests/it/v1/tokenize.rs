//! `/tokenize` and `/detokenize`.

use serde_json::json;

use crate::harness::App;

#[tokio::test]
async fn text_is_cut_and_put_together() {
    let app = App::new(&[]).await;
    // In the scripted model a token is a character, and 1 begins a prompt.
    for (body, tokens) in [
        (json!({"content": "Hi"}), json!([72, 105])),
        (json!({"content": "Hi", "add_special": true}), json!([1, 72, 105])),
        (
            json!({"content": "Hi", "with_pieces": true}),
            json!([{"id": 72, "piece": "H"}, {"id": 105, "piece": "i"}]),
        ),
        (json!({"prompt": "Hi"}), json!([1, 72, 105])),
        (json!({"prompt": "Hi", "add_special_tokens": false}), json!([72, 105])),
    ] {
        let reply = app.post("/tokenize", &body).await.json();
        assert_eq!(reply["tokens"], tokens, "{body}");
        assert_eq!(reply["count"].as_u64(), tokens.as_array().map(|all| all.len() as u64));
    }
    let told = json!({"prompt": "Hi", "add_special_tokens": false, "return_token_strs": true});
    assert_eq!(app.post("/v1/tokenize", &told).await.json()["token_strs"], json!(["H", "i"]));
    let text = app.post("/detokenize", &json!({"tokens": [72, 105]})).await.json();
    assert_eq!((&text["content"], &text["prompt"]), (&json!("Hi"), &json!("Hi")));
    let unknown = app.post("/detokenize", &json!({"tokens": [4_000_000_000_u32]})).await;
    assert_eq!(unknown.json()["error"]["param"], "tokens", "{}", unknown.text());
    assert_eq!(app.post("/tokenize", &json!({})).await.json()["error"]["param"], "content");
}
