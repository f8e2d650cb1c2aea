//! `/v1/responses` over a WebSocket: who may open one, the order of events, what can be gone on with, and what ends it.

use std::fmt::Write as _;
use std::time::Duration;

use insta::assert_snapshot;
use quire_engines::Prompt;
use quire_server::{Callers, HttpOptions};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::{CALL, redacted, weather};
use crate::harness::App;
use crate::lmstudio::socket::{PATIENCE, Served, Socket};

const PATH: &str = "v1/responses";

async fn open(served: &Served) -> Socket {
    served.connect(PATH, &[]).await.expect("it opens")
}

/// Makes a message that asks for a response that is kept nowhere.
#[expect(clippy::needless_pass_by_value, reason = "callers make the fields in place")]
fn create(more: Value) -> Value {
    let mut message = json!({"type": "response.create", "store": false});
    for (name, value) in more.as_object().expect("fields") {
        message[name] = value.clone();
    }
    message
}

/// Gives the frames of one response, or the one that refuses it.
async fn respond(socket: &mut Socket, message: &Value) -> Vec<Value> {
    socket.send(message).await;
    let mut frames = Vec::new();
    loop {
        let frame = socket.next().await;
        let is_last = ["error", "response.completed", "response.incomplete", "response.failed"]
            .contains(&frame["type"].as_str().unwrap_or_default());
        frames.push(frame);
        if is_last {
            return frames;
        }
    }
}

/// Gives the response that frames end with.
fn last(frames: &[Value]) -> &Value {
    let last = frames.last().expect("a frame");
    assert!(last["response"].is_object(), "{last}");
    &last["response"]
}

/// Asserts that a message was refused.
fn check_refused(frames: &[Value], (status, code): (u16, &str)) {
    let [frame] = frames else { panic!("one frame is expected: {frames:?}") };
    assert_eq!((&frame["type"], &frame["status"]), (&json!("error"), &json!(status)), "{frame}");
    assert_eq!(frame["error"]["code"], code, "{frame}");
    assert!(frame["error"]["message"].as_str().is_some_and(|words| !words.is_empty()), "{frame}");
}

/// Waits until the model was asked so often.
async fn asked(app: &App, count: usize) {
    for _ in 0..500 {
        if app.models.generator.requests().len() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} were asked for, not {count}", app.models.generator.requests().len());
}

