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
    for (tools, param) in [
        (json!([{"type": "file_search"}]), "tools[0]"),
        (json!([{"type": "file_search", "vector_store_ids": []}]), "tools[0]"),
        (json!([{"type": "file_search", "vector_store_ids": ["vs_none"]}]), "tools"),
        (json!([tool(&store)[0], {"type": "mcp", "server_label": "none"}]), "tools"),
    ] {
        let reply = app.post("/v1/responses", &json!({"input": "Hm?", "tools": tools})).await;
        assert!(reply.status.is_client_error(), "{tools}: {}", reply.text());
        assert_eq!(reply.json()["error"]["param"], param, "{tools}");
    }
}

/// Makes two stores, of which each says half of what is asked.
async fn two(replies: &[&str]) -> (App, [Value; 2], [String; 2]) {
    two_in(App::new(replies).await).await
}

async fn two_in(app: App) -> (App, [Value; 2], [String; 2]) {
    let (plant, pump) = filled(&app, "plant", &[("pump.md", PUMP)]).await;
    let (tanks, tank) = filled(&app, "tanks", &[("tank.md", TANK)]).await;
    (app, [plant, tanks], [pump[0].clone(), tank[0].clone()])
}

fn both(stores: &[Value; 2]) -> Value {
    // A store that is named twice counts once.
    let ids = json!([stores[1]["id"], stores[0]["collection"], stores[1]["id"]]);
    json!({"type": "file_search", "vector_store_ids": ids})
}

/// Gives the annotations of a response.
fn citations(reply: &Value) -> Vec<Value> {
    let parts = reply["output"].as_array().into_iter().flatten().map(|item| &item["content"][0]);
    parts.filter_map(|part| part["annotations"].as_array()).flatten().cloned().collect()
}

#[tokio::test]
async fn passages_of_several_stores_are_ranked_together_and_cited_from_all() {
    let answer = "The pump runs at 50 hertz. The tank holds 900 litres.";
    let (app, stores, files) = two(&[answer]).await;
    let question = "At how many hertz does the pump run, and how many litres does the tank hold?";
    let include = ["file_search_call.results"];
    let body = json!({"input": question, "tools": [both(&stores)], "include": include});
    let reply = app.post("/v1/responses", &body).await.json();
    let results = reply["output"][0]["results"].as_array().expect("results");
    let places: Vec<(&Value, &Value)> =
        results.iter().map(|one| (&one["file_id"], &one["vector_store_id"])).collect();
    assert_eq!(places.len(), 2, "each passage once: {reply}");
    for (file, store) in files.iter().zip(&stores) {
        assert!(places.contains(&(&json!(file), &store["id"])), "{places:?}");
    }
    let rating: Vec<f64> = results.iter().filter_map(|one| one["score"].as_f64()).collect();
    assert!(rating.is_sorted_by(|one, next| one >= next), "{rating:?}");
    let cited = citations(&reply);
    let cited: Vec<(&Value, &Value)> =
        cited.iter().map(|one| (&one["file_id"], &one["vector_store_id"])).collect();
    let expected = [(&json!(files[0]), &stores[0]["id"]), (&json!(files[1]), &stores[1]["id"])];
    assert_eq!(cited, expected, "{reply}");
    // A question about one of them has its passage first, whichever store is named first.
    let body = json!({"input": "How many litres does the tank hold?", "tools": [both(&stores)], "include": include});
    let reply = app.post("/v1/responses", &body).await.json();
    assert_eq!(reply["output"][0]["results"][0]["file_id"], files[1], "{reply}");
    let mut few = both(&stores);
    few["max_num_results"] = json!(1);
    let body =
        json!({"input": "How many hertz does the pump have?", "tools": [few], "include": include});
    let reply = app.post("/v1/responses", &body).await.json();
    let results = reply["output"][0]["results"].as_array().expect("results");
    assert_eq!((results.len(), &results[0]["file_id"]), (1, &json!(files[0])), "{reply}");
}

#[tokio::test]
async fn a_file_that_is_in_several_stores_is_found_once() {
    let app = App::new(&[]).await;
    let (plant, files) = filled(&app, "plant", &[("pump.md", PUMP)]).await;
    let other = super::store(&app, json!({"name": "copy", "file_ids": files})).await;
    super::settle(&app, &other).await;
    let ids = json!([plant["id"], other["id"]]);
    let tools = json!([{"type": "file_search", "vector_store_ids": ids}]);
    let body = json!({"input": QUESTION, "tools": tools, "include": ["file_search_call.results"]});
    let reply = app.post("/v1/responses", &body).await.json();
    let results = reply["output"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 1, "{reply}");
}

