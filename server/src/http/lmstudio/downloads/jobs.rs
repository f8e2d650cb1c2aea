//! Downloads of models: jobs that go on when whoever asked for them is gone, and how far each is. They are in the memory of the
//! server; what of a model is here is on disk, and a new job goes on from there.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quire_domain::ErrorKind;
use quire_engines::PullProgress;
use quire_engines::store::Reference;
use quire_folder_sync::now_ms;
use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::http::error::{ApiError, of_request};
use crate::http::lmstudio::error::ErrorDetail;
use crate::http::moment::moment;
use crate::http::pulling::Pulling;

/// The most downloads at a time: more share one line and come no sooner.
const MOST_RUNNING: usize = 4;
/// The most jobs that are known; of those that ended the oldest are forgotten.
const MOST_KNOWN: usize = 64;

/// The jobs of a server, oldest first.
#[derive(Debug, Default)]
pub struct Downloads {
    jobs: Mutex<VecDeque<Arc<Job>>>,
}

/// The download of one model.
#[derive(Debug)]
pub struct Job {
    id: String,
    wanted: Reference,
    started_at_ms: i64,
    state: watch::Sender<JobState>,
}

/// How far a job is.
#[derive(Clone, Debug, Default)]
struct JobState {
    progress: Option<Progress>,
    end: Option<End>,
}

/// What has come.
#[derive(Clone, Debug)]
struct Progress {
    begun: Instant,
    /// What was here when it began.
    first_bytes: u64,
    done_bytes: u64,
    total_bytes: Option<u64>,
}

#[derive(Clone, Debug)]
enum End {
    Completed { at_ms: i64 },
    Failed(ApiError),
}

/// How a job began.
#[derive(Debug)]
pub enum Beginning {
    /// Something of the model comes, or it is not known yet if something will.
    UnderWay,
    /// Nothing had to come.
    WasThere,
    /// Nothing came.
    Failed(ApiError),
}

/// How far a download is, as LM Studio tells it.
#[derive(Debug, Default, Serialize)]
pub struct DownloadStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<String>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_size_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    downloaded_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_completion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<String>,
    /// Why it failed; Quire's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorDetail>,
}

impl DownloadStatus {
    /// Says that a model is there, for which no job is needed.
    pub fn already_downloaded() -> Self {
        Self { status: "already_downloaded", ..Self::default() }
    }
}

impl Downloads {
    fn jobs(&self) -> MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds a job.
    pub fn find(&self, id: &str) -> Option<Arc<Job>> {
        self.jobs().iter().find(|job| job.id == id).cloned()
    }

    /// Gives the job that gets a model, which may be under way; a new one begins with what `begin` makes, and ends with the
    /// server.
    pub fn begin(
        &self,
        wanted: Reference,
        begin: impl FnOnce(Reference) -> Pulling,
        shutdown: CancellationToken,
    ) -> Result<Arc<Job>, ApiError> {
        let mut jobs = self.jobs();
        let running = || jobs.iter().filter(|job| !job.has_ended());
        if let Some(job) = running().find(|job| job.wanted == wanted) {
            return Ok(Arc::clone(job));
        }
        if running().count() >= MOST_RUNNING {
            let message = format!(
                "{MOST_RUNNING} models are being downloaded, and that is the most; wait for one."
            );
            return Err(ApiError::new(ErrorKind::Busy, message));
        }
        while jobs.len() >= MOST_KNOWN {
            let Some(ended) = jobs.iter().position(|job| job.has_ended()) else { break };
            jobs.remove(ended);
        }
        let job = Arc::new(Job {
            id: format!("job_{}", Uuid::new_v4().simple()),
            wanted: wanted.clone(),
            started_at_ms: now_ms(),
            state: watch::Sender::default(),
        });
        jobs.push_back(Arc::clone(&job));
        tokio::spawn(of_request(Arc::clone(&job).run(begin(wanted), shutdown)));
        Ok(job)
    }

