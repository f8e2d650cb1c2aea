//! `/v1/conversations`, and what responses make of them; responses in the background; chats made short.

use quire_engines::Prompt;
use serde_json::{Value, json};

use crate::harness::App;

/// Gives the words of the last prompt, message by message.
fn said(app: &App) -> Vec<String> {
    let Some(Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected")
    };
    chat.messages.iter().map(|message| message.text().into_owned()).collect()
}

fn path(thing: &Value, kind: &str) -> String {
    format!("/v1/{kind}/{}", thing["id"].as_str().expect("an identifier"))
}

#[tokio::test]
async fn a_conversation_grows_by_what_is_said_in_it() {
    let app = App::new(&["Hello, Ada.", "Tea."]).await;
    let items = json!([{"type": "message", "role": "user", "content": "I am Ada."}]);
    let made = app
        .post("/v1/conversations", &json!({"items": items, "metadata": {"a": "b"}}))
        .await
        .json();
    assert_eq!((&made["object"], &made["metadata"]), (&json!("conversation"), &json!({"a": "b"})));
    let ask = |input: &str, conversation: Value| {
        let (app, body) = (
            &app,
            json!({"input": input, "conversation": conversation, "instructions": "Be kind."}),
        );
        async move { app.post("/v1/responses", &body).await.json() }
    };
    let first = ask("Say hello.", made["id"].clone()).await;
    assert_eq!(first["conversation"]["id"], made["id"], "{first}");
    ask("And what do I drink?", json!({"id": made["id"]})).await;
    assert_eq!(
        said(&app),
        ["Be kind.", "I am Ada.", "Say hello.", "Hello, Ada.", "And what do I drink?"]
    );
    let place = path(&made, "conversations");
    let listed = app.get(&format!("{place}/items?order=asc")).await.json();
    let words: Vec<&Value> = listed["data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| &item["content"][0]["text"])
        .collect();
    assert_eq!(words, ["I am Ada.", "Say hello.", "Hello, Ada.", "And what do I drink?", "Tea."]);
    let newest = app.get(&format!("{place}/items?limit=1")).await.json();
    assert_eq!(
        (&newest["data"][0]["content"][0]["text"], &newest["has_more"]),
        (&json!("Tea."), &json!(true))
    );
    let item = format!("{place}/items/{}", newest["last_id"].as_str().expect("an identifier"));
    assert_eq!(app.get(&item).await.json(), newest["data"][0]);
    assert_eq!(app.delete(&item).await.json(), made);
    app.get(&item).await.error(404, "not_found");
    let changed = app.post(&place, &json!({"metadata": {"c": "d"}})).await.json();
    assert_eq!(changed["metadata"], json!({"c": "d"}));
    assert_eq!(app.delete(&place).await.json()["object"], "conversation.deleted");
    app.get(&place).await.error(404, "not_found");
    let lost = json!({"input": "Hm?", "conversation": made["id"]});
    app.post("/v1/responses", &lost).await.error(404, "not_found");
}

#[tokio::test]
async fn what_a_conversation_cannot_hold_is_refused_by_place() {
    let app = App::new(&[]).await;
    let reply = app.post("/v1/conversations", &json!({"items": [{"type": "sound"}]})).await;
    assert_eq!(reply.json()["error"]["param"], "items[0]", "{}", reply.text());
    let both = json!({"input": "Hm?", "conversation": "conv_1", "previous_response_id": "resp_1"});
    assert_eq!(app.post("/v1/responses", &both).await.json()["error"]["param"], "conversation");
    let unkept = json!({"input": "Hm?", "background": true, "store": false});
    assert_eq!(app.post("/v1/responses", &unkept).await.json()["error"]["param"], "store");
    let streamed = json!({"input": "Hm?", "background": true, "stream": true});
    assert_eq!(app.post("/v1/responses", &streamed).await.json()["error"]["param"], "stream");
}

#[tokio::test]
async fn a_response_in_the_background_is_shown_until_it_is_complete() {
    let app = App::new(&["Hello."]).await;
    let begun =
        app.post("/v1/responses", &json!({"input": "Hi.", "background": true})).await.json();
    assert_eq!((&begun["status"], &begun["background"]), (&json!("in_progress"), &json!(true)));
    let place = path(&begun, "responses");
    let mut shown = begun;
    while shown["status"] == "in_progress" {
        shown = app.get(&place).await.json();
    }
    assert_eq!(shown["output"][0]["content"][0]["text"], "Hello.", "{shown}");
    assert_eq!(shown["model"], "scripted/generator");
    let late = app.post(&format!("{place}/cancel"), &json!({})).await;
    assert!(late.error(400, "invalid_input").contains("completed"));
}

#[tokio::test]
async fn a_response_in_the_background_is_cancelled() {
    let app = App::new(&[]).await;
    app.models.generator.hold();
    let begun =
        app.post("/v1/responses", &json!({"input": "Hi.", "background": true})).await.json();
    let place = path(&begun, "responses");
    assert_eq!(app.get(&place).await.json()["status"], "in_progress");
    let cancelled = app.post(&format!("{place}/cancel"), &json!({})).await.json();
    assert_eq!(cancelled["status"], "cancelled", "{cancelled}");
    app.models.generator.abandoned().await;
    assert_eq!(app.get(&place).await.json()["status"], "cancelled");
}

#[tokio::test]
async fn a_response_that_was_cancelled_stays_so_and_one_that_was_deleted_is_gone() {
    let app = App::new(&[]).await;
    app.models.generator.hold();
    let begin = || async {
        let begun = app.post("/v1/responses", &json!({"input": "Hi.", "background": true})).await;
        path(&begun.json(), "responses")
    };
    let place = begin().await;
    let first = app.post(&format!("{place}/cancel"), &json!({})).await.json();
    let again = app.post(&format!("{place}/cancel"), &json!({})).await.json();
    assert_eq!((&first["status"], &again), (&json!("cancelled"), &first));
    let place = begin().await;
    assert_eq!(app.delete(&place).await.json()["deleted"], true);
    app.models.generator.abandoned().await;
    app.get(&place).await.error(404, "previous_response_not_found");
}

#[tokio::test]
async fn completion_and_cancellation_at_once_end_in_one_state() {
    let app = App::new(&["Hello."; 20]).await;
    for _ in 0..20 {
        let begun =
            app.post("/v1/responses", &json!({"input": "Hi.", "background": true})).await.json();
        let place = path(&begun, "responses");
        let cancelled = app.post(&format!("{place}/cancel"), &json!({})).await;
        let expected = if cancelled.status.is_success() { "cancelled" } else { "completed" };
        for _ in 0..10 {
            assert_eq!(app.get(&place).await.json()["status"], expected);
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_response_that_failed_is_no_part_of_its_conversation() {
    let app = App::new(&["Hello."]).await;
    let made = app.post("/v1/conversations", &json!({})).await.json();
    let long = "word ".repeat(5000);
    let body = json!({"input": long, "background": true, "conversation": made["id"]});
    let begun = app.post("/v1/responses", &body).await.json();
    let place = path(&begun, "responses");
    let mut shown = begun;
    while shown["status"] == "in_progress" {
        shown = app.get(&place).await.json();
    }
    assert_eq!(shown["status"], "failed", "{shown}");
    let items = format!("{}/items", path(&made, "conversations"));
    assert_eq!(app.get(&items).await.json()["data"], json!([]));
    // What is asked next is answered as if that had not been.
    let body = json!({"input": "Hi.", "conversation": made["id"]});
    assert_eq!(app.post("/v1/responses", &body).await.json()["status"], "completed");
    assert_eq!(said(&app), ["Hi."]);
}

#[tokio::test]
async fn a_chat_that_was_made_short_goes_on() {
    let app = App::new(&["Hello.", "Ada wants tea.", "Here it is."]).await;
    let first = app.post("/v1/responses", &json!({"input": "I am Ada and want tea."})).await.json();
    let body = json!({"model": "gpt-4o", "previous_response_id": first["id"]});
    let short = app.post("/v1/responses/compact", &body).await.json();
    assert_eq!(short["object"], "response.compaction", "{short}");
    assert_eq!(short["output"][0]["type"], "compaction", "{short}");
    let mut input = short["output"].as_array().expect("items").clone();
    input.push(json!({"role": "user", "content": "Where is it?"}));
    app.post("/v1/responses", &json!({"input": input})).await;
    let heard = said(&app);
    assert!(heard[0].ends_with("Ada wants tea."), "{heard:?}");
    assert_eq!(heard[1..], ["Where is it?"]);
    app.post("/v1/responses/compact", &json!({"input": "Hm."})).await.error(400, "invalid_input");
    let foreign = json!({"input": [{"type": "compaction", "encrypted_content": "?"}, {"role": "user", "content": "Hm?"}]});
    assert_eq!(app.post("/v1/responses", &foreign).await.json()["error"]["param"], "input[0]");
}

#[tokio::test]
async fn a_response_tells_how_likely_its_tokens_were() {
    let app = App::new(&["one two"]).await;
    let body =
        json!({"input": "Count.", "include": ["message.output_text.logprobs"], "top_logprobs": 2});
    let reply = app.post("/v1/responses", &body).await.json();
    let tokens = reply["output"][0]["content"][0]["logprobs"].as_array().expect("tokens");
    let said: Vec<&str> = tokens.iter().filter_map(|one| one["token"].as_str()).collect();
    assert_eq!(said, ["one ", "two"], "{reply}");
    assert_eq!(
        (&tokens[0]["top_logprobs"][0]["token"], &reply["top_logprobs"]),
        (&json!("one "), &json!(2))
    );
}
