//! Listing a folder: which of its files are mirrored, and why not the others.

use std::collections::{BTreeMap, HashMap};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use quire_domain::sync::{Rules, SkipReason, SourcePath};
use serde::Serialize;
use walkdir::{DirEntry, WalkDir};

use crate::ignore::IgnoreFiles;
use crate::memory::FileStamp;
use crate::obsidian::ObsidianExcludes;
use crate::rules::{InvalidGlob, RuleSet};

/// A file that is mirrored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FolderFile {
    /// Where it is.
    pub file: PathBuf,
    /// What tells that it was not written since.
    pub stamp: FileStamp,
    /// When it was made, in milliseconds since the Unix epoch, if the file system knows.
    pub ctime_ms: Option<i64>,
}

impl FolderFile {
    /// When it was changed, in milliseconds since the Unix epoch.
    pub fn mtime_ms(&self) -> i64 {
        self.stamp.mtime_ns.div_euclid(1_000_000)
    }
}

/// Something of the folder that is not mirrored, and why.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct LeftOut {
    /// Its path below the folder.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What a folder holds.
#[derive(Clone, Debug, Default)]
pub struct FolderListing {
    /// The files that are mirrored.
    pub files: BTreeMap<SourcePath, FolderFile>,
    /// How many files and folders the rules leave out, by the reason.
    pub excluded: BTreeMap<&'static str, u64>,
    /// Files that should be mirrored and cannot: a name that breaks the rules of paths, or that is
    /// another's once it is composed.
    pub refused: Vec<LeftOut>,
    /// Files that differ only in case from another one.
    pub collisions: Vec<LeftOut>,
    /// Folders that could not be read: what they hold is not known, so nothing may be deleted.
    pub unreadable: Vec<LeftOut>,
}

impl FolderListing {
    fn exclude(&mut self, reason: &'static str) {
        *self.excluded.entry(reason).or_default() += 1;
    }
}

/// Why a folder could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// It is not there.
    #[error("the folder `{}` is not there; is its drive connected?", root.display())]
    Missing {
        /// The folder.
        root: PathBuf,
    },
    /// It is no folder.
    #[error("`{}` is not a folder; give the folder that holds the files", root.display())]
    NotFolder {
        /// What was given.
        root: PathBuf,
    },
    /// It cannot be read.
    #[error("the folder `{}` cannot be read: {error}", root.display())]
    Unreadable {
        /// The folder.
        root: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The rules cannot be read.
    #[error(transparent)]
    Rules(#[from] InvalidGlob),
}

/// Lists the files below `root` that the rules let through; reads no file but ignore files.
///
/// Hidden files and folders are left out, as Obsidian does, and links are not followed.
pub fn list_folder(
    root: &Path,
    rules: &Rules,
    max_file_bytes: u64,
) -> Result<FolderListing, ListingError> {
    let mut walk = Walk {
        root,
        rules: RuleSet::new(rules, max_file_bytes)?,
        excludes: if rules.respect_obsidian_excludes {
            ObsidianExcludes::read(root)
        } else {
            ObsidianExcludes::default()
        },
        ignores: IgnoreFiles::default(),
        listing: FolderListing::default(),
    };
    check_root(root)?;
    let mut entries = WalkDir::new(root).sort_by_file_name().into_iter();
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {
                if !walk.enter(&entry) {
                    entries.skip_current_dir();
                }
            }
            Ok(entry) => walk.take(&entry),
            Err(error) if error.depth() == 0 => {
                let root = root.to_owned();
                return Err(ListingError::Unreadable { root, error: error.into() });
            }
            Err(error) => walk.note_unreadable(error),
        }
    }
    find_collisions(&mut walk.listing);
    Ok(walk.listing)
}

fn check_root(root: &Path) -> Result<(), ListingError> {
    let own = || root.to_owned();
    match root.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(ListingError::NotFolder { root: own() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(ListingError::Missing { root: own() })
        }
        Err(error) => Err(ListingError::Unreadable { root: own(), error }),
    }
}

/// A walk on its way.
struct Walk<'a> {
    root: &'a Path,
    rules: RuleSet,
    excludes: ObsidianExcludes,
    ignores: IgnoreFiles,
    listing: FolderListing,
}