    /// Waits a while for the first bytes of a job, or for its end; a job of which nothing came is forgotten.
    pub async fn watch(&self, job: &Job, patience: Duration) -> Beginning {
        let mut state = job.state.subscribe();
        let is_known = |state: &JobState| state.progress.is_some() || state.end.is_some();
        // The state tells which it was; what this gives would keep it from being changed.
        drop(tokio::time::timeout(patience, state.wait_for(is_known)).await);
        let state = job.state.borrow().clone();
        match state {
            JobState { progress: None, end: Some(end) } => {
                self.jobs().retain(|other| other.id != job.id);
                match end {
                    End::Completed { .. } => Beginning::WasThere,
                    End::Failed(error) => Beginning::Failed(error),
                }
            }
            _ => Beginning::UnderWay,
        }
    }
}

impl Job {
    fn has_ended(&self) -> bool {
        self.state.borrow().end.is_some()
    }

    async fn run(self: Arc<Self>, mut pulling: Pulling, shutdown: CancellationToken) {
        let ended = tokio::select! {
            () = shutdown.cancelled() => {
                let message = "The server stopped; what has come is kept, and the same request goes on from there.";
                Err(ApiError::new(ErrorKind::Cancelled, message))
            }
            ended = async {
                while let Some(progress) = pulling.next().await {
                    self.state.send_modify(|state| state.note(&progress));
                }
                pulling.end().await
            } => ended,
        };
        let end = match ended {
            Ok(()) => {
                tracing::info!(job.id = self.id, "a model was downloaded");
                End::Completed { at_ms: now_ms() }
            }
            Err(error) => {
                tracing::warn!(
                    job.id = self.id,
                    "a model was not downloaded: {}",
                    error.detail.message
                );
                End::Failed(error)
            }
        };
        self.state.send_modify(|state| state.end = Some(end));
    }

    /// Tells how far it is.
    pub fn status(&self) -> DownloadStatus {
        let JobState { progress, end } = self.state.borrow().clone();
        let mut status = DownloadStatus {
            job_id: Some(self.id.clone()),
            status: "downloading",
            total_size_bytes: progress.as_ref().and_then(|progress| progress.total_bytes),
            downloaded_bytes: Some(progress.as_ref().map_or(0, |progress| progress.done_bytes)),
            started_at: Some(moment(self.started_at_ms)),
            ..DownloadStatus::default()
        };
        match end {
            Some(End::Completed { at_ms }) => {
                status.status = "completed";
                // Sizes that nobody stated are known now.
                status.total_size_bytes = status.total_size_bytes.or(status.downloaded_bytes);
                status.completed_at = Some(moment(at_ms));
            }
            Some(End::Failed(error)) => {
                status.status = "failed";
                status.error = Some(error.into());
            }
            None => {
                let speed = progress.as_ref().and_then(Progress::bytes_per_second);
                let left_ms = progress.and_then(|progress| progress.left_ms(speed?));
                let end = left_ms.map(|left| now_ms().saturating_add(left));
                status.bytes_per_second = speed;
                status.estimated_completion = end.map(moment);
            }
        }
        status
    }
}

impl JobState {
    fn note(&mut self, told: &PullProgress) {
        let PullProgress { model_done_bytes: done_bytes, model_total_bytes: total_bytes, .. } =
            *told;
        let progress = self.progress.get_or_insert_with(|| Progress {
            begun: Instant::now(),
            first_bytes: done_bytes,
            done_bytes,
            total_bytes,
        });
        progress.done_bytes = done_bytes;
        progress.total_bytes = total_bytes;
    }
}

impl Progress {
    /// How fast it came on average; unknown before anything came.
    fn bytes_per_second(&self) -> Option<f64> {
        let bytes = self.done_bytes.checked_sub(self.first_bytes).filter(|bytes| *bytes > 0)?;
        let seconds = self.begun.elapsed().as_secs_f64();
        (seconds > 0.0).then(|| bytes as f64 / seconds)
    }

    /// How many milliseconds what is missing takes at this speed; unknown as the size is.
    fn left_ms(&self, bytes_per_second: f64) -> Option<i64> {
        let left = self.total_bytes?.saturating_sub(self.done_bytes);
        Some((left as f64 / bytes_per_second * 1000.0) as i64)
    }
}
