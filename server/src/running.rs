//! The note that a running server leaves in its data folder, so that the command line finds it.
//!
//! `server.json` holds the address and the process. It is written after binding and removed at the
//! end; a stale one, left by a kill, does no harm, because `/health` must answer with the same
//! process.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::log::rotating::for_owner;

/// A server that runs, or ran.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
pub struct RunningServer {
    /// Where it answers, such as `http://127.0.0.1:1234`.
    pub url: String,
    /// Its process.
    pub pid: u32,
    /// Opens everything; whoever can read the data folder may do everything with it anyway.
    #[serde(default)]
    pub token: String,
    /// When it began to answer, in milliseconds since the Unix epoch; 0 if an older version wrote the note.
    #[serde(default)]
    pub started_at_ms: i64,
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
    leave(note_path(data), &serde_json::to_vec(server)?)
}

/// Leaves a note where the plugin Obsidian Copilot looks for the service that it knows as Miyo.
pub fn announce_to_copilot(path: &Path, address: SocketAddr) -> io::Result<Note> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let host = match address.ip() {
        ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let note =
        serde_json::json!({ "host": host, "port": address.port(), "pid": std::process::id() });
    leave(path.to_owned(), note.to_string().as_bytes())
}

/// Gives the place of that note: `~/.config/Miyo/service.json`, or what macOS and Windows have.
pub fn miyo_note_path() -> Option<PathBuf> {
    let (variable, folder) = if cfg!(windows) {
        ("LOCALAPPDATA", "Miyo")
    } else if cfg!(target_os = "macos") {
        ("HOME", "Library/Application Support/Miyo")
    } else {
        ("HOME", ".config/Miyo")
    };
    let base = PathBuf::from(std::env::var_os(variable)?);
    base.is_absolute().then(|| base.join(folder).join("service.json"))
}

fn leave(path: PathBuf, content: &[u8]) -> io::Result<Note> {
    let unfinished = path.with_extension("json.new");
    write_for_owner(&unfinished, content)?;
    fs::rename(&unfinished, &path)?;
    Ok(Note { path })
}

/// Writes a file that nobody else may read.
fn write_for_owner(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    io::Write::write_all(&mut for_owner(&mut options).open(path)?, content)
}

/// Removes the note of a server that is gone.
pub fn remove(data: &Path) -> io::Result<()> {
    match fs::remove_file(note_path(data)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
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
    fn copilot_is_told_where_to_call() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Miyo").join("service.json");
        let address = "0.0.0.0:1234".parse().expect("an address");
        let note = announce_to_copilot(&path, address).expect("it can be written");
        let told: serde_json::Value =
            serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
        assert_eq!((&told["host"], &told["port"]), (&"127.0.0.1".into(), &1234.into()));
        assert_eq!(told["pid"], std::process::id());
        drop(note);
        assert!(!path.exists());
    }

    #[test]
    fn a_note_lasts_as_long_as_its_server() {
        let folder = tempfile::tempdir().expect("a folder");
        let server = RunningServer {
            url: "http://127.0.0.1:1".to_owned(),
            pid: 7,
            token: "t".to_owned(),
            started_at_ms: 1,
        };
        let note = announce(folder.path(), &server).expect("it can be written");
        assert!(find(folder.path()) == Some(server));
        drop(note);
        assert!(find(folder.path()).is_none());
    }
}
