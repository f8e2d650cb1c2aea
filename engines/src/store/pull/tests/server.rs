//! A server of one file, which behaves as Hugging Face, a mirror or a bad connection does.

use std::net::SocketAddr;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};

/// What a server is asked, and how it behaves.
#[derive(Default)]
pub struct Served {
    /// Paths, `HEAD ` before those of which only the head was asked, and ranges, in order.
    pub requests: Mutex<Vec<(String, Option<String>)>>,
    /// The file.
    pub bytes: Vec<u8>,
    /// How many bytes of an answer come before the connection breaks, for the first request.
    pub breaks_after: Option<usize>,
    /// What is stated of the file beside a redirect to where it is, as Hugging Face does.
    pub linked_etag: Option<String>,
    /// What is stated with the file itself.
    pub etag: Option<String>,
}

/// Serves on a port of its own, until the test ends.
pub async fn serve(served: &'static Served) -> SocketAddr {
    async fn answer(
        State(served): State<&'static Served>,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
    ) -> Response {
        let range = headers.get(header::RANGE).map(|it| it.to_str().expect("text").to_owned());
        let first = {
            let mut requests = served.requests.lock().expect("the log");
            let head = if method == Method::HEAD { "HEAD " } else { "" };
            requests.push((format!("{head}{}", uri.path()), range.clone()));
            requests.len() == 1
        };
        if uri.path().starts_with("/moved/") {
            let there = uri.path().replacen("moved", "there", 1);
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, there)]).into_response();
        }
        if !uri.path().starts_with("/there/") && !uri.path().starts_with("/storage/") {
            return StatusCode::NOT_FOUND.into_response();
        }
        if let Some(tag) = served.linked_etag.clone().filter(|_| uri.path().starts_with("/there/"))
        {
            let headers = [
                ("location", uri.path().replacen("there", "storage", 1)),
                ("x-linked-etag", tag),
                ("x-linked-size", served.bytes.len().to_string()),
            ];
            return (StatusCode::FOUND, headers, "Found. Redirecting").into_response();
        }
        if method == Method::HEAD {
            let tag = served.etag.clone().unwrap_or_else(|| "\"storage's own\"".to_owned());
            return ([(header::ETAG, tag)], served.bytes.clone()).into_response();
        }
        let start = range.as_deref().and_then(|it| it.strip_prefix("bytes=")?.strip_suffix('-'));
        let status = if start.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let start: usize = start.map_or(0, |start| start.parse().expect("a number"));
        let rest = served.bytes[start..].to_vec();
        match served.breaks_after.filter(|_| first) {
            None => (status, rest).into_response(),
            Some(count) => {
                let whole = Ok(bytes::Bytes::from(rest[..count].to_vec()));
                let broken = async {
                    // The server sends what it has while a body makes it wait.
                    tokio::task::yield_now().await;
                    Err(std::io::Error::other("cut"))
                };
                let parts = stream::iter([whole]).chain(stream::once(broken));
                (status, Body::from_stream(parts)).into_response()
            }
        }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = Router::new().fallback(answer).with_state(served);
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Makes it live as long as the server.
pub fn served(served: Served) -> &'static Served {
    Box::leak(Box::new(served))
}

/// Takes the paths that were asked for so far out of the log.
pub fn paths(served: &Served) -> Vec<String> {
    served.requests.lock().expect("the log").drain(..).map(|(path, _)| path).collect()
}
