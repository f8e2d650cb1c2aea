//! A WebSocket of LM Studio's protocol: who may open one, what its first packet says, and what ends it.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use quire_server::listen::{Listening, start};
use quire_server::{Callers, HttpOptions};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::harness::App;

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A server on a socket, with the services of an app.
pub struct Served {
    _listening: Listening,
    address: String,
}

/// One end of a WebSocket.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Served {
    /// Serves what an app has.
    pub async fn new(app: &App, options: HttpOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let listening = start(listener, app.services.clone(), options).expect("it starts");
        Self { _listening: listening, address }
    }

    /// Opens a namespace, with headers.
    pub async fn connect(
        &self,
        namespace: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Socket, StatusCode> {
        let url = format!("ws://{}/{namespace}", self.address);
        let mut request = url.into_client_request().expect("an address");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a value");
            request.headers_mut().insert(*name, value);
        }
        let stream = TcpStream::connect(&self.address).await.expect("a connection");
        match client_async(request, stream).await {
            Ok((stream, _)) => Ok(Socket { stream }),
            Err(Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("no HTTP: {error}"),
        }
    }

    /// Opens a namespace as a client of this machine does.
    pub async fn open(&self, namespace: &str) -> Socket {
        let mut socket = self.connect(namespace, &[]).await.expect("it opens");
        assert_eq!(socket.greet("any").await, json!({"success": true}));
        socket
    }
}

impl Socket {
    /// Sends the first packet, and gives its reply.
    pub async fn greet(&mut self, passkey: &str) -> Value {
        let hello =
            json!({"authVersion": 1, "clientIdentifier": "guest:1", "clientPasskey": passkey});
        self.send(&hello).await;
        self.next().await
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: &Value) {
        self.send_message(Message::text(frame.to_string())).await;
    }

    /// Sends whatever it is.
    pub async fn send_message(&mut self, message: Message) {
        self.stream.send(message).await.expect("it is open");
    }

    /// Gives the next frame.
    pub async fn next(&mut self) -> Value {
        self.find().await.expect("a frame")
    }

