//! Who may do what: whoever sits before this machine may do everything, and whoever holds a key what the key allows.
//!
//! A key is wanted of every request that did not begin on this machine, whether a socket says so or a proxy, and of all
//! requests if the server was told to. A key that was made here must be valid wherever it comes from, and binds also
//! on this machine. What clients send to servers that want no key, such as `lm-studio`, counts for nothing. A key that
//! opens some collections only is answered by routes of its own, behind which there are no others: see [`limited`].

pub mod credentials;
pub mod policy;

mod limited;
mod record;
pub mod socket;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use quire_domain::{AccessKey, ErrorKind, Permission};
use quire_service::access::{FoundKey, KEY_PREFIX, show_permissions};
use tower::ServiceExt;

use super::caller;
use super::local::is_local;
use super::streams::{Caller, Length};
use crate::http::error::ApiError;
use crate::http::state::AppState;
use credentials::sent_key;
use limited::Limited;
use policy::{Need, need_of};
use record::Recorder;
use socket::SocketGuard;

/// Who calls.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Somebody on this machine.
    Machine,
    /// Somebody with the owner's token, which a command reads in the data folder.
    Owner,
    /// The holder of a key.
    Key(Arc<AccessKey>),
    /// Somebody elsewhere.
    Stranger,
}

impl Identity {
    /// Returns whether everything is allowed.
    pub fn is_owner(&self) -> bool {
        matches!(self, Self::Machine | Self::Owner)
    }
}

/// What the check works with.
#[derive(Clone)]
pub struct Gate {
    state: AppState,
    limited: Arc<Limited>,
    recorder: Recorder,
}

impl Gate {
    /// Makes the gate of a server.
    pub fn new(state: AppState) -> Self {
        let recorder = Recorder::start(state.services.clone());
        Self { state, limited: Arc::default(), recorder }
    }
}

/// Lets a request through to what its caller may use.
pub async fn check(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let identity = match identify(&gate.state, request.headers(), request.extensions()).await {
        Ok(identity) => identity,
        Err(error) => {
            let entry = gate.recorder.begin(&request, None);
            return entry.end(ask_for_key(error, &request));
        }
    };
    let need = need_of(request.method(), request.uri().path());
    let name = match &identity {
        Identity::Key(key) => Some(key.name.to_string()),
        _ => None,
    };
    let is_recorded = !identity.is_owner();
    let entry = is_recorded.then(|| gate.recorder.begin(&request, name));
    let response = match allow(&identity, need) {
        Ok(()) => {
            let sender = Caller::of(&identity, request.extensions());
            match gate.state.streams.take(sender, need, Length::of(&request)) {
                Ok(place) => {
                    let caller = caller::of(&identity, &request);
                    if SocketGuard::is_for(&request) {
                        let guard = SocketGuard::new(gate.clone(), &identity, &request);
                        request.extensions_mut().insert(guard);
                    }
                    request.extensions_mut().insert(identity.clone());
                    request.extensions_mut().insert(place.clone());
                    let reply = forward(&gate, &identity, request, next);
                    place.keep(caller::serve(caller, reply).await)
                }
                Err(error) => error.into_response(),
            }
        }
        Err(error) if error.status == StatusCode::UNAUTHORIZED => ask_for_key(error, &request),
        Err(error) => error.into_response(),
    };
    let mut response = match entry {
        Some(entry) => entry.end(response),
        None => response,
    };
    // For the log of requests.
    response.extensions_mut().insert(identity);
    response
}

