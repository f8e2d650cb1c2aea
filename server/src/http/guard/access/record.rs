//! The record of requests that came with a key or from another machine: when, by whom, what, and what came of it. Never
//! the key, a query, a question or an answer. The owner reads it with `quire keys log`.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use quire_domain::AccessRecord;
use quire_folder_sync::now_ms;
use quire_service::Services;
use tokio::sync::mpsc;

use crate::http::error::request_id;

/// How many requests may wait to be written down; if more come at once, what is lost is counted in the log.
const WAITING: usize = 1024;
/// The most that are written at once.
const TOGETHER: usize = 256;
/// What stands in place of a method for a call over a WebSocket.
const SOCKET_METHOD: &str = "WS";
/// The longest path that is kept whole.
const LONGEST_PATH: usize = 300;

/// Takes down requests beside answering them.
#[derive(Clone)]
pub struct Recorder {
    sender: mpsc::Sender<AccessRecord>,
}

/// A call over a WebSocket that has been answered.
pub struct SocketCall {
    /// The name of the key that opened it.
    pub key: Option<String>,
    /// Where it came from.
    pub address: String,
    /// What was called.
    pub path: String,
    /// The status that an HTTP reply would have.
    pub status: u16,
}

/// A request that is being answered.
pub struct Entry {
    recorder: Recorder,
    record: AccessRecord,
}

impl Recorder {
    /// Starts writing; it ends with the last recorder.
    pub fn start(services: Services) -> Self {
        let (sender, mut receiver) = mpsc::channel(WAITING);
        // A router that is made outside a runtime answers nobody.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let mut records = Vec::new();
                while receiver.recv_many(&mut records, TOGETHER).await > 0 {
                    let together = std::mem::take(&mut records);
                    if let Err(error) = services.access.record(together).await {
                        tracing::error!("requests could not be recorded: {error}");
                    }
                }
            });
        }
        Self { sender }
    }

    /// Begins the record of a request.
    pub fn begin(&self, request: &Request, key: Option<String>) -> Entry {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let record = AccessRecord {
            at: now_ms(),
            key,
            address: peer.map(|ConnectInfo(peer)| peer.ip().to_string()).unwrap_or_default(),
            method: request.method().to_string(),
            path: request.uri().path().chars().take(LONGEST_PATH).collect(),
            status: 0,
            request_id: request_id(),
        };
        Entry { recorder: self.clone(), record }
    }

    /// Writes down a call over a WebSocket.
    pub fn note(&self, call: SocketCall) {
        let SocketCall { key, address, path, status } = call;
        let path = path.chars().take(LONGEST_PATH).collect();
        let (method, request_id) = (SOCKET_METHOD.to_owned(), request_id());
        self.send(AccessRecord { at: now_ms(), key, address, method, path, status, request_id });
    }

    fn send(&self, record: AccessRecord) {
        if self.sender.try_send(record).is_err() {
            tracing::warn!("too many requests at once; one is missing in the record of access");
        }
    }
}

impl Entry {
    /// Writes down what came of it.
    pub fn end(self, response: Response) -> Response {
        let record = AccessRecord { status: response.status().as_u16(), ..self.record };
        self.recorder.send(record);
        response
    }
}
