//! What is called over a WebSocket. The guards see the request that opens it and none of the calls, so that they hand its
//! handler a [`SocketGuard`]: whoever opened it may still say who they are in its first packet, and of each call is asked
//! what is asked of a request: whether the key is still valid, what it allows, and how many answers are being made.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::StatusCode;
use quire_service::Reach;

use super::policy::Need;
use super::record::SocketCall;
use super::{Gate, Identity, allow, find_holder, sent_key, unauthorized};
use crate::http::error::ApiError;
use crate::http::guard::caller;
use crate::http::guard::streams::{Caller, Length, Place, peer_of};
use crate::http::paths::is_upgrade;
use crate::http::state::AppState;

/// Lets the calls of one WebSocket through.
#[derive(Clone)]
pub struct SocketGuard {
    gate: Gate,
    opener: Identity,
    /// The key that opened it, to be looked for again.
    key: Option<String>,
    peer: Option<IpAddr>,
}

/// Whoever is at the other end of a WebSocket.
pub struct SocketCaller {
    guard: SocketGuard,
    identity: Identity,
    /// What they reach.
    pub state: AppState,
}

impl SocketGuard {
    /// Returns whether a request opens a WebSocket.
    pub(super) fn is_for(request: &Request) -> bool {
        is_upgrade(request.headers())
    }

    /// Makes the guard of a WebSocket that is about to be opened.
    pub(super) fn new(gate: Gate, opener: &Identity, request: &Request) -> Self {
        let key = sent_key(request.headers()).filter(|_| matches!(opener, Identity::Key(_)));
        Self { gate, opener: opener.clone(), key, peer: peer_of(request.extensions()) }
    }

    /// Finds out who is at the other end, by what they send as keys; the first that was made here counts. Whoever opened
    /// the socket with a key stays its holder.
    pub async fn admit(mut self, sent: &[&str]) -> Result<SocketCaller, ApiError> {
        let mut identity = self.opener.clone();
        if matches!(identity, Identity::Machine | Identity::Stranger) {
            for key in sent {
                if let Some(holder) = find_holder(&self.gate.state, key).await? {
                    self.key = matches!(holder, Identity::Key(_)).then(|| (*key).to_owned());
                    identity = holder;
                    break;
                }
            }
        }
        let state = match &identity {
            Identity::Stranger => {
                return Err(unauthorized(
                    "A key is needed: send it as `clientPasskey`. On the machine that the server runs on, `quire keys create` makes one."
                        .to_owned(),
                ));
            }
            Identity::Key(key) => match key.collections.as_deref() {
                Some(names) => self.gate.state.within(Reach::only(names)),
                None => self.gate.state.clone(),
            },
            Identity::Machine | Identity::Owner => self.gate.state.clone(),
        };
        Ok(SocketCaller { guard: self, identity, state })
    }
}

impl SocketCaller {
    /// Names whoever calls, for models that serve callers in turn.
    pub fn caller(&self) -> quire_engines::Caller {
        caller::at(&self.identity, self.guard.peer)
    }

    /// Refuses a call that may not be made, and takes a place among the answers that are being made if it is one.
    pub async fn allow(&self, need: Need, length: Length) -> Result<Place, ApiError> {
        if let Some(key) = &self.guard.key {
            find_holder(&self.guard.gate.state, key).await?;
        }
        allow(&self.identity, need)?;
        let caller = Caller::at(&self.identity, self.guard.peer);
        self.guard.gate.state.streams.take(caller, need, length)
    }

    /// Shows who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Does work as one of the caller's.
    pub async fn serve<F: Future>(&self, work: F) -> F::Output {
        caller::serve(self.caller(), work).await
    }

    /// Refuses a call that needs more than it was let through for.
    pub fn require(&self, need: Need) -> Result<(), ApiError> {
        allow(&self.identity, need)
    }

    /// Writes down what came of a call, unless its caller is the owner.
    pub fn record(&self, path: String, status: StatusCode) {
        if self.identity.is_owner() {
            return;
        }
        let key = match &self.identity {
            Identity::Key(key) => Some(key.name.to_string()),
            Identity::Machine | Identity::Owner | Identity::Stranger => None,
        };
        let address = self.guard.peer.map(|peer| peer.to_string()).unwrap_or_default();
        self.guard.gate.recorder.note(SocketCall { key, address, path, status: status.as_u16() });
    }
}
