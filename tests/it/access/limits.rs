//! What one caller may cost: slow heads and bodies, bodies that swell, uploads that are refused, answers at a time.

use std::io::Write;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use quire_server::HttpOptions;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{key_for, make_key, post};
use crate::harness::App;

/// A server on a socket that has little patience.
async fn impatient(app: &App) -> (quire_server::listen::Listening, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let options = HttpOptions {
        head_patience: Duration::from_millis(300),
        body_patience: Duration::from_millis(300),
        max_json_bytes: 1000,
        ..HttpOptions::default()
    };
    let server = quire_server::listen::start(listener, app.services.clone(), options);
    (server.expect("it starts"), address)
}

/// Sends bytes and reads what comes until the server closes, or for five seconds.
async fn exchange(address: &str, bytes: &[u8]) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(bytes).await.expect("it takes them");
    let mut read = Vec::new();
    let reading = stream.read_to_end(&mut read);
    tokio::time::timeout(Duration::from_secs(5), reading).await.ok()?.ok()?;
    Some(String::from_utf8_lossy(&read).into_owned())
}

#[tokio::test]
async fn a_head_that_does_not_come_and_a_body_that_stalls_are_given_up() {
    let app = App::new(&[]).await;
    let (server, address) = impatient(&app).await;
    for half in ["", "GET /health HTTP/1.1\r\nHost: localhost\r\nX-"] {
        let reply = exchange(&address, half.as_bytes()).await;
        assert!(reply.is_some(), "the connection stays open after {half:?}");
    }
    let half = "POST /api/collections HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
        Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"name\":";
    let reply = exchange(&address, half.as_bytes()).await.expect("it answers");
    assert!(reply.starts_with("HTTP/1.1 408"), "{reply}");
    assert!(reply.contains("request_timeout"), "{reply}");
    server.stop().await;
}

#[tokio::test]
async fn an_upload_that_is_refused_hears_why() {
    let app = App::new(&[]).await;
    let (server, address) = impatient(&app).await;
    let body = vec![b' '; 4 << 20];
    for (path, status) in [
        ("/api/collections", "413"),
        ("/api/none", "404"),
        ("/api/collections/none/documents", "400"),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        // Read only once all is written, as some clients do.
        let reply = exchange(&address, &[head.as_bytes(), &body].concat()).await;
        let reply = reply.expect("it answers");
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {reply}");
    }
    server.stop().await;
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn gzip_post(path: &str, body: Vec<u8>) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "gzip")
        .body(Body::from(body))
        .expect("a request")
}

