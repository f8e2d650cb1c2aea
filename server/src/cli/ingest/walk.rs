//! Which files to add: all below the folders given, but hidden ones and links.
//!
//! A link may lead to anything on the machine, and to what is added already; one that is given by
//! name is followed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use quire_domain::DocumentPath;
use serde::Serialize;
use walkdir::{DirEntry, WalkDir};

/// A file to add.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FoundFile {
    /// Where it is.
    pub file: PathBuf,
    /// Its path in the collection.
    pub path: DocumentPath,
    /// Its size.
    pub size_bytes: u64,
}

/// Something that is not added.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Skipped {
    /// Where it is.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What lies below the paths given.
#[derive(Debug, Default)]
pub struct Found {
    /// The files, in the order of their names.
    pub files: Vec<FoundFile>,
    /// What was passed over.
    pub skipped: Vec<Skipped>,
}

impl Found {
    fn skip(&mut self, path: &Path, reason: impl Into<String>) {
        self.skipped.push(Skipped { path: path.display().to_string(), reason: reason.into() });
    }
}

/// Finds the files below `paths`. A path that does not exist is an error; all else is a note.
pub fn walk(paths: &[PathBuf]) -> anyhow::Result<Found> {
    let mut found = Found::default();
    let mut taken = HashSet::new();
    for root in paths {
        let metadata =
            root.metadata().with_context(|| format!("`{}` cannot be read", root.display()))?;
        let base = if metadata.is_dir() { root.as_path() } else { root.parent().unwrap_or(root) };
        let mut entries = WalkDir::new(root).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            match entry {
                Ok(entry) if entry.depth() > 0 && is_hidden(&entry) => {
                    found.skip(entry.path(), "it is hidden");
                    if entry.file_type().is_dir() {
                        entries.skip_current_dir();
                    }
                }
                Ok(entry) if entry.file_type().is_dir() => {}
                // It is a link, and was followed.
                Ok(entry) if entry.depth() == 0 && metadata.is_dir() => {}
                Ok(entry) if entry.depth() > 0 && entry.path_is_symlink() => {
                    found.skip(entry.path(), "it is a link; add what it leads to by its own path");
                }
                Ok(entry) => take(&mut found, &mut taken, base, &entry),
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let reason = error.io_error().map(ToString::to_string);
                    found.skip(&path, reason.unwrap_or_else(|| error.to_string()));
                }
            }
        }
    }
    Ok(found)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_str().is_some_and(|name| name.starts_with('.'))
}

fn take(found: &mut Found, taken: &mut HashSet<DocumentPath>, base: &Path, entry: &DirEntry) {
    let file = entry.path();
    let size_bytes = match file.metadata() {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return found.skip(file, "it is neither a file nor a folder"),
        Err(error) => return found.skip(file, error.to_string()),
    };
    let relative = file.strip_prefix(base).unwrap_or(file);
    let Some(name) = relative.to_str() else {
        return found.skip(file, "its name is not Unicode");
    };
    match name.parse::<DocumentPath>() {
        Ok(path) if taken.contains(&path) => {
            found.skip(file, format!("another file is `{path}` already"));
        }
        Ok(path) => {
            taken.insert(path.clone());
            found.files.push(FoundFile { file: file.to_owned(), path, size_bytes });
        }
        Err(error) => found.skip(file, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn folders_are_walked_relative_to_themselves() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("given");
        fs::create_dir_all(folder.join("sub/.git")).expect("folders");
        for name in ["b.txt", "sub/a.txt", ".hidden", "sub/.git/config"] {
            fs::write(folder.join(name), "x").expect("a file");
        }
        let single = root.path().join("single.md");
        fs::write(&single, "xy").expect("a file");
        #[cfg(unix)]
        for (target, name) in [("..", "sub/loop"), ("../single.md", "link.md"), ("none", "dead")] {
            std::os::unix::fs::symlink(target, folder.join(name)).expect("a link");
        }

        let found = walk(&[folder, single]).expect("all can be read");
        let paths: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["b.txt", "sub/a.txt", "single.md"]);
        let reasons: Vec<&str> = found.skipped.iter().map(|s| s.reason.as_str()).collect();
        assert_eq!(reasons.iter().filter(|reason| **reason == "it is hidden").count(), 2);
        #[cfg(unix)]
        assert_eq!(reasons.iter().filter(|reason| reason.contains("link")).count(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn links_that_are_given_are_followed() {
        let root = tempfile::tempdir().expect("a folder");
        let path = |name: &str| root.path().join(name);
        fs::create_dir(path("folder")).expect("a folder");
        fs::write(path("folder/a.txt"), "x").expect("a file");
        for (target, name) in [("folder", "to-folder"), ("folder/a.txt", "to-file.txt")] {
            std::os::unix::fs::symlink(target, path(name)).expect("a link");
        }
        let found = walk(&[path("to-folder"), path("to-file.txt")]).expect("all can be read");
        let paths: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!((&paths[..], &found.skipped[..]), (&["a.txt", "to-file.txt"][..], &[][..]));
    }

    #[test]
    fn two_files_of_one_path_are_told() {
        let root = tempfile::tempdir().expect("a folder");
        for folder in ["one", "two"] {
            fs::create_dir(root.path().join(folder)).expect("a folder");
            fs::write(root.path().join(folder).join("a.txt"), folder).expect("a file");
        }
        let found = walk(&["one", "two"].map(|name| root.path().join(name))).expect("readable");
        assert_eq!(found.files.len(), 1);
        assert!(found.skipped[0].reason.contains("already"));
    }
}
