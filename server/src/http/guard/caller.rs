//! Who calls, for whatever is asked of a model on their behalf: models serve callers in turn.

use std::future::Future;

use axum::extract::Request;
use quire_engines::Caller;

use super::access::Identity;
use super::streams;

tokio::task_local! {
    static CALLER: Caller;
}

/// Names whoever sent a request.
pub fn of(identity: &Identity, request: &Request) -> Caller {
    named(streams::Caller::of(identity, request.extensions()))
}

/// Names a caller.
pub fn named(sender: streams::Caller) -> Caller {
    match sender {
        streams::Caller::Key(key) => Caller::new(&format!("key {key}")),
        streams::Caller::Address(Some(address)) => Caller::new(&address.to_string()),
        streams::Caller::Address(None) => Caller::new("this program"),
    }
}

/// Answers a request as one of a caller's.
pub async fn serve<F: Future>(caller: Caller, reply: F) -> F::Output {
    CALLER.scope(caller, reply).await
}

/// Gives who sent the request that is being answered; work that goes on by itself is Quire's own.
pub fn current() -> Caller {
    CALLER.try_with(Caller::clone).unwrap_or_default()
}