#[tokio::test]
async fn every_route_takes_gzip_and_no_more_of_it_than_of_plain_text() {
    let options = HttpOptions {
        max_json_bytes: 1 << 20,
        max_unpacked_bytes: 2 << 20,
        ..HttpOptions::default()
    };
    let app = App::with_options(&["Hello."], options).await;
    let made = app.send(gzip_post("/api/collections", packed(br#"{"name":"packed"}"#))).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    let chat = br#"{"messages":[{"role":"user","content":"Hello?"}]}"#;
    let said = app.send(gzip_post("/v1/chat/completions", packed(chat))).await;
    assert_eq!(said.status.as_u16(), 200, "{}", said.text());
    for size in [(1 << 20) + 1, 8 << 20] {
        let bomb = packed(&vec![b' '; size]);
        assert!(bomb.len() < 20_000);
        app.send(gzip_post("/api/collections", bomb)).await.error(413, "too_large");
    }
    let request = Request::post("/api/collections").header(header::CONTENT_ENCODING, "br");
    let reply = app.send(request.body(Body::from("x")).expect("a request")).await;
    assert_eq!(reply.status.as_u16(), 415, "{}", reply.text());
}

#[tokio::test]
async fn one_caller_has_so_many_answers_at_a_time() {
    let options = HttpOptions { max_streams: 1, ..HttpOptions::default() };
    let app = App::with_options(&["One.", "Two.", "Three."], options).await;
    let ask = || {
        let body = r#"{"messages":[{"role":"user","content":"Hello?"}],"stream":true}"#;
        Request::post("/v1/chat/completions")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .expect("a request")
    };
    let open = app.begin(ask()).await;
    assert_eq!(open.status().as_u16(), 200);
    let refused = app.send(ask()).await;
    refused.error(429, "too_many_streams");
    assert_eq!(refused.header("retry-after"), "2");
    assert_eq!(app.get("/v1/models").await.status.as_u16(), 200, "other requests go on");
    let vectors = app.post("/v1/embeddings", &serde_json::json!({"input": "a"})).await;
    assert_eq!(vectors.status.as_u16(), 200, "vectors are no answer: {}", vectors.text());
    drop(open);
    assert_eq!(app.send(ask()).await.status.as_u16(), 200);
}

#[tokio::test]
async fn answers_that_nobody_waits_for_count_as_well() {
    let options = HttpOptions { max_streams: 1, ..HttpOptions::default() };
    let app = App::with_options(&[], options).await;
    app.models.generator.hold();
    app.fill("notes", &[("a.txt", b"One.")]).await;
    let body = serde_json::json!({"input": "Hi.", "background": true});
    let begun = app.post("/v1/responses", &body).await.json();
    assert_eq!(begun["status"], "in_progress", "{begun}");
    app.post("/v1/responses", &body).await.error(429, "too_many_streams");
    // A tool of the Model Context Protocol that has an answer made is no way around it.
    let call = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "ask", "arguments": {"question": "What is there?"}}});
    let request = Request::post("/mcp")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .body(Body::from(call.to_string()));
    let asked = app.send(request.expect("a request")).await.json();
    assert_eq!(asked["result"]["isError"], true, "{asked}");
    let said = asked["result"]["content"][0]["text"].as_str().expect("words");
    assert!(said.contains("the most at a time"), "{said}");
    let id = begun["id"].as_str().expect("an identifier");
    let cancel = format!("/v1/responses/{id}/cancel");
    let cancelled = app.post(&cancel, &serde_json::json!({})).await;
    assert_eq!(cancelled.status.as_u16(), 200, "who has no place left can give one back");
    app.models.generator.abandoned().await;
    // The place is given back once the task has ended, which may be a moment later.
    while app.post("/v1/responses", &body).await.status.as_u16() == 429 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_server_counts_what_it_does() {
    let app = App::new(&["Hello."]).await;
    app.fill("counted", &[("a.txt", b"One.")]).await;
    app.get("/api/collections/counted").await;
    app.get("/api/collections/none").await;
    app.get("/nothing/of/the/sort").await;
    let body = serde_json::json!({"messages": [{"role": "user", "content": "Hello?"}]});
    app.post("/v1/chat/completions", &body).await;
    let shown = app.get("/metrics").await.text();
    for line in [
        "quire_http_requests_total{method=\"GET\",route=\"/api/collections/{name}\",status=\"200\"} 1",
        "quire_http_requests_total{method=\"GET\",route=\"/api/collections/{name}\",status=\"404\"} 1",
        "quire_http_requests_total{method=\"any\",route=\"none\",status=\"404\"} 1",
        "quire_http_request_duration_seconds_bucket{le=\"0.005\",route=\"/api/collections/{name}\"}",
        "quire_tokens_total{kind=\"prompt\"}",
        "quire_documents 1",
    ] {
        assert!(shown.contains(line), "no `{line}` in\n{shown}");
    }
    assert!(!shown.contains("counted"), "names of collections are nobody's business");
}

#[tokio::test]
async fn callers_are_told_apart_to_the_model() {
    let app = App::new(&["Yes."; 3]).await;
    let hello = || json!({"messages": [{"role": "user", "content": "Hello"}]});
    let key = make_key(&app, &key_for(&["ask"])).await;
    app.post("/v1/chat/completions", &hello()).await;
    post(&app, "/v1/chat/completions", &key, hello()).await;
    post(&app, "/v1/chat/completions", &key, hello()).await;
    let requests = app.models.generator.requests();
    let [here, first, second] = requests.as_slice() else { panic!("{requests:?}") };
    assert_ne!(here.caller, first.caller);
    assert_eq!(first.caller, second.caller);
}
