//! What a model hears of a request.

use quire_engines::{ChatMessage, ChatRole, Prompt};
use serde_json::{Value, json};

use super::{With, asks, refused, send};
use crate::harness::App;

async fn heard(body: &Value) -> Vec<ChatMessage> {
    let app = App::new(&["Yes."]).await;
    let reply = send(&app, body).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    match app.models.generator.prompts().pop() {
        Some(Prompt::Chat(chat)) => chat.messages,
        other => panic!("a chat is expected: {other:?}"),
    }
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}})
}

#[tokio::test]
async fn the_system_speaks_first_and_in_between() {
    let first = |messages: &[ChatMessage]| {
        assert_eq!(messages[0].role, ChatRole::System);
        messages[0].text().into_owned()
    };
    let plain = heard(&asks("Hm?").with("system", json!("Be short."))).await;
    assert_eq!(first(&plain), "Be short.");
    let blocks = json!([text("Be short."), text("Be kind.")]);
    assert_eq!(first(&heard(&asks("Hm?").with("system", blocks)).await), "Be short.\n\nBe kind.");
    let between = json!([
        {"role": "user", "content": "Hello."},
        {"role": "system", "content": "Be quick."},
        {"role": "user", "content": [text("Hm?")]},
    ]);
    let messages = heard(&asks("").with("messages", between)).await;
    let said: Vec<_> = messages.iter().map(|message| (message.role, message.text())).collect();
    let expected = [
        (ChatRole::User, "Hello.".into()),
        (ChatRole::System, "Be quick.".into()),
        (ChatRole::User, "Hm?".into()),
    ];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_first_block_that_changes_each_time_does_not_spoil_the_prefix() {
    let ask = |bill: &str| {
        let bill = format!("x-anthropic-billing-header: cc_version=1; cch={bill};");
        asks("Hm?").with("system", json!([text(&bill), text("Be short.")]))
    };
    assert_eq!(heard(&ask("a")).await, heard(&ask("b")).await);
    assert_eq!(heard(&ask("a")).await[0].text(), "Be short.");
}

#[tokio::test]
async fn a_beginning_of_the_answer_is_continued() {
    let messages = json!([
        {"role": "user", "content": "Is it?"},
        {"role": "assistant", "content": "It is"},
    ]);
    let messages = heard(&asks("").with("messages", messages)).await;
    let last = messages.last().expect("a message");
    assert_eq!((last.role, last.text()), (ChatRole::Assistant, "It is".into()));
}

#[tokio::test]
async fn documents_are_read_if_they_are_text() {
    let ask = |source: Value| {
        let document = json!({"type": "document", "title": "Notes", "source": source});
        let content = json!([document, text("What is it about?")]);
        asks("").with("messages", json!([{"role": "user", "content": content}]))
    };
    let plain = json!({"type": "text", "media_type": "text/plain", "data": "The pump is green."});
    let messages = heard(&ask(plain)).await;
    assert_eq!(messages[0].text(), "Notes\n\nThe pump is green.\n\nWhat is it about?");
    let app = App::new(&[]).await;
    let pdf = json!({"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="});
    let told = refused(&send(&app, &ask(pdf)).await, 400, "invalid_request_error");
    assert!(told.contains("collection"), "{told}");
}

#[tokio::test]
async fn an_image_is_refused_by_a_model_that_sees_none() {
    let app = App::new(&[]).await;
    for source in [
        json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}),
        json!({"type": "url", "url": "https://example.org/a.png"}),
    ] {
        let content = json!([{"type": "image", "source": source}, text("What is it?")]);
        let body = asks("").with("messages", json!([{"role": "user", "content": content}]));
        let told = refused(&send(&app, &body).await, 400, "invalid_request_error");
        assert!(told.to_lowercase().contains("image"), "{told}");
    }
}
