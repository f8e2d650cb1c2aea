//! Responses that are made though nobody waits for them. They are kept from their beginning on, and can be cancelled.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::StreamExt;
use quire_domain::ErrorKind;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::events::Encoder;
use super::kept::{self, Keeping};
use crate::http::error::{ApiError, of_request};
use crate::http::guard::caller;
use crate::http::state::AppState;
use crate::http::turn::step::Step;
use crate::http::turn::{self, Asked, Delivery};

/// Those that are being made now.
#[derive(Default)]
pub struct Background {
    running: Mutex<HashMap<String, CancellationToken>>,
}

impl Background {
    fn running(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a response, and gives it as it is kept now.
pub async fn start(
    state: &AppState,
    asked: Asked,
    (mut encoder, keeping): (Encoder, Keeping),
) -> Result<Value, ApiError> {
    keeping.put(&state.services, encoder.resource()).await?;
    let begun = json!(encoder.resource());
    let id = encoder.resource().id.clone();
    let stop = state.options.shutdown.child_token();
    state.background.running().insert(id.clone(), stop.clone());
    let state = state.clone();
    tokio::spawn(caller::serve(
        caller::current(),
        of_request(async move {
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
            keeping.finish(&state.services, encoder.resource()).await;
            state.background.running().remove(&id);
        }),
    ));
    Ok(begun)
}

/// Stops a response that is being made, and gives what is kept of it.
pub async fn cancel(state: &AppState, id: &str) -> Result<Value, ApiError> {
    let mut found = kept::get(&state.services, id).await?;
    let running = state.background.running().remove(id);
    let Some(stop) = running else {
        let status = found.resource["status"].as_str().unwrap_or("completed").to_owned();
        let message = format!(
            "The response `{id}` is {}; only one that is being made in the background can be cancelled.",
            status.replace('_', " ")
        );
        return Err(ApiError::invalid(message));
    };
    stop.cancel();
    found.resource["status"] = json!("cancelled");
    let resource = found.resource.clone();
    state.services.kept.put_response(id, found).await?;
    Ok(resource)
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