const CALL: &str =
    "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}\n</tool_call>";

fn weather() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!({"type": "function", "name": "weather", "parameters": parameters})
}

/// Gives what the model read last: its messages, and how many tools it was shown.
fn read(app: &App) -> (Vec<String>, usize) {
    let Some(quire_engines::Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected")
    };
    let messages = chat.messages.iter().map(|message| message.text().into_owned()).collect();
    (messages, chat.tools.len())
}

#[tokio::test]
async fn functions_are_called_beside_a_search_of_files() {
    let answer = "It is 12 degrees in Bonn. The pump runs at 50 hertz [1]. It was made by Ada.";
    let (app, stores, files) = two(&[CALL, answer]).await;
    let question = "At how many hertz does the pump run, and how warm is Bonn?";
    let tools = json!([both(&stores), weather()]);
    let first = json!({"input": question, "tools": tools});
    let first = app.post("/v1/responses", &first).await.json();
    let kinds: Vec<&Value> =
        first["output"].as_array().expect("items").iter().map(|item| &item["type"]).collect();
    assert_eq!(kinds, ["file_search_call", "function_call"], "{first}");
    let (messages, shown) = read(&app);
    assert!(messages[0].contains("The pump runs at 50 hertz.") && messages[0].ends_with(question));
    assert_eq!(shown, 1, "the search is no tool that the model calls");
    let call = &first["output"][1]["call_id"];
    let result = json!({"type": "function_call_output", "call_id": call, "output": "12 degrees"});
    let next = json!({"input": [result], "tools": tools, "previous_response_id": first["id"]});
    let next = app.post("/v1/responses", &next).await.json();
    assert_eq!(next["output"][0]["queries"], json!([question]), "{next}");
    let cited = citations(&next);
    let [citation] = cited.as_slice() else { panic!("one citation is expected: {next}") };
    assert_eq!(
        (&citation["file_id"], &citation["quote"], &citation["vector_store_id"]),
        (&json!(files[0]), &json!("The pump runs at 50 hertz"), &stores[0]["id"])
    );
    let text = next["output"][1]["content"][0]["text"].as_str().expect("a text");
    assert_eq!(
        text, "It is 12 degrees in Bonn. The pump runs at 50 hertz. [1] It was made by Ada.",
        "what no passage supports is said and not cited"
    );
    let (messages, _) = read(&app);
    assert!(messages.iter().any(|message| message == "12 degrees"), "{messages:?}");
}

#[tokio::test]
async fn a_chat_with_functions_and_files_is_annotated_whole_and_streamed() {
    let (app, stores, files) = two(&["The tank holds 900 litres."; 2]).await;
    let messages = json!([{"role": "user", "content": "How many litres does the tank hold?"}]);
    let function = json!({"type": "function", "function": {"name": "weather"}});
    let body = json!({"messages": messages, "tools": [both(&stores), function]});
    let message =
        app.post("/v1/chat/completions", &body).await.json()["choices"][0]["message"].clone();
    assert_eq!(message["content"], "The tank holds 900 litres. [1]", "{message}");
    let citation = &message["annotations"][0]["file_citation"];
    assert_eq!((&citation["file_id"], &citation["index"]), (&json!(files[1]), &json!(27)));
    let mut body = body;
    body["stream"] = json!(true);
    let streamed = app.post("/v1/chat/completions", &body).await;
    let told = streamed
        .events()
        .into_iter()
        .any(|(_, data)| data.contains("\"annotations\"") && data.contains(files[1].as_str()));
    assert!(told, "{}", streamed.text());
}

#[tokio::test]
async fn a_choice_of_a_function_leaves_files_alone() {
    let (app, stores, _) = two_in(App::that_calls_tools(&[CALL]).await).await;
    let choice = json!({"type": "function", "name": "weather"});
    let tools = json!([both(&stores), weather()]);
    let body = json!({"input": "How warm is Bonn?", "tools": tools, "tool_choice": choice});
    let reply = app.post("/v1/responses", &body).await.json();
    assert_eq!(reply["output"][0]["type"], "function_call", "{reply}");
    let (messages, _) = read(&app);
    assert_eq!(messages, ["How warm is Bonn?"]);
}
