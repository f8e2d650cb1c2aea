//! Folders of the server's machine that the server watches itself: sources of the kind `folder`.
//!
//! One task looks after them all and keeps one task for each that is not paused. They write through
//! the same calls as clients do, so nothing about such a source is special but who calls.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use quire_domain::sync::{DeleteGuard, DeviceId, SourceId, SourceKind};
use quire_folder_sync::watch::{Happening, keep_in_step};
use quire_folder_sync::{DeleteLimit, Round, RoundReport, SyncedFolder};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use super::{LocalMirror, Sources, SyncError};
use crate::ServiceError;

/// The device that the server is to its own sources.
const DEVICE: &str = "server";

/// What is known of watched folders in this process.
#[derive(Default)]
pub(crate) struct WatchedFolders {
    /// Wakes the task that looks after them when a source is made, changed or removed.
    changed: Notify,
    /// Why a folder is not in step.
    problems: Mutex<HashMap<SourceId, String>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl WatchedFolders {
    /// Looks again at which folders are to be watched.
    pub(crate) fn tell_changed(&self) {
        self.changed.notify_one();
    }

    /// Tells why a folder is not in step; `None` if it is.
    pub(crate) fn problem(&self, id: &SourceId) -> Option<String> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn set_problem(&self, id: &SourceId, problem: Option<String>) {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        match problem {
            Some(problem) => problems.insert(id.clone(), problem),
            None => problems.remove(id),
        };
    }
}

impl Sources {
    /// Starts watching; called again it does nothing.
    pub(crate) fn start_watching(self: &Arc<Self>) {
        let mut task = self.shared.folders.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.is_none() {
            *task = Some(tokio::spawn(look_after(Arc::clone(self))));
        }
    }

    /// Waits until no folder is watched any more, once the service is stopping.
    pub(crate) async fn stop_watching(&self) {
        let folders = &self.shared.folders;
        let task = folders.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task
            && task.await.is_err()
        {
            tracing::error!("the task that watches folders had panicked");
        }
    }

    /// Looks at a watched folder now, and waits until its files are taken; indexing them comes later.
    pub async fn look_at_folder(self: &Arc<Self>, id: &SourceId) -> Result<(), ServiceError> {
        let source = self.open(id).await?;
        let SourceKind::Folder { root } = source.kind else { return Ok(()) };
        let (folder, mirror) = self.folder_and_mirror(id, PathBuf::from(root))?;
        let round = cautious(&folder, &mirror);
        let not_in_step = |reason| SyncError::FolderNotInStep { reason };
        let report = round.run().await.map_err(|error| not_in_step(error.to_string()))?;
        Ok(problem_of(&report).map_or(Ok(()), |problem| Err(not_in_step(problem)))?)
    }

    fn folder_and_mirror(
        self: &Arc<Self>,
        id: &SourceId,
        root: PathBuf,
    ) -> Result<(SyncedFolder, LocalMirror), ServiceError> {
        let device: DeviceId = DEVICE.parse()?;
        let folder = SyncedFolder { root, memory: Arc::clone(&self.parts.folder_memory) };
        Ok((folder, LocalMirror { sources: Arc::clone(self), source: id.clone(), device }))
    }

    /// Checks that a folder can be watched and gives it without links. Neither the data folder nor one
    /// above or below it can: indexing would change what is indexed.
    pub(crate) fn check_root(&self, root: &str) -> Result<PathBuf, SyncError> {
        let refuse = |reason: &str| SyncError::InvalidRoot {
            root: root.to_owned(),
            reason: reason.to_owned(),
        };
        if !Path::new(root).is_absolute() {
            return Err(refuse("it is not an absolute path"));
        }
        let found = Path::new(root).canonicalize().map_err(|error| refuse(&error.to_string()))?;
        if !found.is_dir() {
            return Err(refuse("it is not a folder"));
        }
        if found.to_str().is_none() {
            return Err(refuse("its name is not Unicode"));
        }
        let data = self.parts.folder.root().canonicalize();
        if data.is_ok_and(|data| data.starts_with(&found) || found.starts_with(&data)) {
            return Err(refuse("Quire keeps its own data there"));
        }
        Ok(found)
    }
}

/// Keeps a task for each folder that is to be watched, until the service stops.
async fn look_after(sources: Arc<Sources>) {
    let mut stopping = sources.parts.stopping.clone();
    let mut tasks = JoinSet::new();
    let mut running: HashMap<SourceId, (PathBuf, AbortHandle)> = HashMap::new();
    while !*stopping.borrow() {
        match list_watched(&sources).await {
            Ok(wanted) => {
                running.retain(|id, (root, task)| {
                    let stays = wanted.get(id) == Some(root) && !task.is_finished();
                    if !stays {
                        task.abort();
                        sources.shared.folders.set_problem(id, None);
                    }
                    stays
                });
                for (id, root) in wanted {
                    running.entry(id.clone()).or_insert_with(|| {
                        let task = tasks.spawn(watch_one(Arc::clone(&sources), id, root.clone()));
                        (root, task)
                    });
                }
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "folders: {error}");
            }
        }
        tokio::select! {
            () = sources.shared.folders.changed.notified() => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
        // What has ended leaves no trace but its problem.
        while tasks.try_join_next().is_some() {}
    }
    tasks.shutdown().await;
}

async fn list_watched(sources: &Sources) -> Result<HashMap<SourceId, PathBuf>, ServiceError> {
    let records = sources.parts.catalog.list_sources().await?;
    let watched = records.into_iter().filter(|source| !source.paused);
    let watched = watched.filter_map(|source| match source.kind {
        SourceKind::Folder { root } => Some((source.id, PathBuf::from(root))),
        SourceKind::Obsidian | SourceKind::Client => None,
    });
    Ok(watched.collect())
}

async fn watch_one(sources: Arc<Sources>, id: SourceId, root: PathBuf) {
    let Ok((folder, mirror)) = sources.folder_and_mirror(&id, root) else { return };
    let round = cautious(&folder, &mirror);
    let folders = &sources.shared.folders;
    let tell = |happening: Happening<'_>| match happening {
        Happening::Round(report) => {
            let problem = problem_of(report);
            tell_problem(&id, problem.as_deref());
            folders.set_problem(&id, problem);
        }
        Happening::Failed(error, _) => {
            let problem = error.to_string();
            tell_problem(&id, Some(&problem));
            folders.set_problem(&id, Some(problem));
        }
        Happening::Unwatched(error) => tell_problem(&id, Some(&error.to_string())),
    };
    let error = keep_in_step(&round, &tell).await;
    tell_problem(&id, Some(&error.to_string()));
    folders.set_problem(&id, Some(error.to_string()));
}

fn cautious<'a>(folder: &'a SyncedFolder, mirror: &'a LocalMirror) -> Round<'a> {
    Round { folder, mirror, limit: DeleteLimit::Cautious, on_step: &|_| {} }
}

fn tell_problem(id: &SourceId, problem: Option<&str>) {
    if let Some(problem) = problem {
        tracing::warn!(source.id = %id, "the folder of source {id} is not in step: {problem}");
    }
}

fn problem_of(report: &RoundReport) -> Option<String> {
    if let Some(DeleteGuard { would_delete, of, .. }) = report.held_back {
        return Some(format!(
            "{would_delete} of {of} files are gone from the folder and are kept in the index for now; if that is meant, give `quire sync` for this folder with `--on-server --delete-limit 100%`"
        ));
    }
    let first = report.failed.first()?;
    let count = report.failed.len();
    Some(format!(
        "{count} files could not be mirrored, among them `{}`: {}",
        first.path, first.message
    ))
}
