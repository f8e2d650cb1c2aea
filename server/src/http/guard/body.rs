//! The bodies of requests on their way in: gzip or plain, no slower and no larger than is sensible, and read a little
//! further when they are refused.
//!
//! A client that sends nothing for a while is told so (408) instead of being waited for without end. What comes out of a
//! gzip body is what limits count, and has one of its own, since a small body can swell to any size. A reply that comes
//! before the body was read would reach many clients as a broken connection (`EPIPE`), so the rest is read and
//! dropped for a while beside the reply.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use async_compression::tokio::bufread::GzipDecoder;
use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::poll_fn;
use futures::{Stream, StreamExt, TryStreamExt};
use http_body::Body as _;
use quire_domain::ErrorKind;
use tokio::time::{Sleep, sleep, timeout};
use tokio_util::io::{ReaderStream, StreamReader};

use crate::http::error::ApiError;
use crate::http::state::AppState;

/// How long the rest of a refused body is read for.
const DRAIN_TIME: Duration = Duration::from_secs(10);
/// How much of it.
const DRAIN_BYTES: usize = 64 << 20;

/// What went wrong with a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    /// Nothing came for too long.
    Stalled(Duration),
    /// More came out of gzip than is allowed.
    Swollen(u64),
}

impl Fault {
    fn reply(self) -> Response {
        match self {
            Self::Stalled(limit) => ApiError::invalid(format!(
                "Nothing more of the request came for {} seconds.",
                limit.as_secs_f32()
            ))
            .status(StatusCode::REQUEST_TIMEOUT, "invalid_request_error")
            .code("request_timeout"),
            Self::Swollen(limit) => ApiError::new(
                ErrorKind::TooLarge,
                format!(
                    "What is in the gzip body is over {limit} bytes, the most that is unpacked."
                ),
            ),
        }
        .into_response()
    }
}

/// A body that the handler and the guard have in common.
struct Shared {
    pieces: Mutex<BodyDataStream>,
    fault: Mutex<Option<Fault>>,
}

impl Shared {
    fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, axum::Error>>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context)
    }

    fn note(&self, fault: Fault) -> std::io::Error {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
        std::io::Error::other("the request body was given up")
    }

    fn fault(&self) -> Option<Fault> {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Watches over the body of a request.
pub async fn watch(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_gzip = match encoding(&request) {
        Ok(is_gzip) => is_gzip,
        Err(error) => return error.into_response(),
    };
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let pieces = Mutex::new(body.into_data_stream());
    let shared = Arc::new(Shared { pieces, fault: Mutex::default() });
    let patience = state.options.body_patience;
    let timed = in_time(Arc::clone(&shared), patience);
    let body = if is_gzip {
        parts.headers.remove(header::CONTENT_ENCODING);
        parts.headers.remove(header::CONTENT_LENGTH);
        Body::from_stream(unpacked(timed, Arc::clone(&shared), state.options.max_unpacked_bytes))
    } else {
        Body::from_stream(timed)
    };
    let response = next.run(Request::from_parts(parts, body)).await;
    if let Some(fault) = shared.fault() {
        return fault.reply();
    }
    // Whoever still reads it is the handler of a stream, and not done with it.
    if Arc::strong_count(&shared) == 1 {
        tokio::spawn(drain(shared));
    }
    response
}

/// Tells whether a body is gzip; one that is packed otherwise is refused.
fn encoding(request: &Request) -> Result<bool, ApiError> {
    let encoding = request.headers().get(header::CONTENT_ENCODING);
    let encoding = encoding.map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase());
    match encoding.as_deref() {
        None | Some("" | "identity") => Ok(false),
        Some("gzip" | "x-gzip") => Ok(true),
        Some(other) => {
            let message = format!("Bodies may be plain or gzip, not `{other}`.");
            Err(ApiError::new(ErrorKind::Unsupported, message))
        }
    }
}

/// Gives the pieces of a body, and an error once nothing has come for too long. Time in which nobody wants a piece does
/// not count.
fn in_time(
    shared: Arc<Shared>,
    patience: Duration,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let mut waiting: Option<Pin<Box<Sleep>>> = None;
    poll_fn(move |context| match shared.poll(context) {
        Poll::Ready(piece) => {
            waiting = None;
            Poll::Ready(piece.map(|piece| piece.map_err(std::io::Error::other)))
        }
        Poll::Pending => {
            let waiting = waiting.get_or_insert_with(|| Box::pin(sleep(patience)));
            waiting
                .as_mut()
                .poll(context)
                .map(|()| Some(Err(shared.note(Fault::Stalled(patience)))))
        }
    })
}

/// Unpacks gzip as it is read.
fn unpacked(
    packed: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    shared: Arc<Shared>,
    limit: u64,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    let packed = StreamReader::new(Box::pin(packed));
    let mut total = 0_u64;
    ReaderStream::new(GzipDecoder::new(packed)).and_then(move |piece| {
        total += piece.len() as u64;
        let piece = if total > limit { Err(shared.note(Fault::Swollen(limit))) } else { Ok(piece) };
        std::future::ready(piece)
    })
}

/// Reads what is left of a body, so that the client comes to read the reply.
async fn drain(shared: Arc<Shared>) {
    let mut left = DRAIN_BYTES;
    let reading = async {
        while let Some(Ok(piece)) = futures::future::poll_fn(|context| shared.poll(context)).await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                break;
            }
        }
    };
    // The time is over, or the end was reached: either is as good.
    let _ended = timeout(DRAIN_TIME, reading).await;
}
