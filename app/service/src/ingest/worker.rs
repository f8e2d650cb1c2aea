//! The loop of the ingest worker.

use std::sync::Arc;
use std::time::Duration;

use quire_catalog::WorkItem;
use quire_domain::{DocumentStatus, ErrorKind, Failure, ParsedDocument};
use quire_vectorstore::StoreError;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::build::Built;
use super::commit::Ready;
use crate::{ServiceError, Services};

/// Documents taken at a time: enough to keep every parse worker busy and to commit in groups.
const GROUP_DOCUMENTS: usize = 24;
/// Chunks after which a group is committed early, so that large documents can be searched soon.
const GROUP_CHUNKS: usize = 1500;
/// Chunks after which the index is maintained even while more wait: words of chunks outside it are
/// searched one by one, which takes about 8 ms a thousand.
const MAINTAIN_CHUNKS: usize = 2000;
/// How long to wait after a fault of the store or the disk before trying again.
const PAUSE_AFTER_FAULT: Duration = Duration::from_secs(5);
/// Vectors kept in the cache: about 400 MB of 384 numbers each.
const VECTORS_KEPT: usize = 250_000;

/// Works until the service shuts down.
pub(super) async fn run(services: Services) {
    let mut stopping = services.inner.stopping.subscribe();
    // A crash may have left any number behind; looking costs little.
    let mut unmaintained_chunks = 1;
    while !services.is_stopping() {
        let worked = step(&services).await;
        if let Ok(Some(chunks)) = worked {
            unmaintained_chunks += chunks;
        }
        let idle = matches!(worked, Ok(None));
        if unmaintained_chunks >= MAINTAIN_CHUNKS || (idle && unmaintained_chunks > 0) {
            unmaintained_chunks = 0;
            tidy_up(&services).await;
        }
        let pause = match worked {
            Ok(Some(_)) => continue,
            Ok(None) => None,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "ingest paused: {error}");
                Some(PAUSE_AFTER_FAULT)
            }
        };
        let wake = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => services.inner.work.notified().await,
            }
        };
        tokio::select! {
            () = wake => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    }
}

/// Takes a group of documents, and each index that is being built, one step further; gives the
/// number of chunks committed, `None` when there was nothing to do.
async fn step(services: &Services) -> Result<Option<usize>, ServiceError> {
    let items = services.inner.catalog.list_work(GROUP_DOCUMENTS).await?;
    let indexed = if items.is_empty() { None } else { Some(work_on(services, items).await?) };
    match services.build_indexes().await? {
        Built::Nothing => Ok(indexed),
        Built::Chunks(chunks) => Ok(Some(indexed.unwrap_or(0) + chunks)),
    }
}

/// Compacts the indexes; one that is in order costs next to nothing.
async fn tidy_up(services: &Services) {
    if let Err(error) = services.maintain_indexes().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "indexes: {error}");
    }
    let shrunk = services.inner.vectors.shrink_vectors(VECTORS_KEPT).await;
    if let Err(error) = shrunk {
        tracing::warn!(error = &error as &dyn std::error::Error, "vector cache: {error}");
    }
    if let Err(error) = services.forget_superseded().await {
        tracing::warn!(error = &error as &dyn std::error::Error, "originals: {error}");
    }
}

type Parsing = JoinHandle<Result<Result<ParsedDocument, Failed>, ServiceError>>;

/// Why a document is given up.
pub(super) struct Failed {
    /// `Failed` or `Unsupported`.
    pub status: DocumentStatus,
    /// The reason.
    pub failure: Failure,
}

/// Takes a group of documents as far as they get; gives the number of chunks committed.
async fn work_on(services: &Services, items: Vec<WorkItem>) -> Result<usize, ServiceError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let places = Arc::new(Semaphore::new(cores));
    let parsing: Vec<(WorkItem, Parsing)> = items
        .into_iter()
        .map(|item| {
            let task = parse_in_turn(services.clone(), item.clone(), Arc::clone(&places));
            (item, tokio::spawn(task))
        })
        .collect();
    let mut ready: Vec<Ready> = Vec::new();
    let mut committed = 0;
    for (item, task) in parsing {
        if services.is_stopping() {
            task.abort();
            continue;
        }
        let parsed =
            task.await.map_err(|_| ServiceError::TaskStopped { task: "reading a document" })??;
        let prepared = match parsed {
            Ok(parsed) => services.prepare(&item, parsed).await,
            Err(failed) => {
                services.give_up(&item, failed).await?;
                continue;
            }
        };
        match prepared {
            Ok(Some(document)) => ready.push(document),
            Ok(None) => {}
            Err(error) => match give_up_on(&error) {
                Some(failed) => services.give_up(&item, failed).await?,
                None => return Err(error),
            },
        }
        if count_chunks(&ready) >= GROUP_CHUNKS {
            committed += count_chunks(&ready);
            services.commit(std::mem::take(&mut ready)).await?;
        }
    }
    committed += count_chunks(&ready);
    services.commit(ready).await?;
    Ok(committed)
}

fn count_chunks(documents: &[Ready]) -> usize {
    documents.iter().map(|document| document.chunks.len()).sum()
}

async fn parse_in_turn(
    services: Services,
    item: WorkItem,
    places: Arc<Semaphore>,
) -> Result<Result<ParsedDocument, Failed>, ServiceError> {
    let _place = places
        .acquire_owned()
        .await
        .map_err(|_| ServiceError::TaskStopped { task: "reading a document" })?;
    services.read_document(&item.document).await
}

/// Says whether an error is the document's or the model's, and not a passing fault of the machine.
fn give_up_on(error: &ServiceError) -> Option<Failed> {
    let ServiceError::Engine(engine) = error else { return None };
    let (code, hint) = match engine.kind() {
        ErrorKind::NotFound => ("model_missing", "install the model, then retry the document"),
        _ => ("embedding_failed", "retry the document; if it fails again, see the log"),
    };
    Some(Failed {
        status: DocumentStatus::Failed,
        failure: Failure {
            code: code.to_owned(),
            message: engine.to_string(),
            hint: Some(hint.to_owned()),
        },
    })
}

impl Services {
    async fn maintain_indexes(&self) -> Result<(), ServiceError> {
        for record in self.inner.catalog.list_indexes().await? {
            match self.inner.store.maintain(&record.index.id.parse()?).await {
                // Nothing of it is indexed yet, or it was just given up.
                Ok(()) | Err(StoreError::NoSuchIndex { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn give_up(&self, item: &WorkItem, failed: Failed) -> Result<(), ServiceError> {
        let Failed { status, failure } = failed;
        let (id, code) = (&item.document.id, failure.code.clone());
        tracing::info!(document.id = %id, "document {id} is {}: {code}", status.as_str());
        if self.inner.catalog.set_failed(&item.document, status, failure).await? {
            self.finish_removals().await?;
            let document = self.inner.catalog.get_document(id).await?;
            self.announce(&document).await?;
        }
        Ok(())
    }
}
