//! `/api/generate`.

use quire_engines::Prompt;
use serde_json::json;

use super::{lines, refused};
use crate::harness::App;

#[tokio::test]
async fn a_text_is_answered_or_continued() {
    let app = App::new(&["One two."; 2]).await;
    let body = json!({"model": "generator", "prompt": "Count.", "system": "Be short."});
    let reply = lines(&app.post("/api/generate", &body).await);
    let text: String = reply.iter().filter_map(|line| line["response"].as_str()).collect();
    assert_eq!(text, "One two.");
    let Some(Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected")
    };
    let said: Vec<_> = chat.messages.iter().map(|message| message.text()).collect();
    assert_eq!(said, ["Be short.", "Count."]);
    let raw = json!({"model": "generator", "prompt": "One,", "raw": true, "stream": false});
    let reply = app.post("/api/generate", &raw).await.json();
    assert_eq!((&reply["response"], &reply["done"]), (&json!("One two."), &json!(true)));
    assert_eq!(app.models.generator.prompts().pop(), Some(Prompt::Text("One,".to_owned())));
}

#[tokio::test]
async fn text_after_the_insertion_is_refused() {
    let app = App::new(&[]).await;
    let body = json!({"model": "generator", "prompt": "One,", "suffix": "three."});
    refused(&app.post("/api/generate", &body).await, 400);
}