#[tokio::test]
async fn strangers_and_pages_of_other_sites_open_none() {
    let app = App::new(&["Hello."; 2]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    for (header, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
        let refused = served.connect(PATH, &[(header, value)]).await.err();
        assert_eq!(refused.map(|status| status.as_u16()), Some(403), "{header}");
    }
    app.get("/v1/responses").await.error(426, "upgrade_required");
    let callers = Callers { require_key: true, ..Callers::default() };
    let served = Served::new(&app, HttpOptions { callers, ..HttpOptions::default() }).await;
    let make = async |allow: &str| {
        let made = app.post("/api/keys", &json!({"name": allow, "allow": [allow]})).await.json();
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        (format!("Bearer {}", text("key")), text("id"))
    };
    let (reader, _) = make("read").await;
    let (asker, asker_id) = make("ask").await;
    let status = async |headers: &[(&'static str, &str)]| {
        served.connect(PATH, headers).await.err().map(|status| status.as_u16())
    };
    assert_eq!(status(&[]).await, Some(401));
    assert_eq!(status(&[("authorization", &reader)]).await, Some(403));
    let mut socket = served.connect(PATH, &[("authorization", &asker)]).await.expect("it opens");
    let frames = respond(&mut socket, &create(json!({"input": "Hi."}))).await;
    assert_eq!(last(&frames)["status"], "completed");
    assert_eq!(app.delete(&format!("/api/keys/{asker_id}")).await.status.as_u16(), 204);
    let frames = respond(&mut socket, &create(json!({"input": "Hi."}))).await;
    check_refused(&frames, (401, "invalid_api_key"));
}

#[tokio::test]
async fn events_are_those_of_a_stream() {
    let app = App::new(&[CALL, "It is 12 degrees."]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    let mut socket = open(&served).await;
    let first = create(json!({"input": "How warm is Bonn?", "tools": weather(), "stream": true}));
    let mut lines = String::new();
    let frames = respond(&mut socket, &first).await;
    let first = last(&frames).clone();
    let result = json!({
        "type": "function_call_output", "call_id": first["output"][1]["call_id"], "output": "12 degrees",
    });
    let next = create(json!({
        "input": [result], "tools": weather(), "previous_response_id": first["id"], "stream_id": "b",
    }));
    let next = respond(&mut socket, &next).await;
    for frames in [frames, next] {
        for (number, frame) in frames.into_iter().enumerate() {
            assert_eq!(frame["sequence_number"], number, "{frame}");
            let _ = writeln!(lines, "{}", redacted(frame));
        }
    }
    assert_snapshot!("responses_socket", lines);
}

#[tokio::test]
async fn the_last_response_is_gone_on_with_on_its_connection_alone() {
    let app = App::new(&["Hello."; 5]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    let (mut socket, mut other) = (open(&served).await, open(&served).await);
    let frames = respond(&mut socket, &create(json!({"input": "One."}))).await;
    let first = last(&frames)["id"].clone();
    let next =
        |previous: &Value| create(json!({"input": "Two.", "previous_response_id": previous}));
    check_refused(&respond(&mut other, &next(&first)).await, (400, "previous_response_not_found"));
    let frames = respond(&mut socket, &next(&first)).await;
    let second = last(&frames)["id"].clone();
    let Some(Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected")
    };
    let said: Vec<_> = chat.messages.iter().map(|message| message.text()).collect();
    assert_eq!(said, ["One.", "Hello.", "Two."]);
    check_refused(&respond(&mut socket, &next(&first)).await, (400, "previous_response_not_found"));
    // What could not be gone on with is let go of.
    let output = json!({"type": "function_call_output", "call_id": "call_none", "output": "12"});
    let wrong = create(json!({"input": [output], "previous_response_id": second}));
    check_refused(&respond(&mut socket, &wrong).await, (400, "invalid_input"));
    check_refused(
        &respond(&mut socket, &next(&second)).await,
        (400, "previous_response_not_found"),
    );
    // One that is kept is found wherever it is asked for.
    let frames = respond(&mut socket, &create(json!({"input": "One.", "store": true}))).await;
    let frames = respond(&mut other, &next(&last(&frames)["id"])).await;
    assert_eq!(last(&frames)["status"], "completed");
}

#[tokio::test]
async fn a_warm_up_says_nothing_and_can_be_gone_on_with() {
    let app = App::new(&["", "Hello."]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    let mut socket = open(&served).await;
    let instructions = json!({"role": "developer", "content": "Be short."});
    let warm = create(json!({"input": [instructions], "tools": weather(), "generate": false}));
    let frames = respond(&mut socket, &warm).await;
    let kinds: Vec<&str> = frames.iter().filter_map(|frame| frame["type"].as_str()).collect();
    assert_eq!(kinds, ["response.created", "response.in_progress", "response.completed"]);
    let warmed = last(&frames);
    assert_eq!((&warmed["output"], &warmed["usage"]["output_tokens"]), (&json!([]), &json!(0)));
    assert!(warmed["usage"]["input_tokens"].as_u64().is_some_and(|count| count > 0), "{warmed}");
    assert_eq!(app.models.generator.requests()[0].max_tokens, Some(0), "nothing is written");
    let next = create(json!({"input": "Hi.", "previous_response_id": warmed["id"]}));
    let frames = respond(&mut socket, &next).await;
    assert_eq!(last(&frames)["output"][0]["content"][0]["text"], "Hello.");
    let Some(Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected")
    };
    let said: Vec<_> = chat.messages.iter().map(|message| message.text()).collect();
    assert_eq!(said, ["Be short.", "Hi."]);
    app.fill("plant", &[("pump.md", b"The pump runs at 50 hertz.")]).await;
    let collection = |name: &str| create(json!({"model": name, "generate": false, "input": []}));
    let frames = respond(&mut socket, &collection("collection/plant")).await;
    assert_eq!(last(&frames)["status"], "completed");
    let frames = respond(&mut socket, &collection("collection/none")).await;
    check_refused(&frames, (404, "model_not_found"));
}

#[tokio::test]
async fn messages_of_one_lane_wait_for_each_other_and_others_do_not() {
    let app = App::new(&[]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    app.models.generator.hold();
    let mut socket = open(&served).await;
    for lane in [None, Some("a"), Some("b"), Some("a"), None] {
        let mut message = create(json!({"input": "Hi."}));
        if let Some(lane) = lane {
            message["stream_id"] = json!(lane);
        }
        socket.send(&message).await;
    }
    asked(&app, 3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(app.models.generator.requests().len(), 3, "one a lane");
    drop(socket);
    let abandoned = timeout(PATIENCE, app.models.generator.abandoned()).await;
    abandoned.expect("whoever leaves stops what was asked for");
}

#[tokio::test]
async fn a_connection_has_so_many_lanes() {
    let app = App::new(&["Hi."; 40]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    let mut socket = open(&served).await;
    for lane in 0..32 {
        let named = create(json!({"input": "Hi.", "stream_id": format!("lane-{lane}")}));
        let frames = respond(&mut socket, &named).await;
        assert_eq!(frames.last().expect("a frame")["stream_id"], format!("lane-{lane}"));
    }
    let further = create(json!({"input": "Hi.", "stream_id": "one.more"}));
    let frames = respond(&mut socket, &further).await;
    check_refused(&frames, (400, "websocket_stream_limit_reached"));
    assert_eq!(frames[0]["stream_id"], "one.more");
    let frames = respond(&mut socket, &create(json!({"input": "Hi."}))).await;
    assert!(last(&frames).is_object(), "the lane without a name is always there");
    assert!(frames[0].get("stream_id").is_none());
}

#[tokio::test]
async fn what_is_not_understood_is_answered_and_ends_nothing() {
    let app = App::new(&["Hello."]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    let mut socket = open(&served).await;
    for message in [
        Message::text("no JSON"),
        Message::text("[]"),
        Message::text(format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))),
        Message::binary(vec![0, 159, 146, 150]),
    ] {
        socket.send_message(message).await;
        let reply = socket.next().await;
        assert_eq!((&reply["type"], &reply["status"]), (&json!("error"), &json!(400)), "{reply}");
    }
    for (message, param) in [
        (json!({"input": "Hi."}), "type"),
        (json!({"type": "response.steer", "input": "Hi."}), "type"),
        (create(json!({})), "input"),
        (create(json!({"input": "Hi.", "background": true})), "background"),
        (create(json!({"input": "Hi.", "stream_id": "two words"})), "stream_id"),
        (create(json!({"input": [{"type": "sound"}]})), "input[0]"),
        (create(json!({"input": "Hi.", "model": "none/none"})), "model"),
        (create(json!({"input": "Hi.", "conversation": "conv_none"})), "conversation"),
    ] {
        let frames = respond(&mut socket, &message).await;
        let [frame] = frames.as_slice() else { panic!("{message}: {frames:?}") };
        assert_eq!(frame["error"]["param"], param, "{message}: {frame}");
    }
    let frames = respond(&mut socket, &create(json!({"input": "Hi."}))).await;
    assert_eq!(last(&frames)["status"], "completed");
}

#[tokio::test]
async fn a_caller_has_so_many_answers_made_at_a_time_as_over_http() {
    let app = App::new(&[]).await;
    let served = Served::new(&app, HttpOptions { max_streams: 1, ..HttpOptions::default() }).await;
    app.models.generator.hold();
    let (mut one, mut other) = (open(&served).await, open(&served).await);
    one.send(&create(json!({"input": "Hi."}))).await;
    asked(&app, 1).await;
    let frames = respond(&mut other, &create(json!({"input": "Hi."}))).await;
    check_refused(&frames, (429, "too_many_streams"));
    drop(one);
    timeout(PATIENCE, app.models.generator.abandoned()).await.expect("it was dropped");
}

#[tokio::test]
async fn an_old_connection_says_so_and_ends() {
    let app = App::new(&["Hello."]).await;
    let options = HttpOptions { max_socket_age: Duration::ZERO, ..HttpOptions::default() };
    let served = Served::new(&app, options).await;
    let mut socket = open(&served).await;
    let frame = socket.next().await;
    check_refused(&[frame], (400, "websocket_connection_limit_reached"));
    assert_eq!(socket.find().await, None, "it is closed");
}
