//! `quire chat`: through a pipe, and at a terminal, which a program in Python plays.

use std::convert::Infallible;
use std::io::Write;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::routing::post;
use futures::Stream;
use serde_json::{Value, json};

use crate::harness::{App, Server, quire, run, run_python};

/// Runs `quire chat` with an input from a pipe.
fn piped(arguments: &[&str], input: &str) -> Output {
    let mut chat = quire();
    chat.arg("chat").args(arguments);
    chat.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut chat = chat.spawn().expect("it starts");
    let mut pipe = chat.stdin.take().expect("it is piped");
    pipe.write_all(input.as_bytes()).expect("it reads");
    drop(pipe);
    chat.wait_with_output().expect("it ends")
}

#[test]
fn a_question_through_a_pipe_is_answered_by_a_model_and_by_a_collection() {
    let data = tempfile::tempdir().expect("a folder");
    let notes = data.path().join("notes.txt");
    std::fs::write(&notes, "The meeting is on Tuesday at nine.").expect("a file");
    let server = Server::start(data.path());
    let at = ["--server", server.url.as_str()];
    let added =
        run([&["ingest", notes.to_str().expect("a plain path"), "-c", "notes"][..], &at].concat());
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));

    let said = piped(&at, "Say hello.\n");
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(!String::from_utf8_lossy(&said.stdout).trim().is_empty());
    let cited = piped(&[&["-c", "notes"][..], &at].concat(), "On which day is the meeting?");
    let told = String::from_utf8_lossy(&cited.stdout);
    assert_eq!(cited.status.code(), Some(0), "{}", String::from_utf8_lossy(&cited.stderr));
    assert!(told.contains("Best quotes:") && told.contains("Tuesday"), "{told}");
    let unknown = piped(&[&["no/such-model"][..], &at].concat(), "Hello?");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no/such-model"));
    let nothing = piped(&at, " \n");
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("has no question"));
}

/// A server that only chats: it keeps what it is sent, answers `Answer N.`, and never ends an answer to `Wait`.
async fn chat_server() -> (String, Arc<Mutex<Vec<Value>>>) {
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let routes =
        Router::new().route("/v1/chat/completions", post(answer)).with_state(Arc::clone(&asked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, asked)
}

async fn answer(
    State(asked): State<Arc<Mutex<Vec<Value>>>>,
    Json(body): Json<Value>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut asked = asked.lock().expect("nobody panics");
    asked.push(body["messages"].clone());
    let number = asked.len();
    let waits = body["messages"]
        .as_array()
        .and_then(|all| all.last())
        .is_some_and(|last| last["content"] == "Wait");
    let piece =
        |delta: Value| Event::default().data(json!({"choices": [{"delta": delta}]}).to_string());
    let mut events = vec![
        piece(json!({"role": "assistant", "content": ""})),
        piece(json!({"reasoning_content": "Hm."})),
        piece(json!({"content": format!("Answer {number}.")})),
    ];
    if !waits {
        events.push(Event::default().data("[DONE]"));
    }
    let events = futures::stream::iter(events.into_iter().map(Ok));
    let rest = futures::stream::poll_fn(move |_| {
        if waits { std::task::Poll::Pending } else { std::task::Poll::Ready(None) }
    });
    Sse::new(futures::StreamExt::chain(events, rest))
}

/// Somebody at a terminal: types, and waits for what is to be seen.
const PERSON: &str = r#"
import os, pty, select, signal, sys, time

program, url = sys.argv[1:3]
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(program, [program, "chat", "--system", "Be brief.", "--server", url])

seen = b""

def until(text):
    global seen
    end = time.monotonic() + 60
    while text not in seen:
        assert time.monotonic() < end, (text, seen)
        if select.select([terminal], [], [], 1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                assert text in seen, (text, seen)
    seen = seen[seen.index(text) + len(text):]

def enter(text):
    os.write(terminal, text.encode() + b"\r")

until(b"/help names the commands")
until(b"> ")
enter("One?")
until(b"Hm.")
until(b"Answer 1.")
until(b"> ")
enter("Wait")
until(b"Answer 2.")
os.write(terminal, b"\x03")
until(b"(stopped)")
until(b"> ")
os.write(terminal, b"half a line\x03")
until(b"/exit ends the chat")
enter("Two?")
until(b"Answer 3.")
until(b"> ")
enter("/sytem x")
until(b"There is no command `/sytem`")
enter("/system Be long.")
until(b"holds from the next question")
enter("/clear")
until(b"forgotten")
enter("Three?")
until(b"Answer 4.")
until(b"> ")
enter("/exit")
_, status = os.waitpid(pid, 0)
assert os.waitstatus_to_exitcode(status) == 0, status
print("fine")
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_chats_stops_an_answer_and_begins_anew() {
    let (url, asked) = chat_server().await;
    let program = quire().get_program().to_str().expect("a plain path").to_owned();
    let person = tokio::task::spawn_blocking(move || run_python(PERSON, &[&program, &url]));
    person.await.expect("all is as expected");
    let message = |role: &str, text: &str| json!({"role": role, "content": text});
    let (brief, long) = (message("system", "Be brief."), message("system", "Be long."));
    let said = [
        message("user", "One?"),
        message("assistant", "Answer 1."),
        message("user", "Wait"),
        message("assistant", "Answer 2."),
        message("user", "Two?"),
    ];
    let with_brief =
        |count: usize| Value::Array([std::slice::from_ref(&brief), &said[..count]].concat());
    let expected =
        [with_brief(1), with_brief(3), with_brief(5), json!([long, message("user", "Three?")])];
    assert_eq!(*asked.lock().expect("nobody panics"), expected);
}

#[tokio::test]
async fn a_caller_may_keep_the_conversation_itself() {
    let app = App::new(&["It is red [1]."]).await;
    app.fill("home", &[("house.txt", b"The house has a red roof. It was built in 1931.")]).await;
    let history = json!([{"question": "When was the house built?", "answer": "In 1931."}]);
    let question =
        json!({"question": "And its roof, which colour?", "history": history, "insist": true});
    let answer = app.post("/api/collections/home/ask", &question).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    assert_eq!(answer.json()["receipt"]["turns"], 1, "{}", answer.text());
    let conversation = app.post("/api/collections/home/conversations", &json!({})).await.json();
    let both =
        json!({"question": "Which?", "history": history, "conversation_id": conversation["id"]});
    let refused = app.post("/api/collections/home/ask", &both).await;
    assert!(refused.error(400, "invalid_input").contains("`history`"));
}