    /// Gives the next frame, or nothing if the connection ends.
    pub async fn find(&mut self) -> Option<Value> {
        loop {
            match timeout(PATIENCE, self.stream.next()).await.expect("it comes in time")? {
                Ok(Message::Text(text)) => {
                    return Some(serde_json::from_str(text.as_str()).expect("JSON"));
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Calls an endpoint and gives the frame of its reply.
    pub async fn call(&mut self, endpoint: &str, parameter: Value) -> Value {
        let call =
            json!({"type": "rpcCall", "endpoint": endpoint, "callId": 9, "parameter": parameter});
        self.send(&call).await;
        let reply = self.next().await;
        assert_eq!(reply["callId"], 9, "{reply}");
        reply
    }

    /// Opens a channel.
    pub async fn begin(&mut self, endpoint: &str, channel: i64, parameter: Value) {
        let create = json!({"type": "channelCreate", "endpoint": endpoint, "channelId": channel, "creationParameter": parameter});
        self.send(&create).await;
    }

    /// Gives the messages of a channel, and the frame that ends it.
    pub async fn rest(&mut self, channel: i64) -> (Vec<Value>, Value) {
        let mut messages = Vec::new();
        loop {
            let mut frame = self.next().await;
            assert_eq!(frame["channelId"], channel, "{frame}");
            match frame["type"].as_str() {
                Some("channelSend") => messages.push(frame["message"].take()),
                _ => return (messages, frame),
            }
        }
    }
}

/// What asks for a prediction.
pub fn prediction(text: &str) -> Value {
    let message = json!({"role": "user", "content": [{"type": "text", "text": text}]});
    json!({
        "modelSpecifier": {"type": "query", "query": {"identifier": "scripted/generator"}},
        "history": {"messages": [message]},
        "predictionConfigStack": {"layers": []},
    })
}

#[tokio::test]
async fn pages_of_other_sites_open_none_and_routes_at_the_root_stay() {
    let app = App::new(&[]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    for (header, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
        let refused = served.connect("llm", &[(header, value)]).await.err();
        assert_eq!(refused, Some(StatusCode::FORBIDDEN), "{header}");
    }
    assert_eq!(served.connect("none", &[]).await.err(), Some(StatusCode::NOT_FOUND));
    for namespace in ["llm", "embedding", "system", "files", "repository", "lmstudio/llm"] {
        served.open(namespace).await;
    }
    assert_eq!(app.get("/files").await.json()["object"], "list", "it is `/v1/files` without `/v1`");
    assert_eq!(app.get("/lmstudio-greeting").await.json(), json!({"lmstudio": true}));
    app.get("/lmstudio/llm").await.error(426, "upgrade_required");
}

#[tokio::test]
async fn the_first_packet_says_who_it_is() {
    let app = App::new(&[]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    for (packet, reason) in [
        (json!({"authVersion": 2, "clientIdentifier": "a", "clientPasskey": "b"}), "authVersion"),
        (json!({"clientIdentifier": "a"}), "authVersion"),
        (
            json!({"authVersion": 1, "clientIdentifier": "a", "clientPasskey": "sk-quire-none"}),
            "key",
        ),
        (json!([]), "Hello"),
    ] {
        let mut socket = served.connect("llm", &[]).await.expect("it opens");
        socket.send(&packet).await;
        let reply = socket.next().await;
        assert_eq!(reply["success"], false, "{packet}");
        let error = reply["error"].as_str().expect("a reason");
        assert!(error.contains(reason), "{packet}: {error}");
        assert_eq!(socket.find().await, None, "it is closed");
    }
}

#[tokio::test]
async fn keys_count_in_the_first_packet_and_with_every_call() {
    let app = App::new(&["Yes."; 2]).await;
    app.fill("open", &[("a.txt", b"The gate is open.")]).await;
    app.fill("secret", &[("b.txt", b"The code is 1234.")]).await;
    let callers = Callers { require_key: true, ..Callers::default() };
    let served = Served::new(&app, HttpOptions { callers, ..HttpOptions::default() }).await;
    let mut stranger = served.connect("llm", &[]).await.expect("it opens");
    let reply = stranger.greet("any").await;
    assert!(reply["error"].as_str().is_some_and(|why| why.contains("clientPasskey")), "{reply}");

    let make = async |body: Value| {
        let made = app.post("/api/keys", &body).await.json();
        (
            made["key"].as_str().expect("a key").to_owned(),
            made["id"].as_str().expect("an id").to_owned(),
        )
    };
    let (reader, reader_id) = make(json!({"name": "reader", "allow": ["read"]})).await;
    let mut socket = served.connect("llm", &[]).await.expect("it opens");
    assert_eq!(socket.greet(&reader).await["success"], true);
    assert_eq!(socket.call("listLoaded", Value::Null).await["result"], json!([]));
    socket.begin("predict", 1, prediction("Hi.")).await;
    let (_, end) = socket.rest(1).await;
    assert_eq!(end["error"]["errorData"]["code"], "insufficient_permissions", "{end}");
    assert_eq!(app.delete(&format!("/api/keys/{reader_id}")).await.status.as_u16(), 204);
    let refused = socket.call("listLoaded", Value::Null).await;
    assert_eq!(refused["error"]["errorData"]["status"], 401, "it was revoked: {refused}");

    let limited = json!({"name": "limited", "allow": ["ask"], "collections": ["open"]});
    let (limited, _) = make(limited).await;
    for headers in [vec![], vec![("authorization", format!("Bearer {limited}"))]] {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut socket = served.connect("llm", &headers).await.expect("it opens");
        let passkey = if headers.is_empty() { limited.as_str() } else { "any" };
        assert_eq!(socket.greet(passkey).await["success"], true);
        let describe = |name: &str| json!({"specifier": {"type": "query", "query": {"identifier": name}}, "throwIfNotFound": true});
        let open = socket.call("getModelInfo", describe("collection/open")).await;
        assert_eq!(open["result"]["modelKey"], "collection/open", "{open}");
        let secret = socket.call("getModelInfo", describe("collection/secret")).await;
        assert_eq!(secret["type"], "rpcError", "it does not exist for the key: {secret}");
    }
    let mut recorded = String::new();
    // They are written beside the replies.
    for _ in 0..200 {
        recorded = app.get("/api/keys/log").await.text();
        if recorded.contains("/lmstudio/llm/predict") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(recorded.contains("/lmstudio/llm/predict"), "{recorded}");
}

#[tokio::test]
async fn what_is_not_understood_is_answered_and_ends_nothing() {
    let app = App::new(&[]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    let mut socket = served.open("llm").await;
    for message in [
        Message::text("no JSON"),
        Message::text("[]"),
        Message::text("{\"type\":\"unheardOf\"}"),
        Message::text(format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))),
        Message::binary(vec![0, 159, 146, 150]),
    ] {
        socket.send_message(message).await;
        let reply = socket.next().await;
        assert_eq!(reply["type"], "communicationWarning", "{reply}");
    }
    for (frame, kind) in [
        (json!({"type": "rpcCall", "callId": 3}), "rpcError"),
        (json!({"type": "rpcCall", "callId": 3, "endpoint": "unheardOf"}), "rpcError"),
        (json!({"type": "rpcCall", "callId": 3, "endpoint": "tokenize"}), "rpcError"),
        (
            json!({"type": "rpcCall", "callId": 3, "endpoint": "tokenize", "parameter": [1]}),
            "rpcError",
        ),
        (json!({"type": "channelCreate", "channelId": 3, "endpoint": "predict"}), "channelError"),
        (json!({"type": "channelCreate", "channelId": 3}), "channelError"),
        (json!({"type": "signalSubscribe", "subscribeId": 3, "endpoint": "x"}), "signalError"),
        (
            json!({"type": "writableSignalSubscribe", "subscribeId": 3, "endpoint": "x"}),
            "writableSignalError",
        ),
        (json!({"type": "keepAlive"}), "keepAliveAck"),
        (
            json!({"type": "channelSend", "channelId": 99, "message": {"type": "cancel"}, "ackId": 4}),
            "channelAck",
        ),
    ] {
        socket.send(&frame).await;
        let reply = socket.next().await;
        assert_eq!(reply["type"], kind, "{frame}: {reply}");
        if let Some(error) = reply.get("error") {
            assert!(error["title"].as_str().is_some_and(|title| !title.is_empty()), "{reply}");
        }
    }
    for quiet in [
        json!({"type": "channelSend", "channelId": 99, "message": {"type": "cancel"}}),
        json!({"type": "communicationWarning", "warning": "x"}),
        json!({"type": "channelAck", "channelId": 1, "ackId": 1}),
    ] {
        socket.send(&quiet).await;
    }
    assert_eq!(socket.call("listLoaded", Value::Null).await["result"], json!([]));
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection_and_not_the_server() {
    let app = App::new(&[]).await;
    let options = HttpOptions { max_json_bytes: 10_000, ..HttpOptions::default() };
    let served = Served::new(&app, options).await;
    let mut socket = served.open("system").await;
    let large = json!({"type": "communicationWarning", "warning": "x".repeat(20_000)});
    // It may be refused while it is sent.
    let _refused = socket.stream.send(Message::text(large.to_string())).await;
    assert_eq!(socket.find().await, None);
    let version = served.open("system").await.call("version", Value::Null).await;
    assert!(version["result"]["version"].is_string(), "{version}");
}

#[tokio::test]
async fn whoever_leaves_stops_what_was_asked_for() {
    let app = App::new(&[]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    app.models.generator.hold();
    let mut socket = served.open("llm").await;
    for channel in 0..3 {
        socket.begin("predict", channel, prediction("Hi.")).await;
    }
    for _ in 0..500 {
        if app.models.generator.requests().len() == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(app.models.generator.requests().len(), 3);
    drop(socket);
    let abandoned = timeout(PATIENCE, app.models.generator.abandoned()).await;
    abandoned.expect("nobody listens to what was begun");
}

#[tokio::test]
async fn one_that_is_cancelled_stops_and_says_so() {
    let app = App::new(&[]).await;
    let served = Served::new(&app, HttpOptions::default()).await;
    app.models.generator.hold();
    let mut socket = served.open("llm").await;
    socket.begin("predict", 5, prediction("Hi.")).await;
    for _ in 0..500 {
        if !app.models.generator.requests().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    socket
        .send(&json!({"type": "channelSend", "channelId": 5, "message": {"type": "cancel"}}))
        .await;
    let (messages, end) = socket.rest(5).await;
    let last = messages.last().expect("an account");
    assert_eq!(
        (&last["type"], &last["stats"]["stopReason"]),
        (&json!("success"), &json!("userStopped"))
    );
    assert_eq!(end["type"], "channelClose");
    timeout(PATIENCE, app.models.generator.abandoned()).await.expect("it was dropped");
}

#[tokio::test]
async fn a_caller_has_so_many_answers_made_at_a_time_as_over_http() {
    let app = App::new(&[]).await;
    let served = Served::new(&app, HttpOptions { max_streams: 1, ..HttpOptions::default() }).await;
    app.models.generator.hold();
    let (mut one, mut other) = (served.open("llm").await, served.open("llm").await);
    one.begin("predict", 1, prediction("Hi.")).await;
    for _ in 0..500 {
        if !app.models.generator.requests().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    other.begin("predict", 1, prediction("Hi.")).await;
    let (_, end) = other.rest(1).await;
    assert_eq!(end["error"]["errorData"]["code"], "too_many_streams", "{end}");
    drop(one);
    timeout(PATIENCE, app.models.generator.abandoned()).await.expect("it was dropped");
}
