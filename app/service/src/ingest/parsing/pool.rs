//! The pool of parse workers: each takes one job at a time and many after another.
//!
//! How many work at once is up to those who ask. A worker that crashed, hung or grew is replaced;
//! that costs the document it worked on, and no other.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use quire_domain::{DocumentPath, Failure};
use quire_engines::{Embedder, EngineError};

use super::super::cut::{Piece, Uncut};
use super::super::jobs::{Answer, Job, KnownScans, Outcome};
use super::super::lock;
use super::process::{Ended, WorkerProcess, WorkerSettings};
use super::{Parsed, Parser, Task};
use crate::ServiceError;

/// Jobs after which a worker is replaced, so that what leaks does not add up. Set by hand.
const JOBS: u32 = 1000;
/// Memory that a worker may keep between jobs: a tokenizer, and what the allocator holds back.
const KEPT_BYTES: u64 = 256 << 20;
/// Pages that are pictures of one document that may each cost a worker. Set by hand: each may have taken minutes.
const LOST_SCANS: usize = 3;
/// How long the last worker waits for a job before it is let go of.
const IDLE: Duration = Duration::from_mins(1);

/// Workers, of which those are listed that wait.
pub(super) struct WorkerPool {
    settings: WorkerSettings,
    idle: Arc<Mutex<Vec<WorkerProcess>>>,
}

impl WorkerPool {
    /// Makes a pool; no worker is started yet.
    pub fn new(settings: WorkerSettings) -> Self {
        Self { settings, idle: Arc::default() }
    }

    /// Has a job done by a worker that waits, or by a new one.
    async fn work(&self, job: &Job) -> Result<Ended, ServiceError> {
        let process = match self.take_idle() {
            Some(process) => process,
            None => WorkerProcess::start(&self.settings)?,
        };
        let mut ended = process.work(job, &self.settings).await?;
        if let Some(process) = ended.process.take().filter(|process| process.jobs() < JOBS) {
            let memory = ended.result.as_ref().ok().and_then(|(_, memory)| *memory);
            if memory.is_none_or(|memory| memory.resident < KEPT_BYTES) {
                lock(&self.idle).push(process);
            }
        }
        Ok(ended)
    }

    /// Takes a worker that waits. One that died meanwhile, perhaps for want of memory elsewhere, is
    /// nobody's fault.
    fn take_idle(&self) -> Option<WorkerProcess> {
        let mut idle = lock(&self.idle);
        while let Some(mut process) = idle.pop() {
            if process.is_alive() {
                return Some(process);
            }
        }
        None
    }

    /// Lists the process ids of the workers that wait.
    #[cfg(test)]
    pub fn idle_ids(&self) -> Vec<u32> {
        lock(&self.idle).iter().filter_map(WorkerProcess::id).collect()
    }
}

#[async_trait]
impl Parser for WorkerPool {
    async fn parse(&self, path: &DocumentPath, file: &Path) -> Result<Parsed, ServiceError> {
        let mut scans = KnownScans::default();
        let mut lost = 0;
        let result = loop {
            let (path, file) = (path.clone(), file.as_os_str().to_owned());
            let ended = self.work(&Job::Parse { path, file, scans: scans.clone() }).await?;
            match ended.result {
                // The page is left unread, and another worker goes on behind it.
                Err(failure) if ended.is_scanning && lost < LOST_SCANS => {
                    lost += 1;
                    scans.pages.extend(ended.scans);
                    scans.pages.push(Err(failure.message));
                    scans.given_up = (lost == LOST_SCANS).then(|| {
                        format!("text recognition was given up, for it failed on {lost} pages")
                    });
                }
                result => break result,
            }
        };
        let (outcome, memory) = match result {
            Ok((Answer::Parsed(outcome), memory)) => (outcome, memory),
            Ok(_) => (Outcome::Failed(Task::Parse.crashed("it spoke of something else")), None),
            Err(failure) => (Outcome::Failed(failure), None),
        };
        Ok(Parsed { outcome, memory })
    }

    async fn cut(
        &self,
        uncut: Uncut,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Result<Vec<Piece>, Failure>, ServiceError> {
        match self.work(&Job::Cut(Box::new(uncut))).await?.result {
            Ok((Answer::Cut(pieces), _)) => Ok(Ok(pieces)),
            Ok((Answer::NoTokenizer(reason), _)) => {
                let model = embedder.info().model.clone();
                Err(EngineError::Load { model, reason }.into())
            }
            Ok((Answer::Parsed(_), _)) => Ok(Err(Task::Cut.crashed("it spoke of something else"))),
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// Keeps one worker for a while, so that a note that is saved is read at once.
    fn rest(&self) {
        lock(&self.idle).truncate(1);
        let idle = Arc::clone(&self.idle);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE).await;
            lock(&idle).retain(|process| process.idle_for() < IDLE);
        });
    }
}
