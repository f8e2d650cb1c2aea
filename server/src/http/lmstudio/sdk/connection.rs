//! One connection: whoever opened it says who they are, and then calls and channels run side by side until one of both
//! ends leaves. Then all of them stop.
//!
//! Nothing of a connection grows without bound. What a client has sent and not got an answer to costs permits, without
//! which nothing more is read; what it does not read fills a short queue, on which whoever answers waits; and one that
//! is silent, or reads nothing, is given up.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use axum::http::StatusCode;
use futures::StreamExt;
use futures::stream::SplitStream;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::embedding::Embeddings;
use super::endpoints::{self, Namespace, is_queued_elsewhere};
use super::error::{Refusal, WireError};
use super::frame::{ChannelWord, ClientFrame, Hello, ServerFrame, Welcome};
use super::session::{Channel, Session};
use crate::http::error::{ApiError, REQUEST_ID};
use crate::http::extract::read_json;
use crate::http::guard::access::socket::{SocketCaller, SocketGuard};
use crate::http::socket::{
    self, Heard, OUTBOX, Permits, WRITE_PATIENCE, caught, hear, in_request, text,
};
use crate::http::v1::error::unsupported;

/// How long the first packet may take.
const HELLO_PATIENCE: Duration = Duration::from_secs(10);

/// How many calls of a connection are answered at a time. The others wait: clients send many at once.
const CALLS: usize = 8;

/// A socket that is about to be opened.
pub struct Opened {
    /// What it is about.
    pub namespace: Namespace,
    /// Lets its calls through.
    pub guard: SocketGuard,
    /// Cancelled when the server stops.
    pub shutdown: CancellationToken,
    /// The identifier of the request that opened it.
    pub request_id: String,
}

/// Serves a socket until one of both ends leaves.
pub async fn serve(socket: WebSocket, opened: Opened) {
    let id = opened.request_id.clone();
    REQUEST_ID.scope(id, run(socket, opened)).await;
}

async fn run(mut socket: WebSocket, opened: Opened) {
    let Opened { namespace, guard, shutdown, .. } = opened;
    let admitted = tokio::select! {
        () = shutdown.cancelled() => None,
        admitted = admit(&mut socket, guard) => admitted,
    };
    let Some(caller) = admitted else { return };
    let (sink, frames) = socket.split();
    let (outbox, outgoing) = mpsc::channel(OUTBOX);
    let (embeddings, queue) = Embeddings::new();
    let session = Arc::new(Session { caller, embeddings });
    let mut tasks = JoinSet::new();
    let worker = Arc::clone(&session);
    tasks.spawn(in_request(async move {
        worker.caller.serve(queue.work(&worker.caller)).await;
        None
    }));
    let connection = Connection {
        namespace,
        session,
        outbox,
        channels: HashMap::new(),
        tasks,
        permits: Permits::default(),
        calls: Arc::new(Semaphore::new(CALLS)),
    };
    let writing = tokio::spawn(socket::write(sink, outgoing));
    connection.listen(frames, shutdown).await;
    // All tasks are over, and with them whoever could say more.
    socket::finish(writing).await;
}

/// Reads the first packet and answers it. Nothing is admitted if it does not come, or if it is not one.
async fn admit(socket: &mut WebSocket, guard: SocketGuard) -> Option<SocketCaller> {
    let heard = timeout(HELLO_PATIENCE, first_text(socket)).await.ok()??;
    let admitted = match read_json::<Hello>(heard.as_bytes()) {
        Ok(hello) if hello.auth_version == 1 => {
            guard.admit(&[hello.client_passkey.as_str(), hello.client_identifier.as_str()]).await
        }
        Ok(hello) => Err(ApiError::invalid(format!(
            "`authVersion` is {}; only 1 is known here.",
            hello.auth_version
        ))),
        Err(error) => Err(error),
    };
    let (caller, error) = match admitted {
        Ok(caller) => (Some(caller), None),
        Err(error) => (None, Some(error.detail.message)),
    };
    let welcome = Welcome { success: caller.is_some(), error };
    timeout(WRITE_PATIENCE, socket.send(text(&welcome))).await.ok()?.ok()?;
    caller
}

