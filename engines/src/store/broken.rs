//! Files that lie where a model does and cannot be read as one: looked for when a model is not found, to say why.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use quire_domain::ModelId;

use super::gguf::read_head;
use super::installed::{delete_emptied, folders, gguf_files, parts_of};
use super::{io_error, record};
use crate::EngineError;

/// A file that should be a model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BrokenModel {
    /// What the model would be called.
    pub id: ModelId,
    /// The GGUF file, or the first of them.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Finds every such file under a folder of models. Blocks on the disk.
pub fn scan(folder: &Path) -> Result<Vec<BrokenModel>, EngineError> {
    let mut found = Vec::new();
    for publisher in folders(folder)? {
        for model in folders(&publisher)? {
            let files = gguf_files(&model)?;
            let is_alone = files.len() == 1;
            for path in files {
                // Named as models are.
                let of_folder = model.strip_prefix(folder).unwrap_or(&model);
                let stem = path.file_stem().unwrap_or_default();
                let id = if is_alone { of_folder.to_owned() } else { of_folder.join(stem) };
                let id =
                    id.to_str().map(|id| id.replace('\\', "/")).map(|id| id.parse::<ModelId>());
                if let (Some(Ok(id)), Err(reason)) = (id, check(&path)) {
                    found.push(BrokenModel { id, path, reason });
                }
            }
        }
    }
    Ok(found)
}

fn check(path: &Path) -> Result<(), String> {
    read_head(path).map_err(|error| error.to_string())?;
    let missing = parts_of(path).into_iter().find(|part| !part.is_file());
    missing.map_or(Ok(()), |part| Err(format!("its part `{}` is missing", part.display())))
}

/// Deletes such a file, and its folders up to `root` if they are then empty. Blocks on the disk.
pub fn delete(broken: &BrokenModel, root: &Path) -> Result<(), EngineError> {
    for part in parts_of(&broken.path) {
        match fs::remove_file(&part) {
            // That a part is missing may be what is wrong.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            removed => removed.map_err(io_error(&part))?,
        }
    }
    if let Some(folder) = broken.path.parent() {
        record::delete_alone(folder)?;
    }
    delete_emptied(&broken.path, root);
    Ok(())
}
