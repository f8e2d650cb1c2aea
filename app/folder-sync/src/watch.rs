//! Watching a folder: being told when to look again, and keeping its mirror in step.
//!
//! What the file system tells is only a reason to look, never what happened: events may be lost,
//! merged or late. So the folder is also looked at as a whole at the start, every hour, and whenever
//! events were lost.

use std::path::{Component, Path};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::listing::stamp;
use crate::memory::FileStamp;
use crate::report::RoundReport;
use crate::round::{Round, RoundError};

/// After how long a folder is looked at as a whole whatever was told.
pub const LOOK_ANEW_AFTER: Duration = Duration::from_hours(1);
/// How long it must be quiet before a change is looked at.
const QUIET: Duration = Duration::from_secs(1);
/// How long a change waits at most for it to be quiet.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is checked that the folder is still the one that is watched.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// How often a folder is looked at that cannot be watched.
const LOOK_WITHOUT_WATCH: Duration = Duration::from_secs(30);
/// The first and the longest pause after a failure.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_mins(5));

/// Why a folder cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("the folder cannot be watched ({reason}); it is looked at every 30 seconds instead")]
pub struct WatchError {
    reason: String,
}

/// Tells when something may have changed below a folder.
pub struct FolderWatch {
    woken: Arc<Notify>,
    overflowed: Arc<AtomicBool>,
    /// What the folder was when the watch began: another one in its place is not watched.
    watched: Option<FileStamp>,
    /// Watches until it is dropped.
    _watcher: RecommendedWatcher,
}

/// Why to look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wake {
    /// Something changed.
    Changed,
    /// Events were lost, or the folder is another one.
    Anew,
}

impl FolderWatch {
    /// Watches a folder and all below it.
    pub fn start(root: &Path) -> Result<Self, WatchError> {
        let (woken, overflowed) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let (wakes, lost) = (Arc::clone(&woken), Arc::clone(&overflowed));
        let base = root.to_owned();
        let failed = |error: notify::Error| WatchError { reason: explain(&error) };
        let tell = move |event: notify::Result<Event>| match event {
            Ok(event) if event.need_rescan() => {
                lost.store(true, Ordering::Relaxed);
                wakes.notify_one();
            }
            Ok(event) if concerns(&base, &event) => wakes.notify_one(),
            Ok(_) => {}
            Err(_) => {
                lost.store(true, Ordering::Relaxed);
                wakes.notify_one();
            }
        };
        let watched = identity(root);
        let mut events = notify::recommended_watcher(tell).map_err(failed)?;
        events.watch(root, RecursiveMode::Recursive).map_err(failed)?;
        Ok(Self { woken, overflowed, watched, _watcher: events })
    }

    /// Waits until something changed and has come to rest.
    pub async fn changed(&self, root: &Path) -> Wake {
        loop {
            let told = tokio::time::timeout(CHECK_EVERY, self.woken.notified()).await;
            if identity(root) != self.watched {
                return Wake::Anew;
            }
            if told.is_ok() {
                break;
            }
        }
        let patience = Instant::now() + PATIENCE;
        loop {
            let quiet = (Instant::now() + QUIET).min(patience);
            let more = tokio::time::timeout_at(quiet, self.woken.notified()).await;
            if more.is_err() {
                break;
            }
        }
        if self.overflowed.swap(false, Ordering::Relaxed) { Wake::Anew } else { Wake::Changed }
    }
}

/// Gives what tells a folder from another one in its place.
fn identity(root: &Path) -> Option<FileStamp> {
    let metadata = root.metadata().ok()?;
    Some(FileStamp { size_bytes: 0, mtime_ns: 0, ..stamp(&metadata) })
}

fn explain(error: &notify::Error) -> String {
    match error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "it has more folders than this system may watch; raise fs.inotify.max_user_watches"
                .to_owned()
        }
        _ => error.to_string(),
    }
}

/// Tells if an event may change what is mirrored: not reading, nor what hidden folders hold, but
/// for the files that say what is left out.
fn concerns(root: &Path, event: &Event) -> bool {
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => {}
        EventKind::Access(_) => return false,
        _ => {}
    }
    let is_visible = |path: &Path| {
        let below = path.strip_prefix(root).unwrap_or(path);
        let name = below.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
        matches!(name, ".gitignore" | ".quireignore")
            || below == Path::new(".obsidian/app.json")
            || !below.components().any(hidden)
    };
    event.paths.is_empty() || event.paths.iter().any(|path| is_visible(path))
}

