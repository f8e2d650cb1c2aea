//! A collection as a model.

use serde_json::{Value, json};

use super::chunks;
use crate::harness::App;

const PUMP: &[u8] = b"# Pump\n\nThe pump runs at 50 hertz. It weighs nine kilograms.\n";
const ANSWER: &str = "The pump runs at 50 hertz [1]. It weighs nine kilograms [1].";

async fn plant() -> App {
    let app = App::new(&[ANSWER]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    app
}

fn question() -> Value {
    json!({
        "model": "collection/plant",
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "At how many hertz does the pump run, and what does it weigh?"},
        ],
    })
}

fn assert_annotated(content: &str, annotations: &Value) {
    let points: Vec<char> = content.chars().collect();
    let annotations = annotations.as_array().expect("annotations");
    assert!(!annotations.is_empty(), "{content}");
    for annotation in annotations {
        assert_eq!(annotation["type"], "url_citation");
        let citation = &annotation["url_citation"];
        let at = |name: &str| citation[name].as_u64().expect("a number") as usize;
        let mark: String = points[at("start_index")..at("end_index")].iter().collect();
        assert!(mark.starts_with('[') && mark.ends_with(']'), "`{mark}` in `{content}`");
        let url = citation["url"].as_str().expect("a link");
        assert!(url.starts_with("http://127.0.0.1:1234/"), "{url}");
    }
}

#[tokio::test]
async fn a_collection_answers_with_annotations() {
    let app = plant().await;
    let reply = app.post("/v1/chat/completions", &question()).await.json();
    assert_eq!(reply["model"], "collection/plant");
    let message = &reply["choices"][0]["message"];
    let content = message["content"].as_str().expect("text");
    assert!(content.starts_with("The pump runs at 50 hertz. [1]"), "{content}");
    assert_annotated(content, &message["annotations"]);
    assert_eq!(message["quire"]["answered"], true);
    assert_eq!(message["quire"]["citations"][0]["document"]["path"], "pump.md");
}

#[tokio::test]
async fn a_streamed_answer_says_the_same_and_annotates_before_the_end() {
    let whole = plant().await.post("/v1/chat/completions", &question()).await.json();
    let mut body = question();
    body["stream"] = json!(true);
    let reply = plant().await.post("/v1/chat/completions", &body).await;
    let chunks = chunks(&reply);
    let deltas: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    let text: String = deltas.iter().filter_map(|delta| delta["content"].as_str()).collect();
    assert_eq!(whole["choices"][0]["message"]["content"], *text);
    let last = deltas[deltas.len() - 2];
    assert_annotated(&text, &last["annotations"]);
    assert_eq!(chunks.last().expect("a chunk")["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn the_last_message_must_be_a_question() {
    let app = plant().await;
    let mut body = question();
    body["messages"] = json!([{"role": "assistant", "content": "Hm."}]);
    let reply = app.post("/v1/chat/completions", &body).await;
    reply.error(400, "invalid_input");
    assert_eq!(reply.json()["error"]["param"], "messages");
}
