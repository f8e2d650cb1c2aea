//! Server-sent events and lines of JSON, as all faces send them.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;

/// Sends events until they end or the server stops.
///
/// When the caller goes away the stream is dropped, which stops whatever makes the events.
pub fn reply(
    events: impl Stream<Item = Event> + Send + 'static,
    shutdown: &CancellationToken,
) -> Response {
    let events = until(events, shutdown).map(Ok::<_, Infallible>);
    // Only comments: a nameless or empty event breaks OpenAI's SDKs.
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(10)).text("keep-alive");
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    let no_buffering = HeaderName::from_static("x-accel-buffering");
    response.headers_mut().insert(no_buffering, HeaderValue::from_static("no"));
    response
}

/// Sends values, each as JSON in a line of its own, until they end or the server stops.
pub fn lines<T: serde::Serialize>(
    values: impl Stream<Item = T> + Send + 'static,
    shutdown: &CancellationToken,
) -> Response {
    let lines = until(values, shutdown).map(|value| Ok::<_, Infallible>(json(&value) + "\n"));
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(lines)).into_response()
}

/// Ends a stream when the server stops.
fn until<T>(
    values: impl Stream<Item = T> + Send + 'static,
    shutdown: &CancellationToken,
) -> impl Stream<Item = T> + Send + 'static {
    values.take_until(shutdown.clone().cancelled_owned())
}

/// Makes a data-only event.
pub fn data(value: &impl serde::Serialize) -> Event {
    Event::default().data(json(value))
}

/// Makes a named event. The name is written first: some clients read an event line by line.
pub fn named(name: &str, value: &impl serde::Serialize) -> Event {
    Event::default().event(name).data(json(value))
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("wire types have string keys and no foreign serializers")
}
