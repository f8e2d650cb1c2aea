//! An upstream that says its lines, in every way in which one can fail.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::Response;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// What it says to a request.
pub enum Answer {
    /// JSON, with a status and maybe a header.
    Json(u16, Option<(&'static str, &'static str)>, Value),
    /// Events, and how they end.
    Events(Vec<String>, End),
    /// Nothing, ever.
    Silence,
    /// Text that claims to be events.
    Text(&'static str),
}

/// How a stream ends.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum End {
    /// As it should.
    Whole,
    /// The connection breaks.
    Cut,
    /// It says no more and stays open.
    Hangs,
}

/// What it was asked.
pub struct Asked {
    /// The method and the path.
    pub call: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The body.
    pub body: Value,
}

/// The upstream.
#[derive(Default)]
pub struct Server {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
    /// Told when a client leaves in the middle of a stream that hangs.
    pub left: Arc<Notify>,
}

impl Server {
    /// Shows what was asked since the last time, without the lists of models.
    pub fn asked(&self) -> Vec<Asked> {
        let mut asked: Vec<Asked> = self.asked.lock().expect("the log").drain(..).collect();
        asked.retain(|asked| asked.call != "GET /v1/models");
        asked
    }

    /// Adds to what it will say.
    pub fn say(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().expect("the script").extend(answers);
    }
}

/// Serves on a port of its own until the test ends, and gives the address.
pub async fn serve(answers: impl IntoIterator<Item = Answer>) -> (&'static Server, String) {
    let server: &'static Server = Box::leak(Box::default());
    server.say(answers);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = Router::new().fallback(answer).with_state(server);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (server, format!("http://{address}/v1"))
}

async fn answer(
    State(server): State<&'static Server>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = format!("{method} {}", uri.path());
    let is_list = call == "GET /v1/models";
    let authorization = headers.get(header::AUTHORIZATION);
    server.asked.lock().expect("the log").push(Asked {
        call,
        authorization: authorization.map(|it| it.to_str().expect("text").to_owned()),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    if is_list {
        return reply(200, "application/json", Body::from(models().to_string()));
    }
    let answer = server.answers.lock().expect("the script").pop_front();
    match answer {
        None => reply(500, "text/plain", Body::from("the script is over")),
        Some(Answer::Json(status, header, json)) => {
            let mut said = reply(status, "application/json", Body::from(json.to_string()));
            if let Some((name, value)) = header {
                said.headers_mut().insert(name, value.parse().expect("a header"));
            }
            said
        }
        Some(Answer::Text(text)) => reply(200, "text/event-stream", Body::from(text)),
        Some(Answer::Silence) => std::future::pending().await,
        Some(Answer::Events(events, end)) => {
            let events = events.into_iter().map(|event| Ok(format!("data: {event}\n\n")));
            let left = Leaves(Arc::clone(&server.left));
            let last = stream::once(async move {
                // What was said is sent while a body makes the server wait.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                if end == End::Hangs {
                    std::future::pending::<()>().await;
                }
                drop(left);
                Err(std::io::Error::other("cut"))
            });
            let body = match end {
                End::Whole => Body::from_stream(stream::iter(events)),
                End::Cut | End::Hangs => Body::from_stream(stream::iter(events).chain(last)),
            };
            reply(200, "text/event-stream", body)
        }
    }
}

/// Tells when it is dropped.
struct Leaves(Arc<Notify>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

fn reply(status: u16, kind: &str, body: Body) -> Response {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    response.body(body).expect("a response")
}

fn models() -> Value {
    json!({"object": "list", "data": [
        {"id": "chat"}, {"id": "embed"}, {"id": "rerank", "max_model_len": 64},
    ]})
}

/// A chunk of a chat with some words.
pub fn words(text: &str) -> String {
    json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
        .to_string()
}

/// The last chunks of a chat.
pub fn end() -> Vec<String> {
    let reason = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}});
    vec![reason.to_string(), usage.to_string(), "[DONE]".to_owned()]
}

/// A whole reply of some words.
pub fn said(text: &str) -> Answer {
    Answer::Events([vec![words(text)], end()].concat(), End::Whole)
}