impl Walk<'_> {
    /// Tells if a folder is looked into.
    fn enter(&mut self, entry: &DirEntry) -> bool {
        let path = relative(self.root, entry);
        if entry.depth() > 0 {
            if is_hidden(entry) {
                self.listing.exclude("hidden");
                return false;
            }
            if self.ignores.leaves_out(&path, true) {
                self.listing.exclude("ignored");
                return false;
            }
        }
        if let Err(error) = self.ignores.enter(self.root, &path, entry.depth()) {
            // Without its ignore file it is not known what of it may be sent.
            self.listing.unreadable.push(LeftOut { path, reason: error.to_string() });
            return false;
        }
        true
    }

    fn take(&mut self, entry: &DirEntry) {
        if is_hidden(entry) {
            return self.listing.exclude("hidden");
        }
        if !entry.file_type().is_file() {
            let is_link = entry.file_type().is_symlink();
            return self.listing.exclude(if is_link { "link" } else { "not a file" });
        }
        let name = relative(self.root, entry);
        if self.ignores.leaves_out(&name, false) {
            return self.listing.exclude("ignored");
        }
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            // It went away since its folder was read.
            Err(error) if error.io_error().is_some_and(is_missing) => return,
            Err(error) => {
                let reason = std::io::Error::from(error).to_string();
                return self.listing.unreadable.push(LeftOut { path: name, reason });
            }
        };
        let path = match entry.path().to_str().map(|_| name.parse::<SourcePath>()) {
            Some(Ok(path)) => path,
            Some(Err(error)) => {
                let reason = format!("{error}; rename it");
                return self.listing.refused.push(LeftOut { path: name, reason });
            }
            None => {
                let reason = "its name is not Unicode; rename it".to_owned();
                return self.listing.refused.push(LeftOut { path: name, reason });
            }
        };
        if self.excludes.leave_out(path.as_str()) {
            return self.listing.exclude("excluded in Obsidian");
        }
        if let Some(why) = self.rules.leaves_out(&path, metadata.len()) {
            return self.listing.exclude(rule(why));
        }
        let file = to_file(entry, &metadata);
        let is_composed = name == path.as_str();
        if self.listing.files.contains_key(&path) {
            let reason = "another file has the same name, written with other Unicode characters";
            self.listing.refused.push(LeftOut { path: name, reason: reason.to_owned() });
            // Whichever way they are listed, the one whose name is composed is taken.
            if !is_composed {
                return;
            }
        }
        self.listing.files.insert(path, file);
    }

    fn note_unreadable(&mut self, error: walkdir::Error) {
        let path = error.path().unwrap_or(self.root);
        let path = path.strip_prefix(self.root).unwrap_or(path).to_string_lossy().into_owned();
        let error = std::io::Error::from(error);
        if !is_missing(&error) {
            self.listing.unreadable.push(LeftOut { path, reason: error.to_string() });
        }
    }
}

fn rule(why: SkipReason) -> &'static str {
    match why {
        SkipReason::Attachment => "no note",
        SkipReason::Extension => "kind of file",
        SkipReason::MaxBytes => "too large",
        _ => "excluded",
    }
}

fn is_missing(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// Shows a path below the root with slashes between its parts.
fn relative(root: &Path, entry: &DirEntry) -> String {
    let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn to_file(entry: &DirEntry, metadata: &Metadata) -> FolderFile {
    FolderFile {
        file: entry.path().to_owned(),
        stamp: stamp(metadata),
        ctime_ms: metadata.created().ok().map(|time| since_epoch_ns(time).div_euclid(1_000_000)),
    }
}

/// Gives what tells that a file was not written since.
pub(crate) fn stamp(metadata: &Metadata) -> FileStamp {
    let mtime_ns = metadata.modified().map_or(0, since_epoch_ns);
    FileStamp { size_bytes: metadata.len(), mtime_ns, inode: inode(metadata) }
}

fn since_epoch_ns(time: SystemTime) -> i64 {
    let whole = |nanoseconds: u128| i64::try_from(nanoseconds).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => whole(after.as_nanos()),
        Err(before) => -whole(before.duration().as_nanos()),
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> u64 {
    0
}

fn find_collisions(listing: &mut FolderListing) {
    let mut first: HashMap<String, &SourcePath> = HashMap::new();
    for path in listing.files.keys() {
        if let Some(other) = first.insert(path.case_key(), path) {
            let reason = format!("differs only in case from `{other}`");
            listing.collisions.push(LeftOut { path: path.to_string(), reason });
        }
    }
}

#[cfg(test)]
mod tests;