async fn first_text(socket: &mut WebSocket) -> Option<String> {
    loop {
        match socket.recv().await?.ok()? {
            Message::Text(text) => return Some(text.as_str().to_owned()),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Binary(_) | Message::Close(_) => return None,
        }
    }
}

/// The reading end of a connection.
struct Connection {
    namespace: Namespace,
    session: Arc<Session>,
    outbox: mpsc::Sender<ServerFrame>,
    /// The open channels, and what ends each.
    channels: HashMap<i64, CancellationToken>,
    /// Calls and channels; those of channels give their identifiers at the end. Dropping them stops them.
    tasks: JoinSet<Option<i64>>,
    permits: Permits,
    calls: Arc<Semaphore>,
}

/// What a frame calls or opens.
struct Asked {
    endpoint: String,
    parameter: Value,
    /// How many bytes the frame has.
    size: usize,
}

impl Connection {
    /// Reads until one of both ends leaves.
    async fn listen(mut self, mut frames: SplitStream<WebSocket>, shutdown: CancellationToken) {
        loop {
            let heard = tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.outbox.closed() => break,
                Some(done) = self.tasks.join_next() => {
                    if let Ok(Some(channel)) = done {
                        self.channels.remove(&channel);
                    }
                    continue;
                }
                heard = hear(&mut frames) => heard,
            };
            match heard {
                Some(Heard::Text(text)) => self.hear(text.as_str()).await,
                Some(Heard::Bytes) => {
                    self.warn("Frames are texts of JSON, not bytes.".to_owned()).await;
                }
                None => break,
            }
        }
        self.tasks.shutdown().await;
    }

    async fn hear(&mut self, text: &str) {
        let value: Value = match read_json(text.as_bytes()) {
            Ok(value) => value,
            Err(error) => return self.warn(error.detail.message).await,
        };
        let frame = match ClientFrame::deserialize(&value) {
            Ok(frame) => frame,
            Err(error) => return self.refuse(&value, &error.to_string()).await,
        };
        match frame {
            ClientFrame::RpcCall { endpoint, call_id, parameter } => {
                self.call(call_id, Asked { endpoint, parameter, size: text.len() }).await;
            }
            ClientFrame::ChannelCreate { endpoint, channel_id, creation_parameter } => {
                let asked = Asked { endpoint, parameter: creation_parameter, size: text.len() };
                self.open(channel_id, asked).await;
            }
            ClientFrame::ChannelSend { channel_id, message: ChannelWord::Cancel, ack_id } => {
                if let Some(ack_id) = ack_id {
                    self.say(ServerFrame::ChannelAck { channel_id, ack_id }).await;
                }
                // All that can be said is to end it; one that has ended already needs no telling.
                if let Some(channel) = self.channels.get(&channel_id) {
                    channel.cancel();
                }
            }
            ClientFrame::KeepAlive {} => self.say(ServerFrame::KeepAliveAck).await,
            ClientFrame::CommunicationWarning {} => {
                // What it says may hold what was said in a chat.
                tracing::debug!("a client of LM Studio did not understand something");
            }
            ClientFrame::SignalSubscribe { endpoint, subscribe_id } => {
                let error = no_signal(&endpoint);
                self.say(ServerFrame::SignalError { subscribe_id, error }).await;
            }
            ClientFrame::WritableSignalSubscribe { endpoint, subscribe_id } => {
                let error = no_signal(&endpoint);
                self.say(ServerFrame::WritableSignalError { subscribe_id, error }).await;
            }
            ClientFrame::WritableSignalUpdate { subscribe_id } => {
                let error = no_signal("update");
                self.say(ServerFrame::WritableSignalError { subscribe_id, error }).await;
            }
            ClientFrame::ChannelAck {}
            | ClientFrame::SignalUnsubscribe {}
            | ClientFrame::WritableSignalUnsubscribe {} => {}
        }
    }

    /// Answers a call beside others.
    async fn call(&mut self, call_id: i64, asked: Asked) {
        let Some(permit) = self.permits.wait(asked.size).await else { return };
        let (session, outbox) = (Arc::clone(&self.session), self.outbox.clone());
        let (namespace, calls) = (self.namespace, Arc::clone(&self.calls));
        self.tasks.spawn(in_request(async move {
            let _held = permit;
            let Asked { endpoint, parameter, .. } = asked;
            let turn = if is_queued_elsewhere(&endpoint) {
                None
            } else {
                calls.acquire_owned().await.ok()
            };
            let work = endpoints::call(&session, namespace, (&endpoint, parameter));
            let answered = caught(session.caller.serve(Box::pin(work))).await;
            drop(turn);
            note(&session, namespace, (&endpoint, answered.as_ref().err()));
            let frame = match answered {
                Ok(result) => ServerFrame::RpcResult { call_id, result },
                Err(refusal) => ServerFrame::RpcError { call_id, error: refusal.into() },
            };
            // Whoever does not hear it has left.
            let _unheard = outbox.send(frame).await;
            None
        }));
    }

    /// Serves a channel beside others.
    async fn open(&mut self, channel_id: i64, asked: Asked) {
        if self.channels.contains_key(&channel_id) {
            return self.warn(format!("The channel {channel_id} is open already.")).await;
        }
        let Some(permit) = self.permits.wait(asked.size).await else { return };
        let cancelled = CancellationToken::new();
        self.channels.insert(channel_id, cancelled.clone());
        let (session, outbox) = (Arc::clone(&self.session), self.outbox.clone());
        let namespace = self.namespace;
        self.tasks.spawn(in_request(async move {
            let _held = permit;
            let Asked { endpoint, parameter, .. } = asked;
            let channel = Channel::new(channel_id, outbox.clone(), cancelled);
            let work = endpoints::open(&session, namespace, (&endpoint, parameter), &channel);
            let served = caught(session.caller.serve(Box::pin(work))).await;
            note(&session, namespace, (&endpoint, served.as_ref().err()));
            let frame = match served {
                Ok(()) => ServerFrame::ChannelClose { channel_id },
                Err(refusal) => ServerFrame::ChannelError { channel_id, error: refusal.into() },
            };
            // Whoever does not hear it has left.
            let _unheard = outbox.send(frame).await;
            Some(channel_id)
        }));
    }

    /// Answers a frame that could not be read, if it can be told what it wanted.
    async fn refuse(&self, value: &Value, problem: &str) {
        let number = |name: &str| value.get(name).and_then(Value::as_i64);
        let message = format!("The frame cannot be read: {problem}.");
        let error = || Refusal::from(ApiError::invalid(&message).code("invalid_json")).into();
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
        match (kind, number("callId"), number("channelId")) {
            ("rpcCall", Some(call_id), _) => {
                self.say(ServerFrame::RpcError { call_id, error: error() }).await;
            }
            ("channelCreate", _, Some(channel_id)) => {
                self.say(ServerFrame::ChannelError { channel_id, error: error() }).await;
            }
            _ => self.warn(message).await,
        }
    }

    async fn warn(&self, warning: String) {
        self.say(ServerFrame::CommunicationWarning { warning }).await;
    }

    async fn say(&self, frame: ServerFrame) {
        // Whoever does not hear it has left, which the loop hears next.
        let _unheard = self.outbox.send(frame).await;
    }
}

fn no_signal(endpoint: &str) -> WireError {
    Refusal::from(unsupported("endpoint", &format!("Hearing of changes of `{endpoint}`"))).into()
}

fn note(session: &Session, namespace: Namespace, (endpoint, refusal): (&str, Option<&Refusal>)) {
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.error.status);
    session.caller.record(format!("/lmstudio/{}/{endpoint}", namespace.as_str()), status);
}
