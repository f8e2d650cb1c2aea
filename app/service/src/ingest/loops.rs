//! The frame of a loop: step after step, a pause after a fault of the machine, an end at shutdown.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use quire_domain::{IngestEvent, IngestPause, IngestTask};
use quire_folder_sync::now_ms;

use super::fault::words_of;
use super::{Ingest, lock};
use crate::ServiceError;

/// The pause after the first fault; it doubles with each that follows.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// What a step came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// Something was done; there may be more.
    Worked,
    /// There is nothing to do until somebody wakes the loop.
    Idle,
}

/// What a loop does. An error is a fault of the machine: the step can be repeated.
#[async_trait]
pub(super) trait Work: Send {
    /// Which loop it is.
    fn task(&self) -> IngestTask;

    /// Does what can be done at once.
    async fn step(&mut self, ingest: &Arc<Ingest>) -> Result<Step, ServiceError>;

    /// Waits for the end of what it began in tasks of their own, and cuts it short.
    async fn stop(&mut self) {}
}

/// Does a step; a panic in it is a fault like others, and ends neither the loop nor the process.
pub(super) async fn step(ingest: &Arc<Ingest>, work: &mut dyn Work) -> Result<Step, ServiceError> {
    let task = work.task().as_str();
    match AssertUnwindSafe(work.step(ingest)).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => {
            tracing::error!("a step of {task} panicked: {}", words_of(panic.as_ref()));
            Err(ServiceError::Panicked { task })
        }
    }
}

/// Works until the service shuts down.
pub(super) async fn drive(ingest: Arc<Ingest>, mut work: impl Work) {
    let task = work.task();
    let mut stopping = ingest.parts.stopping.clone();
    let mut faults = 0;
    while !ingest.is_stopping() {
        let result = step(&ingest, &mut work).await;
        let pause = match result {
            Ok(step) => {
                faults = 0;
                ingest.go_on(task).await;
                if step == Step::Worked {
                    continue;
                }
                None
            }
            Err(error) => {
                let pause = pause_after(faults);
                faults += 1;
                ingest.pause(task, &error, pause).await;
                Some(pause)
            }
        };
        let wake = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => ingest.wakes[task as usize].notified().await,
            }
        };
        tokio::select! {
            () = wake => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    }
    work.stop().await;
}

/// Gives the pause after so many faults in a row before this one.
fn pause_after(faults: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << faults.min(16)).min(LONGEST_PAUSE)
}

impl Ingest {
    pub(super) async fn pause(&self, task: IngestTask, error: &ServiceError, pause: Duration) {
        let name = task.as_str();
        let seconds = pause.as_secs();
        tracing::error!(
            error = error as &dyn std::error::Error,
            "{name} wait {seconds} s after a fault: {error}"
        );
        let now = now_ms();
        let paused = {
            let mut known = lock(&self.pauses);
            let since_ms = known.get(&task).map_or(now, |before| before.since_ms);
            let retry_at_ms =
                now.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
            let paused = IngestPause { task, reason: error.to_string(), since_ms, retry_at_ms };
            known.insert(task, paused.clone());
            paused
        };
        self.tell_of_pause(Some(paused)).await;
    }

    pub(super) async fn go_on(&self, task: IngestTask) {
        if lock(&self.pauses).remove(&task).is_some() {
            tracing::info!("{} go on", task.as_str());
            self.tell_of_pause(None).await;
        }
    }

    /// Tells those who wait for documents why they wait.
    async fn tell_of_pause(&self, pause: Option<IngestPause>) {
        // If the catalog is what failed, health and the log tell.
        let Ok(collections) = self.parts.catalog.list_collections().await else { return };
        for collection in collections.into_iter().filter(|one| one.counts.pending > 0) {
            self.send(IngestEvent::Paused { collection: collection.name, pause: pause.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let seconds: Vec<u64> = [0, 1, 2, 8, 9, 40].map(|n| pause_after(n).as_secs()).to_vec();
        assert_eq!(seconds, [1, 2, 4, 256, 300, 300]);
    }
}
