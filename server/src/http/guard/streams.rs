//! How many answers one caller may have made at a time, so that one of them cannot keep all others waiting. What is no
//! text, such as vectors, is made in a moment and waits for its turn: clients ask for hundreds at once, and may.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, Method};
use axum::response::Response;
use futures::StreamExt;
use http_body::Body as _;
use quire_domain::{ErrorKind, Permission};

use super::access::Identity;
use super::access::policy::Need;
use crate::http::error::ApiError;

/// Who is counted as one.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Caller {
    /// The holders of a key, by its name.
    Key(String),
    /// Whoever is at an address.
    Address(Option<IpAddr>),
}

impl Caller {
    /// Tells who calls.
    pub fn of(identity: &Identity, request: &Extensions) -> Self {
        Self::at(identity, peer_of(request))
    }

    /// Tells who calls from an address.
    pub fn at(identity: &Identity, peer: Option<IpAddr>) -> Self {
        match identity {
            Identity::Key(key) => Self::Key(key.id.to_string()),
            Identity::Machine | Identity::Owner | Identity::Stranger => Self::Address(peer),
        }
    }
}

/// Tells where a request comes from; one without an address did not come over a socket.
pub fn peer_of(extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(peer)| peer.ip().to_canonical())
}

/// How long what is asked for takes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Length {
    /// Text of a model, word by word.
    Long,
    /// Vectors, scores, tokens, and what is kept.
    Short,
}

/// What is short of what `ask` allows, though it is posted.
const SHORT: [&str; 9] = [
    "/v1/embeddings",
    "/v1/rerank",
    "/v1/tokenize",
    "/v1/detokenize",
    "/v1/messages/count_tokens",
    "/v1/responses/input_tokens",
    "/api/embed",
    "/api/embeddings",
    "/api/v0/embeddings",
];

/// How many short ones a caller may have for each answer.
const SHORT_PER_ANSWER: usize = 16;

impl Length {
    /// Tells how long what a request asks for takes.
    pub fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let is_short = request.method() != Method::POST
            || SHORT.contains(&path)
            || path.starts_with("/v1/conversations")
            // Whoever has no place left must be able to give one back.
            || path.starts_with("/v1/responses/") && path.ends_with("/cancel");
        if is_short { Self::Short } else { Self::Long }
    }
}

/// The answers that are being made.
#[derive(Clone)]
pub struct Streams {
    most: usize,
    open: Arc<Mutex<HashMap<(Caller, Length), usize>>>,
}

/// A place among them, given back when the last that holds it lets go. Every request that takes one carries it, so that
/// what goes on after the reply can hold it, too.
#[derive(Clone)]
pub struct Place {
    taken: Option<Arc<Taken>>,
}

/// The place of a caller.
struct Taken {
    streams: Streams,
    taker: (Caller, Length),
}

impl Streams {
    /// Allows each caller so many.
    pub fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// Takes a place for a request of the caller, if it is one that takes any.
    pub fn take(&self, caller: Caller, need: Need, length: Length) -> Result<Place, ApiError> {
        if need != Need::Permission(Permission::Ask) {
            return Ok(Place { taken: None });
        }
        let (most, what) = match length {
            Length::Long => (self.most, "answers to you are being made"),
            Length::Short => (self.most * SHORT_PER_ANSWER, "requests of yours are at work"),
        };
        let taker = (caller, length);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(taker.clone()).or_default();
        if *count >= most {
            let message =
                format!("{most} {what}, and that is the most at a time; wait for one to end.");
            return Err(ApiError::new(ErrorKind::Busy, message).code("too_many_streams"));
        }
        *count += 1;
        drop(open);
        Ok(Place { taken: Some(Arc::new(Taken { streams: self.clone(), taker })) })
    }
}

impl Place {
    /// Holds the place until the reply has been sent.
    pub fn keep(self, response: Response) -> Response {
        // A reply whose size is known has been made already.
        if self.taken.is_none() || response.body().size_hint().exact().is_some() {
            return response;
        }
        response.map(|body| {
            let pieces = body.into_data_stream().map(move |piece| {
                let _held = &self;
                piece
            });
            Body::from_stream(pieces)
        })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.taker) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.taker);
            }
        }
    }
}
