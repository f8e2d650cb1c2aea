//! The note that a running server leaves in its data folder, so that the command line finds it.
//!
//! `server.json` holds the address and the process. It is written after binding and removed at the
//! end; a stale one, left by a kill, does no harm, because `/health` must answer with the same
//! process.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// A server that runs, or ran.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RunningServer {
    /// Where it answers, such as `http://127.0.0.1:1234`.
    pub url: String,
    /// Its process.
    pub pid: u32,
}

/// Removes the note when it is dropped.
#[derive(Debug)]
pub struct Note {
    path: PathBuf,
}

impl Drop for Note {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!("`{}` could not be removed: {error}", self.path.display());
        }
    }
}

/// Leaves the note; the caller owns the data folder.
pub fn announce(data: &Path, server: &RunningServer) -> io::Result<Note> {
    let path = note_path(data);
    let unfinished = path.with_extension("json.new");
    fs::write(&unfinished, serde_json::to_vec(server)?)?;
    fs::rename(&unfinished, &path)?;
    Ok(Note { path })
}

/// Reads the note, if there is a readable one.
pub fn find(data: &Path) -> Option<RunningServer> {
    serde_json::from_slice(&fs::read(note_path(data)).ok()?).ok()
}

fn note_path(data: &Path) -> PathBuf {
    data.join("server.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_lasts_as_long_as_its_server() {
        let folder = tempfile::tempdir().expect("a folder");
        let server = RunningServer { url: "http://127.0.0.1:1".to_owned(), pid: 7 };
        let note = announce(folder.path(), &server).expect("it can be written");
        assert_eq!(find(folder.path()), Some(server));
        drop(note);
        assert_eq!(find(folder.path()), None);
    }
}
