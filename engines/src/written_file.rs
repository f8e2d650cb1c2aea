//! Small files of JSON that people may edit: written beside, and then put in place as a whole.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::EngineError;

/// Writes a file of JSON, with its folder if need be. Blocks on the disk.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), EngineError> {
    let write = || {
        let json = serde_json::to_vec_pretty(value).map_err(std::io::Error::other)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let unfinished = path.with_extension("json.part");
        fs::write(&unfinished, json)?;
        fs::rename(&unfinished, path)
    };
    write().map_err(|source| EngineError::Io { path: path.to_owned(), source })
}
