//! `/v1/responses`: items whole and streamed, what is kept of them, and the official Python SDK.

mod socket;

use std::fmt::Write as _;

use insta::assert_snapshot;
use quire_engines::Prompt;
use serde_json::{Value, json};

use crate::harness::{App, Reply, check_with_python};

const CALL: &str = "I look.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn\"}}\n</tool_call>";

async fn respond(app: &App, body: &Value) -> Reply {
    app.post("/v1/responses", body).await
}

fn weather() -> Value {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    json!([{"type": "function", "name": "weather", "parameters": parameters}])
}

/// Shows events one a line: their names, and what they say beside the response as a whole.
fn lines(reply: &Reply) -> String {
    let mut events = reply.events();
    assert_eq!(events.pop().map(|(_, data)| data).as_deref(), Some("[DONE]"));
    let mut lines = String::new();
    let mut ids: Vec<String> = Vec::new();
    for (number, (name, data)) in events.iter().enumerate() {
        let mut data: Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(data["type"], **name, "an event is named by its type");
        assert_eq!(data["sequence_number"], number);
        if let Some(response) = data.get("response") {
            ids.push(response["id"].as_str().expect("an identifier").to_owned());
            data = json!({"response": response});
        }
        let _ = writeln!(lines, "{name} {}", redacted(data));
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "the identifier never changes");
    lines
}

/// Shows of an event what is the same every time.
fn redacted(mut data: Value) -> Value {
    if let Some(response) = data.get("response") {
        let status = response["status"].clone();
        let output = response["output"].as_array().map(Vec::len);
        let mut shown = json!({"status": status, "items": output});
        for name in ["type", "stream_id"] {
            if let Some(value) = data.get(name) {
                shown[name] = value.clone();
            }
        }
        data = shown;
    }
    for place in ["/item_id", "/item/id", "/item/call_id", "/annotation/url"] {
        if let Some(value) = data.pointer_mut(place) {
            *value = json!("[redacted]");
        }
    }
    for place in ["/part/annotations", "/item/content/0/annotations"] {
        for annotation in
            data.pointer_mut(place).and_then(Value::as_array_mut).into_iter().flatten()
        {
            annotation["url"] = json!("[redacted]");
        }
    }
    data
}

#[tokio::test]
async fn every_key_is_there() {
    let app = App::new(&["Hello."]).await;
    let body = json!({"input": "Hi.", "tools": weather(), "metadata": {"a": "b"}});
    let reply = respond(&app, &body).await.json();
    for key in [
        "id",
        "object",
        "created_at",
        "completed_at",
        "status",
        "incomplete_details",
        "model",
        "previous_response_id",
        "instructions",
        "output",
        "error",
        "tools",
        "tool_choice",
        "truncation",
        "parallel_tool_calls",
        "text",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "top_logprobs",
        "temperature",
        "reasoning",
        "usage",
        "max_output_tokens",
        "max_tool_calls",
        "store",
        "background",
        "service_tier",
        "metadata",
        "safety_identifier",
        "prompt_cache_key",
    ] {
        assert!(reply.get(key).is_some(), "`{key}` is missing: {reply}");
    }
    for key in ["description", "parameters", "strict"] {
        assert!(reply["tools"][0].get(key).is_some(), "`{key}` of the tool: {reply}");
    }
    assert_eq!((&reply["status"], &reply["object"]), (&json!("completed"), &json!("response")));
    let part = json!({"type": "output_text", "text": "Hello.", "annotations": [], "logprobs": []});
    assert_eq!(reply["output"][0]["content"], json!([part]));
    assert!(reply["usage"]["output_tokens_details"]["reasoning_tokens"].is_u64(), "{reply}");
}

#[tokio::test]
async fn words_and_calls_come_in_the_order_that_sdks_depend_on() {
    let app = App::new(&[CALL]).await;
    let body = json!({"input": "How warm is Bonn?", "tools": weather(), "stream": true});
    assert_snapshot!("responses_call", lines(&respond(&app, &body).await));
}

