//! Streamable HTTP, as the SDK has it sent: each message in a request of its own, whose reply is JSON or a stream of events. The
//! rest of a stream that the server broke off is asked for. A stream that a server opens by itself is not: lists of tools are
//! read again instead.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use axum::http::{HeaderName, HeaderValue, StatusCode};
use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Sse, SseStream};

use super::config::Place;

/// A place that cannot be reached should cost seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of one reply, events and all.
const LARGEST_REPLY: usize = 4 << 20;
/// The most redirections within the place.
const MOST_REDIRECTIONS: usize = 5;

const SESSION: &str = "mcp-session-id";
const LAST_EVENT: &str = "last-event-id";
const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

type Failure = StreamableHttpError<HttpError>;

/// A request that failed. The address is not shown, since keys are often part of it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HttpError(String);

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let cause =
            std::iter::successors(std::error::Error::source(&error), |cause| cause.source()).last();
        Self(cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}")))
    }
}

fn failed(error: reqwest::Error) -> Failure {
    StreamableHttpError::Client(error.into())
}

/// Sends messages to one place, and to nowhere it points at.
#[derive(Clone)]
pub struct HttpClient {
    client: Client,
}

impl HttpClient {
    /// Prepares for a place; nothing is sent yet.
    pub fn new(place: &Place) -> Result<Self, HttpError> {
        let origin = place.url.origin();
        let policy = Policy::custom(move |attempt| {
            // Headers with keys are for this place alone.
            if attempt.url().origin() == origin && attempt.previous().len() <= MOST_REDIRECTIONS {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(policy)
            .user_agent(concat!("quire/", env!("CARGO_PKG_VERSION")));
        let host = place.url.host_str().unwrap_or_default();
        // A proxy for the internet cannot reach a server on this machine.
        let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let builder = if is_local { builder.no_proxy() } else { builder };
        Ok(Self { client: builder.build()? })
    }
}

fn with_headers(
    request: RequestBuilder,
    session: Option<&str>,
    auth: Option<String>,
    headers: HashMap<HeaderName, HeaderValue>,
) -> RequestBuilder {
    let mut request = request.headers(headers.into_iter().collect::<HeaderMap>());
    if let Some(session) = session {
        request = request.header(SESSION, session);
    }
    match auth {
        Some(auth) => request.bearer_auth(auth),
        None => request,
    }
}

impl StreamableHttpClient for HttpClient {
    type Error = HttpError;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let is_request = matches!(message, ClientJsonRpcMessage::Request(_));
        let request = self.client.post(uri.as_ref()).header(ACCEPT, format!("{JSON}, {EVENTS}"));
        let request = with_headers(request, session_id.as_deref(), auth_header, custom_headers);
        let response = request.json(&message).send().await.map_err(failed)?;
        let status = response.status();
        if matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        if status == StatusCode::NOT_FOUND && session_id.is_some() {
            return Err(StreamableHttpError::SessionExpired);
        }
        let session = text_of(&response, SESSION);
        let kind = kind_of(&response);
        if status.is_success() && kind == EVENTS {
            let events = SseStream::from_bytes_stream(limited(response)).boxed();
            return Ok(StreamableHttpPostResponse::Sse(events, session));
        }
        if status.is_success() && !is_request {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        if kind == JSON {
            let body = read_all(response).await?;
            return match serde_json::from_slice::<ServerJsonRpcMessage>(&body) {
                Ok(message @ ServerJsonRpcMessage::Error(_)) => {
                    Ok(StreamableHttpPostResponse::Json(message, session))
                }
                Ok(message) if status.is_success() => {
                    Ok(StreamableHttpPostResponse::Json(message, session))
                }
                _ => Err(unexpected(status)),
            };
        }
        Err(unexpected(status))
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failure> {
        let request = self.client.delete(uri.as_ref());
        let request = with_headers(request, Some(session_id.as_ref()), auth_header, custom_headers);
        // A server that ends no sessions says so, and forgets them by itself.
        request.send().await.map(drop).map_err(failed)
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failure> {
        let Some(last_event) = last_event_id else {
            return Err(StreamableHttpError::ServerDoesNotSupportSse);
        };
        let request = self.client.get(uri.as_ref()).header(ACCEPT, EVENTS);
        let request = request.header(LAST_EVENT, last_event);
        let request = with_headers(request, session_id.as_deref(), auth_header, custom_headers);
        let response = request.send().await.map_err(failed)?;
        if response.status().is_success() && kind_of(&response) == EVENTS {
            return Ok(SseStream::from_bytes_stream(limited(response)).boxed());
        }
        Err(unexpected(response.status()))
    }
}

fn text_of(response: &Response, header: &str) -> Option<String> {
    response.headers().get(header).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Gives the type of a reply, without what is said of it beside.
fn kind_of(response: &Response) -> String {
    let kind = text_of(response, CONTENT_TYPE.as_str()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Says that a reply is none. Its body is not repeated: it may be anything.
fn unexpected(status: StatusCode) -> Failure {
    let hint = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "; set its key as a header in `mcp.json`"
        }
        status if status.is_redirection() => "; it points to another place, which is not followed",
        _ => "",
    };
    let text = format!("HTTP {status} without a message of the protocol{hint}");
    StreamableHttpError::UnexpectedServerResponse(Cow::Owned(text))
}

/// A reply that is larger than what is read.
#[derive(Debug)]
struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the reply is larger than {LARGEST_REPLY} bytes")
    }
}

impl std::error::Error for TooLarge {}

/// Gives the bytes of a reply until there are too many.
fn limited(response: Response) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + 'static {
    let mut read = 0_usize;
    response.bytes_stream().map(move |piece| {
        let piece = piece.map_err(|error| io::Error::other(HttpError::from(error)))?;
        read = read.saturating_add(piece.len());
        if read > LARGEST_REPLY { Err(io::Error::other(TooLarge)) } else { Ok(piece) }
    })
}

async fn read_all(response: Response) -> Result<Bytes, Failure> {
    let mut pieces = Box::pin(limited(response));
    let mut whole = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        whole.extend_from_slice(&piece?);
    }
    Ok(whole.freeze())
}
