//! What the calls and channels of one connection have in common, and the end of a channel that is written to.

use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::embedding::Embeddings;
use super::error::Refusal;
use super::frame::ServerFrame;
use crate::http::error::ApiError;
use crate::http::guard::access::socket::SocketCaller;
use crate::http::state::AppState;

/// A connection that was let in.
pub struct Session {
    /// Whoever is at the other end.
    pub caller: SocketCaller,
    /// Texts on their way to an embedding model.
    pub embeddings: Embeddings,
}

impl Session {
    /// Gives what the caller reaches.
    pub fn state(&self) -> &AppState {
        &self.caller.state
    }
}

/// An open channel. What is said over it after the connection has ended is heard by nobody; its task ends then.
pub struct Channel {
    id: i64,
    outbox: mpsc::Sender<ServerFrame>,
    /// Cancelled when the client wants it to end.
    pub cancelled: CancellationToken,
}

impl Channel {
    /// Opens a channel.
    pub fn new(id: i64, outbox: mpsc::Sender<ServerFrame>, cancelled: CancellationToken) -> Self {
        Self { id, outbox, cancelled }
    }

    /// Says something. It waits while the client reads nothing.
    pub async fn send(&self, message: &impl Serialize) -> Result<(), Refusal> {
        let frame = ServerFrame::ChannelSend { channel_id: self.id, message: wire(message)? };
        // Whoever does not hear it has left, and the task is about to be dropped.
        let _unheard = self.outbox.send(frame).await;
        Ok(())
    }
}

/// Writes something as JSON.
pub fn wire(value: &impl Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(value).map_err(|error| ApiError::internal(&error))
}
