//! What came when a model was pulled: a hidden file beside its files, for looking up later what
//! they were checked against.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::EngineError;

use super::io_error;

/// The name of the file; hidden, so that it is not taken for a part of the model.
const NAME: &str = ".pulled.json";

/// What a pulled file was checked against.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Checked {
    /// The checksum in the catalog.
    Catalog,
    /// The checksum that the server stated before the download: what came is what it has, which
    /// says nothing about whether the server is to be trusted.
    Server,
    /// Nothing: neither of them states one.
    Nothing,
}

/// A file that was pulled.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PulledFile {
    /// Its name in the model's folder, with `/` between folders.
    pub name: String,
    /// Its size.
    pub size_bytes: u64,
    /// The SHA-256 of what came, in lower-case hexadecimal.
    pub sha256: String,
    /// What it was checked against.
    pub checked: Checked,
}

#[derive(Default, Deserialize, Serialize)]
struct Record {
    files: Vec<PulledFile>,
}

/// Reads the record in a model's folder; empty if there is none. Blocks on the disk.
pub fn read(folder: &Path) -> Result<Vec<PulledFile>, EngineError> {
    let path = path(folder);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error(&path)(error)),
    };
    match serde_json::from_slice::<Record>(&bytes) {
        Ok(record) => Ok(record.files),
        Err(error) => {
            // A download is made again without it; that is better than none ever.
            tracing::warn!(path = %path.display(), %error, "a record of pulled files is unreadable");
            Ok(Vec::new())
        }
    }
}

/// Writes down a file in the record of a model's folder. Blocks on the disk.
pub fn note(folder: &Path, file: PulledFile) -> Result<(), EngineError> {
    let mut files = read(folder)?;
    files.retain(|it| it.name != file.name);
    files.push(file);
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let path = path(folder);
    let json = serde_json::to_vec_pretty(&Record { files }).map_err(std::io::Error::other);
    let begun = folder.join(format!("{NAME}.part"));
    let write = |json: Vec<u8>| {
        fs::create_dir_all(folder)?;
        fs::write(&begun, json)?;
        fs::rename(&begun, &path)
    };
    json.and_then(write).map_err(io_error(&path))
}

/// Deletes the record if it is all that a folder still holds. Blocks on the disk.
pub fn delete_alone(folder: &Path) -> Result<(), EngineError> {
    let path = path(folder);
    let entries = fs::read_dir(folder).map_err(io_error(folder))?;
    let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    if names == [NAME] {
        fs::remove_file(&path).map_err(io_error(&path))?;
    }
    Ok(())
}

fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}
