//! A lane: messages that are answered one after the other, each with one ending.

use std::sync::Arc;

use axum::http::StatusCode;
use quire_domain::Permission;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::frame::{Frame, LaneName};
use super::session::Session;
use crate::http::error::ApiError;
use crate::http::guard::access::policy::Need;
use crate::http::guard::streams::Length;
use crate::http::socket::caught;
use crate::http::turn::Delivery;
use crate::http::v1::responses::request::{Purpose, ResponseBody};
use crate::http::v1::responses::resource::Status;
use crate::http::v1::responses::telling::{self, Asker, Prepared};

/// What calls are recorded under.
const PATH: &str = "/v1/responses";

/// A message that waits for its answer.
pub struct Waiting {
    /// What is asked.
    pub body: ResponseBody,
    /// Whether it is answered, and not only read.
    pub is_generated: bool,
    /// Its share of what may wait.
    pub permit: OwnedSemaphorePermit,
}

/// Answers the messages of a lane until there are no more.
pub async fn serve(
    session: Arc<Session>,
    (lane, mut waiting): (LaneName, mpsc::UnboundedReceiver<Waiting>),
    outbox: mpsc::Sender<Frame>,
) {
    while let Some(Waiting { body, is_generated, permit }) = waiting.recv().await {
        let previous = body.previous_response_id.clone();
        let purpose = if is_generated { Purpose::Answer } else { Purpose::WarmUp };
        let turn = session.turns.acquire().await;
        let work = answer(&session, (&lane, &outbox), (body, purpose));
        let answered = caught(session.caller.serve(Box::pin(work))).await;
        drop((turn, permit));
        let status = answered.as_ref().map_or_else(|error| error.status, |()| StatusCode::OK);
        session.caller.record(PATH.to_owned(), status);
        if let Err(error) = answered {
            // What failed is not gone on with from here: the client sends the whole anew.
            session.forget(previous.as_deref());
            // Whoever does not hear it has left.
            let _unheard = outbox.send(Frame::error(error, lane.clone())).await;
        }
    }
}

/// Answers a message. What is refused before anything is told is an error.
async fn answer(
    session: &Session,
    (lane, outbox): (&LaneName, &mpsc::Sender<Frame>),
    (body, purpose): (ResponseBody, Purpose),
) -> Result<(), ApiError> {
    let _place = session.caller.allow(Need::Permission(Permission::Ask), Length::Long).await?;
    body.check_fields()?;
    let state = &session.caller.state;
    let previous = body.previous_response_id.clone();
    let earlier = match previous.as_deref().and_then(|id| session.find(id)) {
        Some(items) => items.to_vec(),
        None => telling::find_earlier(&state.services, &body).await.map_err(as_told_here)?,
    };
    let identity = Some(session.caller.identity());
    let asker = Asker { identity, base_url: session.base_url.clone() };
    let prepared = Prepared::read(body, purpose, (earlier, asker))?;
    let mut telling = match purpose {
        Purpose::Answer => Box::pin(prepared.begin(state, Delivery::Streamed)).await?,
        Purpose::WarmUp => prepared.warm_up(state).await?,
    };
    while let Some(events) = telling.next().await {
        match telling.status() {
            Status::InProgress => {}
            // Before it is told, so that whoever hears of its end can go on with it.
            Status::Completed | Status::Incomplete => session.remember(lane, telling.chat()),
            Status::Failed => session.forget(previous.as_deref()),
        }
        // A response that was begun has one last event, which tells what went wrong as well.
        for event in events.into_iter().filter(|event| !event.is_error()) {
            if outbox.send(Frame::event(event, lane.clone())).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Tells of an earlier response that is not there with the status that clients expect here.
fn as_told_here(error: ApiError) -> ApiError {
    let is_missing = error.detail.code.as_deref() == Some("previous_response_not_found");
    if is_missing { error.status(StatusCode::BAD_REQUEST, "invalid_request_error") } else { error }
}
