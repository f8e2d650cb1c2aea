//! `/v1/responses` over a WebSocket: each message asks for a response, whose events are those of a stream, one a frame. A
//! response can be gone on with on its connection though it is kept nowhere.
//!
//! The shapes are those of OpenAI's guide to its WebSocket mode and of Open Responses 2026-04-24. Messages run one after the
//! other in *lanes*: that of a `stream_id`, or the one of all messages without one.

mod frame;
mod lane;
mod session;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::ws::WebSocket;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{State, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use futures::StreamExt;
use futures::stream::SplitStream;
use quire_domain::ErrorKind;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::http::error::{ApiError, REQUEST_ID, request_id};
use crate::http::extract::base_url;
use crate::http::guard::access::socket::SocketGuard;
use crate::http::socket::{self, Heard, OUTBOX, Permits, hear, in_request};
use crate::http::state::AppState;
use frame::{Create, Frame, LaneName};
use lane::Waiting;
use session::Session;

/// The most lanes of a connection that have a name.
const MOST_NAMED: usize = 32;

/// Opens a connection.
pub async fn open(
    State(state): State<AppState>,
    headers: HeaderMap,
    guard: Option<Extension<SocketGuard>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let what = "Responses are asked for with POST, or over a WebSocket, which this is for.";
    let (guard, upgrade) = socket::upgrade(guard, upgrade, what)?;
    let caller = guard.admit(&[]).await?;
    let session = Arc::new(Session::new(caller, base_url(&headers)));
    let limit = state.options.max_json_bytes;
    let upgrade = upgrade.max_message_size(limit).max_frame_size(limit);
    let id = request_id();
    Ok(upgrade.on_upgrade(move |socket| REQUEST_ID.scope(id, serve(socket, state, session))))
}

/// Serves a connection until one of both ends leaves. Then everything that it asked for stops.
async fn serve(socket: WebSocket, state: AppState, session: Arc<Session>) {
    let (sink, frames) = socket.split();
    let (outbox, outgoing) = mpsc::channel(OUTBOX);
    let writing = tokio::spawn(socket::write(sink, outgoing));
    let connection = Connection {
        session,
        outbox,
        lanes: HashMap::new(),
        tasks: JoinSet::new(),
        permits: Permits::default(),
    };
    connection.listen(frames, &state).await;
    socket::finish(writing).await;
}

/// The reading end of a connection.
struct Connection {
    session: Arc<Session>,
    outbox: mpsc::Sender<Frame>,
    lanes: HashMap<LaneName, mpsc::UnboundedSender<Waiting>>,
    /// Those who serve the lanes. Dropping them stops them.
    tasks: JoinSet<()>,
    permits: Permits,
}

impl Connection {
    async fn listen(mut self, mut frames: SplitStream<WebSocket>, state: &AppState) {
        let end = Instant::now() + state.options.max_socket_age;
        let mut is_over = false;
        loop {
            tokio::select! {
                () = state.options.shutdown.cancelled() => break,
                () = self.outbox.closed() => break,
                () = sleep_until(end), if !is_over => {
                    is_over = true;
                    // Lanes end when they have answered what was asked.
                    self.lanes.clear();
                }
                Some(_ended) = self.tasks.join_next() => {}
                heard = hear(&mut frames) => match heard {
                    Some(Heard::Text(_)) if is_over => {
                        self.say(Frame::error(too_old(), LaneName::default())).await;
                    }
                    Some(Heard::Text(text)) => self.take(text.as_str()).await,
                    Some(Heard::Bytes) => {
                        let error = ApiError::invalid("Messages are texts of JSON, not bytes.");
                        self.say(Frame::error(error.code("invalid_json"), LaneName::default())).await;
                    }
                    None => break,
                },
            }
            if is_over && self.tasks.is_empty() {
                self.say(Frame::error(too_old(), LaneName::default())).await;
                break;
            }
        }
        self.tasks.shutdown().await;
    }

    /// Takes a message, and lets it wait in its lane.
    async fn take(&mut self, text: &str) {
        let Create { lane, body, is_generated } = match Create::read(text) {
            Ok(create) => create,
            Err((error, lane)) => return self.say(Frame::error(error, lane)).await,
        };
        let is_new = !self.lanes.contains_key(&lane);
        let name_count = self.lanes.keys().filter(|lane| lane.is_named()).count();
        if is_new && lane.is_named() && name_count >= MOST_NAMED {
            let message = format!(
                "This connection has {MOST_NAMED} distinct values of `stream_id`, the most there may be: use one of them again, or open another connection."
            );
            let error = ApiError::invalid(message).param("stream_id");
            return self
                .say(Frame::error(error.code("websocket_stream_limit_reached"), lane))
                .await;
        }
        let Some(permit) = self.permits.take(text.len()) else {
            let message = "Too much waits for an answer on this connection; send more when some of it has come.";
            return self.say(Frame::error(ApiError::new(ErrorKind::Busy, message), lane)).await;
        };
        let waiting = Waiting { body, is_generated, permit };
        if is_new {
            let (sender, receiver) = mpsc::unbounded_channel();
            let (session, outbox) = (Arc::clone(&self.session), self.outbox.clone());
            self.tasks.spawn(in_request(lane::serve(session, (lane.clone(), receiver), outbox)));
            self.lanes.insert(lane.clone(), sender);
        }
        if let Some(lane) = self.lanes.get(&lane) {
            // A lane ends only with its connection.
            let _sent = lane.send(waiting);
        }
    }

    async fn say(&self, frame: Frame) {
        // Whoever does not hear it has left, which the loop hears next.
        let _unheard = self.outbox.send(frame).await;
    }
}

fn too_old() -> ApiError {
    let message = "This connection has reached its age limit. Open another one to go on.";
    ApiError::invalid(message).code("websocket_connection_limit_reached")
}
