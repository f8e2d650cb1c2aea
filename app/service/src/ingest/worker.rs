//! The loop of documents: read ahead, then embed and commit in groups.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quire_catalog::WorkItem;
use quire_domain::{ContentHash, DocumentId, IngestTask};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::task::{Id, JoinSet};

use super::Ingest;
use super::fault::Fault;
use super::loops::{Step, Work, drive};
use super::reading::Read;
use crate::ServiceError;

/// Documents that are read ahead: enough to keep every parse worker busy while a group is embedded.
const AHEAD: usize = 48;
/// Documents committed at a time.
const GROUP_DOCUMENTS: usize = 24;
/// Chunks after which a group is committed early, so that large documents can be searched soon.
const GROUP_CHUNKS: usize = 1500;
/// How long a group waits for more once it has one: a slow document holds up no other for longer.
const LINGER: Duration = Duration::from_millis(200);

/// The size from which a file may take seconds to read.
const SLOW_BYTES: u64 = 1 << 20;

/// Works until the service shuts down.
pub(super) async fn run(ingest: Arc<Ingest>) {
    drive(ingest, Documents::default()).await;
}

/// The documents that are being read.
pub(super) struct Documents {
    reading: JoinSet<Result<Read, Fault>>,
    taken: HashMap<Id, WorkItem>,
    places: Places,
}

/// Places for documents that are read at the same time.
#[derive(Clone)]
struct Places {
    all: Arc<Semaphore>,
    /// One fewer: those that may take long leave one place to the others.
    of_slow: Arc<Semaphore>,
}

impl Places {
    fn new(count: usize) -> Self {
        let of_slow = Arc::new(Semaphore::new(count.saturating_sub(1).max(1)));
        Self { all: Arc::new(Semaphore::new(count)), of_slow }
    }

    /// Waits for a place, which is kept until what is given back is dropped.
    async fn take(self, is_slow: bool) -> Result<Vec<OwnedSemaphorePermit>, AcquireError> {
        let mut taken = Vec::new();
        if is_slow {
            taken.push(self.of_slow.acquire_owned().await?);
        }
        taken.push(self.all.acquire_owned().await?);
        Ok(taken)
    }
}

impl Default for Documents {
    fn default() -> Self {
        // At least two, so that one slow document does not hold up the others.
        let cores = std::thread::available_parallelism().map_or(1, usize::from).max(2);
        Self { reading: JoinSet::new(), taken: HashMap::new(), places: Places::new(cores) }
    }
}

#[async_trait]
impl Work for Documents {
    fn task(&self) -> IngestTask {
        IngestTask::Documents
    }

    async fn step(&mut self, ingest: &Arc<Ingest>) -> Result<Step, ServiceError> {
        self.take(ingest).await?;
        if self.reading.is_empty() {
            ingest.maintain_all();
            ingest.parts.parser.rest();
            return Ok(Step::Idle);
        }
        let (read, mut faults) = self.gather(ingest).await;
        let (ready, unembedded) = ingest.embed_group(read).await;
        faults.extend(unembedded);
        faults.extend(ingest.commit(ready).await);
        let mut of_machine = None;
        for (item, fault) in faults {
            let found = ingest.blame(&item, fault).await?;
            of_machine = of_machine.or(found);
        }
        of_machine.map_or(Ok(Step::Worked), Err)
    }

    async fn stop(&mut self) {
        self.reading.shutdown().await;
    }
}

impl Documents {
    /// Begins to read what waits and is not being read yet.
    async fn take(&mut self, ingest: &Arc<Ingest>) -> Result<(), ServiceError> {
        let room = AHEAD.saturating_sub(self.taken.len());
        if room == 0 {
            return Ok(());
        }
        let waiting = ingest.parts.catalog.list_work(AHEAD).await?;
        let key = |item: &WorkItem| (item.document.id.clone(), item.document.sha256.clone());
        let taken: Vec<(DocumentId, ContentHash)> = self.taken.values().map(key).collect();
        let new = waiting.into_iter().filter(|item| !taken.contains(&key(item)));
        let mut new: Vec<WorkItem> = new.take(room).collect();
        // What is small can be searched soon; the others take long anyway.
        new.sort_by_key(|item| item.document.size_bytes);
        for item in new {
            let (ingest, places) = (Arc::clone(ingest), self.places.clone());
            let copy = item.clone();
            let is_slow = item.document.size_bytes >= SLOW_BYTES || item.attempts > 0;
            let task = self.reading.spawn(async move {
                let stopped = |_| ServiceError::TaskStopped { task: "reading a document" };
                let _place = places.take(is_slow).await.map_err(stopped)?;
                ingest.read(copy).await
            });
            self.taken.insert(task.id(), item);
        }
        Ok(())
    }

    /// Waits for documents that are read, until they make a group or no more come soon.
    async fn gather(&mut self, ingest: &Ingest) -> (Vec<Read>, Vec<(WorkItem, Fault)>) {
        let mut stopping = ingest.parts.stopping.clone();
        let (mut read, mut faults) = (Vec::new(), Vec::new());
        let mut chunks = 0;
        let mut until = None;
        while read.len() + faults.len() < GROUP_DOCUMENTS && chunks < GROUP_CHUNKS {
            let soon = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            let next = tokio::select! {
                biased;
                next = self.reading.join_next_with_id() => next,
                () = soon => None,
                // Others have come, and need not wait for what is slow.
                () = ingest.wakes[IngestTask::Documents as usize].notified(), if until.is_none() => None,
                _ = stopping.wait_for(|stopping| *stopping) => None,
            };
            let Some(next) = next else { break };
            until = until.or_else(|| Some(tokio::time::Instant::now() + LINGER));
            let (id, result) = match next {
                Ok((id, result)) => (id, result),
                Err(error) => (error.id(), Err(Fault::panicked("reading a document").of_one())),
            };
            let Some(item) = self.taken.remove(&id) else { continue };
            match result {
                Ok(one) => {
                    chunks += one.cut.chunks.len();
                    read.push(one);
                }
                Err(fault) => faults.push((item, fault.of_one())),
            }
        }
        (read, faults)
    }
}