#[tokio::test]
async fn a_grounded_answer_is_annotated() {
    let app = App::new(&["The pump runs at 50 hertz [1]. It is green."]).await;
    app.fill("plant", &[("pump.md", b"# Pump\n\nThe pump runs at 50 hertz.\n")]).await;
    let question = "What is the frequency of the pump, and what is its colour?";
    let body = json!({"model": "collection/plant", "input": question, "stream": true});
    assert_snapshot!("responses_grounded", lines(&respond(&app, &body).await));
}

#[tokio::test]
async fn a_call_makes_a_round_trip_over_what_is_kept() {
    let app = App::new(&[CALL, "It is 12 degrees."]).await;
    let first =
        json!({"input": "How warm is Bonn?", "tools": weather(), "instructions": "Be short."});
    let first = respond(&app, &first).await.json();
    let call = &first["output"][1];
    assert_eq!(
        (&call["type"], &call["name"]),
        (&json!("function_call"), &json!("weather")),
        "{first}"
    );
    let result =
        json!({"type": "function_call_output", "call_id": call["call_id"], "output": "12 degrees"});
    let next = json!({"input": [result], "tools": weather(), "previous_response_id": first["id"]});
    let next = respond(&app, &next).await.json();
    assert_eq!(next["output"][0]["content"][0]["text"], "It is 12 degrees.", "{next}");
    let Some(Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected")
    };
    let said: Vec<_> = chat.messages.iter().map(|message| message.text()).collect();
    assert_eq!(
        said,
        ["How warm is Bonn?", "I look.\n", "12 degrees"].map(str::trim_end),
        "instructions are not inherited"
    );
    assert_eq!(chat.messages[1].tool_calls.len(), 1);
    let foreign = json!({"type": "function_call_output", "call_id": "call_none", "output": "12"});
    let refused =
        respond(&app, &json!({"input": [foreign], "previous_response_id": next["id"]})).await;
    refused.error(400, "invalid_input");
}

