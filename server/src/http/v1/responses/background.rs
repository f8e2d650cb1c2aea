//! Responses that are made though nobody waits for them. They are kept from their beginning on, and can be cancelled.
//!
//! Completion, cancellation and deletion may come at once. Whoever settles a response first says what becomes of it, and
//! the others wait until that is written: a response ends in one state.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::StreamExt;
use quire_domain::ErrorKind;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::events::Encoder;
use super::kept::{self, Keeping};
use crate::http::error::{ApiError, of_request};
use crate::http::guard::caller;
use crate::http::guard::streams::Place;
use crate::http::state::AppState;
use crate::http::turn::step::Step;
use crate::http::turn::{self, Asked, Delivery};

/// Those that are being made now.
#[derive(Default)]
pub struct Background {
    running: Mutex<HashMap<String, Running>>,
}

/// One that is being made, or whose end is being written.
struct Running {
    stop: CancellationToken,
    /// Cancelled when its end has been written.
    written: CancellationToken,
    is_settled: bool,
}

/// The right to say what becomes of a response; it is over when this is dropped.
struct Settling {
    background: Arc<Background>,
    id: String,
    stop: CancellationToken,
}

/// Who says what becomes of a response.
enum Settled {
    /// Whoever asked.
    Ours(Settling),
    /// Somebody else, and this is cancelled when it has been written.
    Theirs(CancellationToken),
    /// It is not being made.
    Ended,
}

impl Background {
    fn running(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, id: &str, stop: CancellationToken) {
        let running = Running { stop, written: CancellationToken::new(), is_settled: false };
        self.running().insert(id.to_owned(), running);
    }

    fn settle(self: &Arc<Self>, id: &str) -> Settled {
        match self.running().get_mut(id) {
            None => Settled::Ended,
            Some(one) if one.is_settled => Settled::Theirs(one.written.clone()),
            Some(one) => {
                one.is_settled = true;
                let (background, stop) = (Arc::clone(self), one.stop.clone());
                Settled::Ours(Settling { background, id: id.to_owned(), stop })
            }
        }
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        if let Some(one) = self.background.running().remove(&self.id) {
            one.written.cancel();
        }
    }
}

/// Begins a response, and gives it as it is kept now. It holds the place of whoever asked until its end.
pub async fn start(
    state: &AppState,
    asked: Asked,
    (mut encoder, keeping, place): (Encoder, Keeping, Option<Place>),
) -> Result<Value, ApiError> {
    keeping.put(&state.services, encoder.resource()).await?;
    let begun = json!(encoder.resource());
    let id = encoder.resource().id.clone();
    let stop = state.options.shutdown.child_token();
    state.background.begin(&id, stop.clone());
    let state = state.clone();
    tokio::spawn(caller::serve(
        caller::current(),
        of_request(async move {
            let _held = place;
            let work = async {
                match turn::begin(&state, asked, Delivery::Streamed).await {
                    Ok(mut turn) => {
                        encoder.name_model(&turn.model);
                        while let Some(step) = turn.steps.next().await {
                            encoder.write(step);
                        }
                    }
                    Err(error) => drop(encoder.write(Step::Failed(error))),
                }
            };
            tokio::select! {
                // Whoever stops it says what became of it.
                () = stop.cancelled() => return,
                () = work => {}
            }
            if let Settled::Ours(_settling) = state.background.settle(&id) {
                keeping.finish(&state.services, encoder.resource()).await;
            }
        }),
    ));
    Ok(begun)
}

/// Stops a response that is being made, and gives what is kept of it. One that was cancelled before is given again.
pub async fn cancel(state: &AppState, id: &str) -> Result<Value, ApiError> {
    // Whoever does not know it is told so first.
    kept::get(&state.services, id).await?;
    match state.background.settle(id) {
        Settled::Ours(settling) => {
            settling.stop.cancel();
            let mut found = kept::get(&state.services, id).await?;
            found.resource["status"] = json!("cancelled");
            let resource = found.resource.clone();
            state.services.kept.put_response(id, found).await?;
            return Ok(resource);
        }
        Settled::Theirs(written) => written.cancelled().await,
        Settled::Ended => {}
    }
    let resource = show(state, id).await?;
    let status = resource["status"].as_str().unwrap_or("completed");
    if status == "cancelled" {
        return Ok(resource);
    }
    let message = format!(
        "The response `{id}` is {}; only one that is being made in the background can be cancelled.",
        status.replace('_', " ")
    );
    Err(ApiError::invalid(message))
}

/// Forgets a response; one that is being made is stopped.
pub async fn delete(state: &AppState, id: &str) -> Result<(), ApiError> {
    let settled = state.background.settle(id);
    match &settled {
        Settled::Ours(settling) => settling.stop.cancel(),
        Settled::Theirs(written) => written.cancelled().await,
        Settled::Ended => {}
    }
    let deleted = state.services.kept.delete_response(id).await;
    deleted.map_err(|error| kept::missing(error.into()))
}

/// Shows a response that is kept. One that nobody makes any more, though it has not ended, went with an earlier server.
pub async fn show(state: &AppState, id: &str) -> Result<Value, ApiError> {
    // Looked at before what is kept, since it goes from here when that is written.
    let is_running = state.background.running().contains_key(id);
    let mut resource = kept::get(&state.services, id).await?.resource;
    if !is_running && resource["status"] == "in_progress" {
        let message = "The server was stopped before the response was complete; ask again.";
        let error = ApiError::new(ErrorKind::Cancelled, message);
        resource["status"] = json!("failed");
        resource["error"] = json!({"code": error.detail.code, "message": error.detail.message});
    }
    Ok(resource)
}
