//! The tool `file_search`: answers that rest on files, by responses and in chats.

use serde_json::{Value, json};

use super::{PUMP, TANK, filled};
use crate::harness::App;

const QUESTION: &str = "At how many hertz does the pump run, and who made it?";
const ANSWER: &str = "The pump runs at 50 hertz [1]. It was made by Ada.";

async fn plant() -> (App, Value, Vec<String>) {
    let app = App::new(&[ANSWER; 2]).await;
    let (store, files) = filled(&app, "plant", &[("pump.md", PUMP), ("tank.md", TANK)]).await;
    (app, store, files)
}

fn tool(store: &Value) -> Value {
    json!([{"type": "file_search", "vector_store_ids": [store["id"]], "max_num_results": 5}])
}

/// Asserts that an annotation leads to the file, and that its quote is what the file says.
fn check_citation(citation: &Value, file: &str, text: &str) {
    assert_eq!((&citation["file_id"], &citation["filename"]), (&json!(file), &json!("pump.md")));
    assert_eq!(citation["quote"], "The pump runs at 50 hertz", "{citation}");
    let index = citation["index"].as_u64().expect("a place") as usize;
    assert!(text.chars().skip(index).collect::<String>().starts_with("[1]"), "{citation}");
}

#[tokio::test]
async fn a_response_searches_files_and_cites_them() {
    let (app, store, files) = plant().await;
    let body =
        json!({"input": QUESTION, "tools": tool(&store), "include": ["file_search_call.results"]});
    let reply = app.post("/v1/responses", &body).await.json();
    assert_eq!(
        (&reply["status"], &reply["model"]),
        (&json!("completed"), &json!("scripted/generator")),
        "{reply}"
    );
    let call = &reply["output"][0];
    assert_eq!((&call["type"], &call["status"]), (&json!("file_search_call"), &json!("completed")));
    assert_eq!(call["queries"], json!([QUESTION]));
    assert_eq!(call["results"][0]["file_id"], files[0], "{call}");
    assert!(call["results"][0]["text"].as_str().is_some_and(|text| text.contains("50 hertz")));
    let part = &reply["output"][1]["content"][0];
    let text = part["text"].as_str().expect("a text");
    assert_eq!(part["annotations"][0]["type"], "file_citation", "{part}");
    check_citation(&part["annotations"][0], &files[0], text);
    // A later request goes on with it.
    let next = json!({"input": "Thanks.", "previous_response_id": reply["id"], "tools": tool(&store), "tool_choice": "none"});
    let next = app.post("/v1/responses", &next).await.json();
    assert_eq!(next["output"][0]["type"], "message", "no file is searched: {next}");
}

#[tokio::test]
async fn a_stream_tells_of_the_search_before_the_words() {
    let (app, store, files) = plant().await;
    let body = json!({"input": QUESTION, "tools": tool(&store), "stream": true});
    let reply = app.post("/v1/responses", &body).await;
    let events: Vec<Value> =
        reply.events().iter().filter_map(|(_, data)| serde_json::from_str(data).ok()).collect();
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    let begin = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.file_search_call.in_progress",
        "response.file_search_call.searching",
        "response.file_search_call.completed",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.annotation.added",
    ];
    assert_eq!(kinds[..begin.len()], begin, "{kinds:?}");
    assert_eq!(kinds.last(), Some(&"response.completed"));
    let search = &events[3];
    assert_eq!(
        (&search["output_index"], &search["item_id"]),
        (&json!(0), &events[2]["item"]["id"])
    );
    assert!(events[6]["item"]["results"].is_null(), "they are told only if they are asked for");
    check_citation(
        &events[10]["annotation"],
        &files[0],
        events[9]["delta"].as_str().expect("words"),
    );
    let raw = reply.text();
    let first = raw.lines().next().expect("a line");
    assert_eq!(first, "event: response.created", "an event is named before its data");
}

#[tokio::test]
async fn a_chat_searches_files_too() {
    let (app, store, files) = plant().await;
    let body = json!({"messages": [{"role": "user", "content": QUESTION}], "tools": tool(&store)});
    let message =
        app.post("/v1/chat/completions", &body).await.json()["choices"][0]["message"].clone();
    let citation = &message["annotations"][0];
    assert_eq!(citation["type"], "file_citation", "{message}");
    check_citation(
        &citation["file_citation"],
        &files[0],
        message["content"].as_str().expect("a text"),
    );
}

#[tokio::test]
async fn filters_limit_what_an_answer_rests_on() {
    let (app, store, files) = plant().await;
    let mut tools = tool(&store);
    tools[0]["filters"] = json!({"type": "eq", "key": "filename", "value": "tank.md"});
    let body = json!({"input": QUESTION, "tools": tools, "include": ["file_search_call.results"]});
    let reply = app.post("/v1/responses", &body).await.json();
    let results = reply["output"][0]["results"].as_array().expect("results");
    assert!(results.iter().all(|one| one["file_id"] == files[1]), "{reply}");
    let mut cited =
        reply["output"].as_array().into_iter().flatten().flat_map(|item| {
            item["content"][0]["annotations"].as_array().cloned().unwrap_or_default()
        });
    assert!(cited.all(|one| one["file_id"] == files[1]), "{reply}");
}

#[tokio::test]
async fn what_cannot_be_searched_is_refused_by_place() {
    let (app, store, _) = plant().await;
    let function = json!({"type": "function", "name": "f"});
    for (tools, param) in [
        (json!([{"type": "file_search"}]), "tools[0]"),
        (json!([{"type": "file_search", "vector_store_ids": []}]), "tools[0]"),
        (json!([{"type": "file_search", "vector_store_ids": ["vs_none"]}]), "tools"),
        (json!([tool(&store)[0], function]), "tools"),
    ] {
        let reply = app.post("/v1/responses", &json!({"input": "Hm?", "tools": tools})).await;
        assert!(reply.status.is_client_error(), "{tools}: {}", reply.text());
        assert_eq!(reply.json()["error"]["param"], param, "{tools}");
    }
}