#[tokio::test]
async fn what_is_kept_is_shown_listed_and_forgotten() {
    let app = App::new(&["Hello."; 3]).await;
    let first = respond(&app, &json!({"input": "Hi."})).await.json();
    let path = format!("/v1/responses/{}", first["id"].as_str().expect("an identifier"));
    assert_eq!(app.get(&path).await.json(), first);
    let items = app.get(&format!("{path}/input_items")).await.json();
    assert_eq!(items["data"][0]["content"][0]["text"], "Hi.", "{items}");
    assert!(items["data"][0]["id"].is_string(), "{items}");
    let cancelled = app.post(&format!("{path}/cancel"), &json!({})).await;
    assert!(cancelled.error(400, "invalid_input").contains("completed"));
    assert_eq!(app.delete(&path).await.json()["deleted"], true);
    app.get(&path).await.error(404, "previous_response_not_found");
    let next = json!({"input": "Hm?", "previous_response_id": first["id"]});
    respond(&app, &next).await.error(404, "previous_response_not_found");
    let unkept = respond(&app, &json!({"input": "Hi.", "store": false})).await.json();
    let path = format!("/v1/responses/{}", unkept["id"].as_str().expect("an identifier"));
    app.get(&path).await.error(404, "previous_response_not_found");
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_place() {
    let app = App::new(&[]).await;
    for (body, param) in [
        (json!({}), "input"),
        (json!({"input": [{"type": "sound"}]}), "input[0]"),
        (json!({"input": [{"role": "judge", "content": "Hm?"}]}), "input[0]"),
        (json!({"input": "Hm?", "tools": [{"type": "web_search"}]}), "tools[0]"),
        (json!({"input": "Hm?", "text": {"format": {"type": "xml"}}}), "text.format"),
    ] {
        let reply = respond(&app, &body).await;
        assert_eq!(reply.status.as_u16(), 400, "{body}: {}", reply.text());
        assert_eq!(reply.json()["error"]["param"], param, "{body}");
    }
}

/// What a user of the SDK would write; each line that fails says what it expected.
const PROGRAM: &str = r#"
import sys, openai
from openai import OpenAI

client = OpenAI(base_url=sys.argv[1] + "/v1", api_key="any", max_retries=0)
first = client.responses.create(model="gpt-4o", input="Say hello.", max_output_tokens=8)
assert first.output_text and first.usage.output_tokens <= 8, first
with client.responses.stream(
    model="gpt-4o", input="And again.", previous_response_id=first.id, max_output_tokens=8
) as stream:
    events = list(stream)
final = events[-1].response
# Eight tokens may end the model or be ended by it.
assert events[-1].type in ("response.completed", "response.incomplete"), events[-1]
assert events[0].type == "response.created" and final.output_text, final
assert client.responses.retrieve(first.id).output_text == first.output_text
assert client.responses.input_items.list(first.id).data[0].role == "user"
parts = [{"role": "user", "content": word} for word in ("One.", "Two.", "Three?")]
several = client.responses.create(model="gpt-4o", input=parts, max_output_tokens=4)
pages = client.responses.input_items.list(several.id, limit=2, order="asc")
assert len(pages.data) == 2 and pages.has_more, pages
assert [item.content[0].text for item in pages] == ["One.", "Two.", "Three?"]
assert client.responses.input_tokens.count(model="gpt-4o", input="Say hello.").input_tokens > 2
short = client.responses.compact(model="gpt-4o", input=[{"role": "user", "content": "I am Ada."}])
assert short.output[-1].type == "compaction" and short.usage.input_tokens, short
window = [item.to_dict() for item in short.output] + [{"role": "user", "content": "Hello?"}]
assert client.responses.create(model="gpt-4o", input=window, max_output_tokens=8).output_text
waiting = client.responses.create(
    model="gpt-4o", input="Count to a thousand, in words.", background=True
)
assert waiting.status == "in_progress" and waiting.background, waiting
try:
    cancelled = client.responses.cancel(waiting.id)
    assert cancelled.status == "cancelled", cancelled
    assert client.responses.retrieve(waiting.id).status == "cancelled"
except openai.BadRequestError as error:
    # A small model may have said all it has to say before.
    assert "completed" in str(error), error
client.responses.delete(first.id)
try:
    client.responses.retrieve(first.id)
    raise SystemExit("a forgotten response was found")
except openai.NotFoundError:
    pass
grounded = client.responses.create(model="collection/sdk", input="On which day is the meeting?")
for annotation in grounded.output[0].content[0].annotations:
    mark = grounded.output_text[annotation.start_index:annotation.end_index]
    assert mark.startswith("[") and annotation.url.startswith(sys.argv[1]), annotation
print("fine")
"#;

#[test]
fn the_official_python_sdk_works() {
    check_with_python(PROGRAM);
}

/// What a user of the SDK's WebSocket would write.
const SOCKET_PROGRAM: &str = r#"
import sys
from openai import OpenAI

client = OpenAI(base_url=sys.argv[1] + "/v1", api_key="any", max_retries=0)

def hear(connection):
    events = []
    for event in connection:
        events.append(event)
        if event.type in ("response.completed", "response.incomplete", "response.failed", "error"):
            return events

with client.responses.connect() as connection:
    connection.response.create(
        model="gpt-4o", input="Say hello.", max_output_tokens=8, store=False
    )
    events = hear(connection)
    first = events[-1].response
    assert events[0].type == "response.created" and first.output_text, events
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == first.output_text, deltas
    connection.response.create(
        model="gpt-4o", input="And again.", previous_response_id=first.id,
        max_output_tokens=8, store=False,
    )
    second = hear(connection)[-1].response
    assert second.previous_response_id == first.id and second.output_text, second
    assert second.usage.input_tokens > first.usage.input_tokens, second
    connection.response.create(model="gpt-4o", input="Hm?", previous_response_id="resp_none")
    refused = hear(connection)
    assert len(refused) == 1, refused
    error = refused[0].to_dict()
    assert error["error"]["code"] == "previous_response_not_found" and error["status"] == 400, error
    connection.response.create(model="collection/sdk", input="On which day is the meeting?")
    grounded = hear(connection)[-1].response
    assert grounded.output[0].content[0].annotations, grounded
print("fine")
"#;

#[test]
fn the_official_python_sdk_connects() {
    check_with_python(SOCKET_PROGRAM);
}
