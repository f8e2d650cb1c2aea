//! Server-sent events, as all faces send them.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::poll_fn;
use futures::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;

use super::error::{REQUEST_ID, request_id};

/// Sends events until they end or the server stops.
///
/// When the caller goes away the stream is dropped, which stops whatever makes the events.
pub fn reply(
    events: impl Stream<Item = Event> + Send + 'static,
    shutdown: &CancellationToken,
) -> Response {
    // The body is made after the handler has returned; what is logged then still names the request.
    let id = request_id();
    let mut events = Box::pin(events);
    let events = poll_fn(move |context| {
        REQUEST_ID.sync_scope(id.clone(), || events.as_mut().poll_next(context))
    });
    let events = events.take_until(shutdown.clone().cancelled_owned()).map(Ok::<_, Infallible>);
    // Only comments: a nameless or empty event breaks OpenAI's SDKs.
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(10)).text("keep-alive");
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    let no_buffering = HeaderName::from_static("x-accel-buffering");
    response.headers_mut().insert(no_buffering, HeaderValue::from_static("no"));
    response
}

/// Makes a data-only event.
pub fn data(value: &impl serde::Serialize) -> Event {
    Event::default().data(json(value))
}

/// Makes a named event.
pub fn named(name: &str, value: &impl serde::Serialize) -> Event {
    data(value).event(name)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("wire types have string keys and no foreign serializers")
}
