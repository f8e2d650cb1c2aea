//! The WebSocket, as all protocols over it have it: how it is opened and written to, and when whoever is at the other end is
//! given up.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use axum::http::StatusCode;
use bytes::Bytes;
use futures::stream::{SplitSink, SplitStream};
use futures::{FutureExt, SinkExt, StreamExt};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at, timeout};

use super::error::{ApiError, REQUEST_ID, request_id};
use super::guard::access::socket::SocketGuard;

/// How many frames may wait to be sent: enough that a stream of tokens does not stutter.
pub const OUTBOX: usize = 64;

/// How long a client may not take what is sent to it.
pub const WRITE_PATIENCE: Duration = Duration::from_mins(1);

/// How often a client is asked if it is still there, and how long it may be silent.
const PING: Duration = Duration::from_secs(30);
const SILENCE: Duration = Duration::from_secs(100);

/// How long the last words may take.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The bytes of a frame that a permit is for, and how many there are: what was sent and is not answered may come to
/// 128 MiB or 8,192 frames.
const PERMIT_BYTES: usize = 16 << 10;
const PERMITS: u32 = 8192;

/// Takes a request that opens a WebSocket apart; any other is told `what` the path is for.
pub fn upgrade(
    guard: Option<Extension<SocketGuard>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    what: &str,
) -> Result<(SocketGuard, WebSocketUpgrade), ApiError> {
    let (Some(Extension(guard)), Ok(upgrade)) = (guard, upgrade) else {
        let error = ApiError::invalid(what).code("upgrade_required");
        return Err(error.status(StatusCode::UPGRADE_REQUIRED, "invalid_request_error"));
    };
    Ok((guard, upgrade))
}

/// What was heard.
pub enum Heard {
    /// A text.
    Text(Utf8Bytes),
    /// Bytes.
    Bytes,
}

/// Waits for the next frame; nothing if the other end has left, sent what is no frame or too large a one, or is silent for
/// too long.
pub async fn hear(frames: &mut SplitStream<WebSocket>) -> Option<Heard> {
    loop {
        match timeout(SILENCE, frames.next()).await.ok()??.ok()? {
            Message::Text(text) => return Some(Heard::Text(text)),
            Message::Binary(_) => return Some(Heard::Bytes),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return None,
        }
    }
}

/// Sends what is said, and asks now and then if anybody is there.
pub async fn write<T: Serialize>(
    mut sink: SplitSink<WebSocket, Message>,
    mut outgoing: mpsc::Receiver<T>,
) {
    let mut pings = interval_at(Instant::now() + PING, PING);
    loop {
        let message = tokio::select! {
            frame = outgoing.recv() => match frame {
                Some(frame) => text(&frame),
                None => break,
            },
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        match timeout(WRITE_PATIENCE, sink.send(message)).await {
            Ok(Ok(())) => {}
            // The reader hears of it, since nobody takes what is said any more.
            Ok(Err(_)) | Err(_) => return,
        }
    }
    let close = CloseFrame { code: close_code::AWAY, reason: "".into() };
    // Whoever has left does not hear it.
    let _unheard = sink.send(Message::Close(Some(close))).await;
}

/// Waits a little until the last words are written.
pub async fn finish(mut writing: JoinHandle<()>) {
    if timeout(LAST_WORDS, &mut writing).await.is_err() {
        writing.abort();
    }
}

/// Writes a frame.
#[expect(clippy::missing_panics_doc, reason = "what is sent can be written as JSON")]
pub fn text(value: &impl Serialize) -> Message {
    let text = serde_json::to_string(value);
    Message::Text(text.expect("wire types have string keys and no foreign serializers").into())
}

/// Has what is logged name the request that opened the socket.
pub fn in_request<F: Future>(work: F) -> impl Future<Output = F::Output> {
    REQUEST_ID.scope(request_id(), work)
}

/// Makes a panic the failure of one call.
pub async fn caught<T, E: From<ApiError>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|_| Err(ApiError::internal(&"a call over a WebSocket panicked").into()))
}

/// How much of what a client has sent may wait for its answer.
#[derive(Clone)]
pub struct Permits(Arc<Semaphore>);

impl Default for Permits {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PERMITS as usize)))
    }
}

impl Permits {
    /// Waits until a frame of so many bytes may be worked on.
    pub async fn wait(&self, size: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).acquire_many_owned(Self::wanted(size)).await.ok()
    }

    /// Lets a frame of so many bytes wait, unless too much does.
    pub fn take(&self, size: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_many_owned(Self::wanted(size)).ok()
    }

    fn wanted(size: usize) -> u32 {
        u32::try_from(size / PERMIT_BYTES).unwrap_or(PERMITS).clamp(1, PERMITS)
    }
}