/// What happened to a folder that is kept in step.
#[derive(Debug)]
pub enum Happening<'a> {
    /// A round was made.
    Round(&'a RoundReport),
    /// A round failed; the next one is made after a pause.
    Failed(&'a RoundError, Duration),
    /// It cannot be watched, and is looked at now and then.
    Unwatched(&'a WatchError),
}

/// Keeps a mirror in step with its folder until it is dropped, or fails for good: where it is
/// refused in a way that only people can mend.
pub async fn keep_in_step(round: &Round<'_>, tell: &(dyn Fn(Happening<'_>) + Sync)) -> RoundError {
    let root = &round.folder.root;
    let mut pause = PAUSES.0;
    let mut earlier = None;
    let mut look_anew_at = Instant::now();
    let mut watch = None;
    loop {
        if watch.is_none() {
            // It begins before the look, so that nothing falls between the two.
            watch = match FolderWatch::start(root) {
                Ok(watch) => Some(watch),
                Err(error) if root.is_dir() => {
                    tell(Happening::Unwatched(&error));
                    None
                }
                Err(_) => None,
            };
        }
        let done = match &earlier {
            Some(earlier) if Instant::now() < look_anew_at => round.follow(earlier).await,
            _ => {
                look_anew_at = Instant::now() + LOOK_ANEW_AFTER;
                round.run().await
            }
        };
        let again_after = match done {
            Ok(report) => {
                pause = PAUSES.0;
                tell(Happening::Round(&report));
                let again = if report.later.is_empty() { LOOK_ANEW_AFTER } else { PAUSES.0 };
                earlier = Some(report.hashes);
                again
            }
            Err(error) if !may_pass(&error) => return error,
            Err(error) => {
                tell(Happening::Failed(&error, pause));
                let waited = pause;
                pause = (pause * 2).min(PAUSES.1);
                if error.is_missing_folder() {
                    // A folder that comes back is looked at as a whole, and soon.
                    (watch, earlier, pause) = (None, None, PAUSES.0);
                }
                tokio::time::sleep(waited).await;
                continue;
            }
        };
        let again_after =
            if watch.is_some() { again_after } else { again_after.min(LOOK_WITHOUT_WATCH) };
        let woken = if let Some(watch) = &watch {
            tokio::time::timeout(again_after, watch.changed(root)).await
        } else {
            tokio::time::sleep(again_after).await;
            Ok(Wake::Changed)
        };
        if woken == Ok(Wake::Anew) {
            (watch, earlier) = (None, None);
        }
    }
}

/// Tells if a failure may pass by itself: everything but a refusal that is about us.
fn may_pass(error: &RoundError) -> bool {
    match error {
        RoundError::Mirror(error) => error.may_pass() || error.is("source_paused"),
        RoundError::Look(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, ModifyKind};

    #[test]
    fn reading_and_hidden_folders_do_not_wake() {
        let write = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let modify = EventKind::Modify(ModifyKind::Any);
        for (kind, path, expected) in [
            (modify, "/notes/a.md", true),
            (write, "/notes/a.md", true),
            (EventKind::Create(CreateKind::Folder), "/notes/x", true),
            (EventKind::Access(AccessKind::Open(AccessMode::Any)), "/notes/a.md", false),
            (modify, "/notes/.obsidian/workspace.json", false),
            (modify, "/notes/.obsidian/app.json", true),
            (modify, "/notes/.git/index", false),
            (modify, "/notes/sub/.quireignore", true),
            (EventKind::Remove(notify::event::RemoveKind::Folder), "/notes", true),
        ] {
            let event = Event::new(kind).add_path(path.into());
            assert_eq!(concerns(Path::new("/notes"), &event), expected, "{kind:?} {path}");
        }
    }

    #[tokio::test]
    async fn an_edit_wakes_and_another_folder_in_its_place_is_told() {
        let outer = tempfile::tempdir().expect("a folder");
        let root = outer.path().join("notes");
        std::fs::create_dir_all(root.join("sub")).expect("folders");
        let watch = FolderWatch::start(&root).expect("it is watched");
        std::fs::write(root.join("sub/a.md"), "a").expect("a file");
        assert_eq!(watch.changed(&root).await, Wake::Changed);
        std::fs::rename(&root, outer.path().join("away")).expect("it moves");
        std::fs::create_dir(&root).expect("a folder");
        assert_eq!(watch.changed(&root).await, Wake::Anew);
    }
}
