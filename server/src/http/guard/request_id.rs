//! An identifier for each request: in the reply, in each line of the log that is about it, and in messages about inner
//! errors. Here requests are counted and written to the log of requests, too.
//!
//! A caller may bring an identifier of its own, as `x-request-id`, to find a request again in the logs of both.

use std::net::SocketAddr;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use super::access::Identity;
use super::answered::{Answered, Ending};
use crate::http::error::REQUEST_ID;
use crate::http::state::AppState;
use crate::log::access::{self, Caller};

/// The header of the identifier, in and out.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest identifier that is taken from a caller.
const LONGEST: usize = 128;

/// Names the request and says how long it took.
pub async fn assign(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = brought(request.headers()).unwrap_or_else(new_id);
    // At the level of errors, so that each line has it whatever is logged.
    let span = tracing::error_span!("request", id = %id);
    let method = request.method().to_string();
    let path = request.uri().path().to_owned();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical());
    let started = Instant::now();
    let answering = REQUEST_ID.scope(id.clone(), next.run(request));
    let mut response = answering.instrument(span.clone()).await;
    let head = started.elapsed();
    state.metrics.count_request(&method, &response, head);
    let duration_ms = head.as_millis();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(status, duration_ms, "{method} {path}"));
    let caller = caller(response.extensions().get::<Identity>());
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HEADER, value);
    }
    headers.insert(
        HeaderName::from_static("openai-processing-ms"),
        HeaderValue::from(duration_ms.min(u128::from(u64::MAX)) as u64),
    );
    let ending = state.options.access_log.clone().map(|log| {
        let whole = head;
        let id = id.clone();
        let request = access::Request {
            id,
            method,
            path,
            status,
            sent_bytes: 0,
            head,
            whole,
            caller,
            address,
        };
        Ending { log, request, started }
    });
    response.map(|body| Body::new(Answered::new(body, (id, span), ending)))
}

/// Takes the identifier that a caller brought, if it can stand in a line of a log.
fn brought(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(HEADER)?.to_str().ok()?;
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "-_.:".contains(sign);
    let is_fit = !id.is_empty() && id.len() <= LONGEST && id.chars().all(is_plain);
    is_fit.then(|| id.to_owned())
}

fn new_id() -> String {
    format!("req_{}", Uuid::now_v7().simple())
}

fn caller(identity: Option<&Identity>) -> Caller {
    match identity {
        None => Caller::Unknown,
        Some(Identity::Machine) => Caller::Machine,
        Some(Identity::Owner) => Caller::Owner,
        Some(Identity::Key(key)) => Caller::Key(key.name.to_string()),
        Some(Identity::Stranger) => Caller::Stranger,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_taken_if_it_can_stand_in_a_log() {
        let long = "x".repeat(LONGEST + 1);
        for (sent, expected) in [
            ("trace-1.2:3_4", Some("trace-1.2:3_4")),
            ("", None),
            ("two words", None),
            ("a\u{e9}", None),
            ("x\"}: done", None),
            (long.as_str(), None),
        ] {
            let value = HeaderValue::from_bytes(sent.as_bytes()).expect("a value");
            let headers = HeaderMap::from_iter([(HEADER, value)]);
            assert_eq!(brought(&headers).as_deref(), expected, "`{sent}`");
        }
    }
}