/// Finds out who calls; a key that was made here and is not valid is an error.
async fn identify(
    state: &AppState,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Identity, ApiError> {
    // A request within this process, on behalf of one that was let in.
    if let Some(identity) = extensions.get::<Identity>() {
        return Ok(identity.clone());
    }
    if let Some(key) = sent_key(headers)
        && let Some(holder) = find_holder(state, &key).await?
    {
        return Ok(holder);
    }
    let is_open = !state.options.callers.require_key && is_local(headers, extensions);
    Ok(if is_open { Identity::Machine } else { Identity::Stranger })
}

/// Finds out whose a key is; nobody's if it is none that was made here. One that is not valid any more is an error.
async fn find_holder(state: &AppState, key: &str) -> Result<Option<Identity>, ApiError> {
    if state.options.owner_token.as_ref().is_some_and(|token| token.is(key)) {
        return Ok(Some(Identity::Owner));
    }
    if !key.starts_with(KEY_PREFIX) {
        return Ok(None);
    }
    match state.services.access.find(key).await? {
        FoundKey::Valid(key) => Ok(Some(Identity::Key(Arc::new(key)))),
        FoundKey::Ended(key) => Err(unauthorized(format!(
            "The key `{}` has expired. Make another one with `quire keys create`.",
            key.name
        ))),
        FoundKey::Unknown => Err(unauthorized(
            "This key is not valid: it was revoked, or is not one of this server's.".to_owned(),
        )),
    }
}

/// Refuses what a caller may not do.
pub fn allow(identity: &Identity, need: Need) -> Result<(), ApiError> {
    match (identity, need) {
        (Identity::Machine | Identity::Stranger | Identity::Key(_), Need::Command) => {
            Err(forbidden(
                "Only a command of whoever owns the data folder may do this: `quire server stop`."
                    .to_owned(),
            ))
        }
        (_, Need::Nothing)
        | (Identity::Machine | Identity::Owner, _)
        | (Identity::Stranger, Need::OwnKeys | Need::OwnKeysOr(_))
        | (Identity::Key(_), Need::AnyKey | Need::OwnKeysOr(None)) => Ok(()),
        (Identity::Stranger | Identity::Key(_), Need::Owner) => Err(forbidden(
            "Only somebody on the machine that the server runs on may do this.".to_owned(),
        )),
        (Identity::Stranger, _) => Err(unauthorized(
            "A key is needed: send `Authorization: Bearer KEY` or `x-api-key: KEY`. On the machine that the server runs on, `quire keys create` makes one."
                .to_owned(),
        )),
        (Identity::Key(key), Need::Permission(wanted) | Need::OwnKeysOr(Some(wanted))) => {
            if key.allow.contains(&wanted) {
                return Ok(());
            }
            Err(forbidden(format!(
                "The key `{}` may {}; this needs `{wanted}`.",
                key.name,
                show_permissions(&key.allow)
            )))
        }
        (Identity::Key(key), Need::Models) => {
            let may_write = key.allow.contains(&Permission::Write);
            if may_write && key.collections.is_none() {
                return Ok(());
            }
            Err(forbidden(format!(
                "The key `{}` may not change which models there are: that needs `write`, and a key for all collections.",
                key.name
            )))
        }
        (Identity::Key(_), Need::OwnKeys) => Err(forbidden(
            "Sync takes the key of a paired device, not this one: pair the device on the page `Sources`.".to_owned(),
        )),
    }
}

/// Refuses the tools of servers to whoever may not use them. Chats need nothing but `ask`, so that the handler asks this
/// when a request names a server.
pub fn allow_tools(identity: Option<&Identity>) -> Result<(), ApiError> {
    // A request that passed no guard is nobody's.
    let identity = identity.unwrap_or(&Identity::Stranger);
    allow(identity, Need::Permission(Permission::Tools))
}

async fn forward(gate: &Gate, identity: &Identity, request: Request, next: Next) -> Response {
    let limit = match identity {
        Identity::Key(key) => key.collections.as_deref(),
        _ => None,
    };
    let Some(names) = limit else { return next.run(request).await };
    let routes = gate.limited.routes(&gate.state, names);
    match routes.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn unauthorized(message: String) -> ApiError {
    ApiError::new(ErrorKind::InvalidInput, message)
        .status(StatusCode::UNAUTHORIZED, "authentication_error")
        .code("invalid_api_key")
}

fn forbidden(message: String) -> ApiError {
    ApiError::new(ErrorKind::InvalidInput, message)
        .status(StatusCode::FORBIDDEN, "permission_error")
        .code("insufficient_permissions")
}

/// Refuses in a way that has a browser ask for the key, with which it then opens the pages: as the password.
fn ask_for_key(error: ApiError, request: &Request) -> Response {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let is_page = accepted.is_some_and(|accepted| accepted.contains("text/html"));
    let scheme = if is_page {
        "Basic realm=\"Quire: any name, and a key as the password\", charset=\"UTF-8\""
    } else {
        "Bearer realm=\"Quire\""
    };
    let mut response = error.into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    response
}
