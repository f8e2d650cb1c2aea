//! Taking in models that other programs have on this machine: by links, so that nothing is copied.
//!
//! A hard link is tried first, which outlives the other program's copy; between disks it is a symbolic one.

mod ollama;

use std::fs;
use std::path::{Path, PathBuf};

use quire_domain::{ModelId, Preset};

use super::gguf::read_head;
use super::installed::{self, gguf_files, parts_of};
use super::io_error;
use super::safetensors::{is_model, read_places};
use super::settings::ModelSettings;
use crate::EngineError;

/// A model that was taken in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Imported {
    /// Its name.
    pub id: ModelId,
    /// Where its files are.
    pub from: PathBuf,
}

/// What is to be linked.
struct Found {
    id: ModelId,
    /// Files, and their names in the model's folder.
    files: Vec<(PathBuf, String)>,
    /// What the other program has settled.
    preset: Preset,
}

/// Takes in a GGUF file, a folder with a model, a folder of LM Studio or one of Ollama. Blocks on the disk.
///
/// `name` is that of a single model; without one it is told from the folders above it.
pub fn import(
    root: &Path,
    path: &Path,
    name: Option<&ModelId>,
) -> Result<Vec<Imported>, EngineError> {
    let path = fs::canonicalize(path).map_err(io_error(path))?;
    let found = find(&path, name)?;
    if found.is_empty() {
        let reason = "there is no GGUF file in it, no safetensors with tokenizer and configuration, and no models of LM Studio or Ollama";
        return Err(EngineError::NotAModel { path, reason: reason.to_owned() });
    }
    let mut settings = ModelSettings::read(root)?;
    let mut imported = Vec::new();
    for Found { id, files, preset } in found {
        let folder = root.join(folder_of(&id));
        for (from, name) in &files {
            link(from, &folder.join(name))?;
        }
        if !preset.is_empty() && settings.preset(&id).is_none() {
            settings.set_preset(&id, preset);
            settings.write(root)?;
        }
        let from = files.into_iter().next().map_or_else(|| path.clone(), |(from, _)| from);
        imported.push(Imported { id, from });
    }
    Ok(imported)
}

fn find(path: &Path, name: Option<&ModelId>) -> Result<Vec<Found>, EngineError> {
    if path.is_file() {
        return Ok(vec![file(path, name)?]);
    }
    for folder in [path.to_owned(), path.join("models")] {
        if folder.join("manifests").is_dir() && folder.join("blobs").is_dir() {
            return ollama::find(&folder);
        }
    }
    if is_model(path) {
        read_places(path).map_err(|error| not_a_model(path, &error.to_string()))?;
        let local = || local_name(path.file_name()?.to_str()?);
        let id = name.cloned().or_else(|| name_by_folders(path)).or_else(local);
        let id = id.ok_or_else(|| unnamed(path))?;
        return Ok(vec![Found { id, files: files_below(path)?, preset: Preset::default() }]);
    }
    let files = gguf_files(path)?;
    if !files.is_empty() {
        return files.iter().map(|one| file(one, name.filter(|_| files.len() == 1))).collect();
    }
    for folder in [path.to_owned(), path.join("models")] {
        let stored = installed::scan(&folder)?;
        if !stored.is_empty() {
            return stored.into_iter().map(of_stored).collect();
        }
    }
    Ok(Vec::new())
}

/// Takes a model under the name that it has there: LM Studio's folders are laid out as Quire's are.
fn of_stored(stored: installed::StoredModel) -> Result<Found, EngineError> {
    let files = if stored.path.is_dir() {
        files_below(&stored.path)?
    } else {
        let files = parts_of(&stored.path).into_iter().chain(stored.projector);
        files.filter_map(named_file).collect()
    };
    Ok(Found { id: stored.model.id, files, preset: Preset::default() })
}

fn file(path: &Path, name: Option<&ModelId>) -> Result<Found, EngineError> {
    let refuse = |reason: String| EngineError::NotAModel { path: path.to_owned(), reason };
    let parts = parts_of(path);
    for part in &parts {
        let head = read_head(part).map_err(|error| refuse(error.to_string()))?;
        if head.is_projector() {
            let reason = "it is a projector, which is of use only beside its chat model; name the folder of both";
            return Err(refuse(reason.to_owned()));
        }
    }
    let stem = parts.first().and_then(|first| first.file_stem()).and_then(|stem| stem.to_str());
    let stem = stem.ok_or_else(|| unnamed(path))?;
    // The folder may be that of a model, as LM Studio has it; else the file's own name says what it is.
    let by_folders = || path.parent().and_then(name_by_folders);
    let id = name.cloned().or_else(by_folders).or_else(|| local_name(stem));
    let id: ModelId = id.ok_or_else(|| unnamed(path))?;
    let projector = projector_beside(path)?;
    let files = parts.into_iter().chain(projector).filter_map(named_file).collect();
    Ok(Found { id, files, preset: Preset::default() })
}

/// Finds the projector of a model's file, if its folder is that of one model: among files of all sorts nothing tells whose
/// a projector is.
fn projector_beside(path: &Path) -> Result<Option<PathBuf>, EngineError> {
    let Some(folder) = path.parent() else { return Ok(None) };
    let is_of_one = name_by_folders(folder).is_some() || gguf_files(folder)?.len() == 1;
    if is_of_one { installed::find_projector(folder) } else { Ok(None) }
}

/// Names a model after its folder and the one above it, if both are below one called `models`, as LM Studio has it.
fn name_by_folders(folder: &Path) -> Option<ModelId> {
    let name = folder.file_name()?.to_str()?;
    let publisher = folder.parent()?.file_name()?.to_str()?;
    let above = folder.parent()?.parent()?.file_name()?;
    if above == "models" { format!("{publisher}/{name}").parse().ok() } else { None }
}

/// Names a model that no publisher is known of.
fn local_name(name: &str) -> Option<ModelId> {
    format!("local/{}", plain(name)).parse().ok()
}

/// Makes of any name one that a model may have.
fn plain(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().map(|c| if fits(c) { c } else { '-' }).collect()
}

/// The folder of a model is named by the first two parts of its name, as the store looks for them.
fn folder_of(id: &ModelId) -> PathBuf {
    let parts: Vec<&str> = id.as_str().split('/').collect();
    match parts.as_slice() {
        [name] => PathBuf::from("local").join(name),
        parts => parts.iter().take(2).collect(),
    }
}

fn named_file(path: PathBuf) -> Option<(PathBuf, String)> {
    let name = path.file_name()?.to_str()?.to_owned();
    Some((path, name))
}

/// Lists the files of a model in safetensors, with those one folder below.
fn files_below(folder: &Path) -> Result<Vec<(PathBuf, String)>, EngineError> {
    let mut found = Vec::new();
    for path in installed::entries(folder)? {
        let below = if path.is_dir() { installed::entries(&path)? } else { vec![path] };
        for file in below.into_iter().filter(|file| file.is_file()) {
            let name = file.strip_prefix(folder).ok().and_then(Path::to_str).map(str::to_owned);
            found.extend(name.map(|name| (file, name)));
        }
    }
    Ok(found)
}

fn unnamed(path: &Path) -> EngineError {
    not_a_model(path, "no name can be told from its path; give one with `--name`")
}

fn not_a_model(path: &Path, reason: &str) -> EngineError {
    EngineError::NotAModel { path: path.to_owned(), reason: reason.to_owned() }
}

/// Links a file, unless it is there already.
fn link(from: &Path, to: &Path) -> Result<(), EngineError> {
    let from = fs::canonicalize(from).map_err(io_error(from))?;
    if to.exists() {
        let is_same = fs::canonicalize(to).is_ok_and(|there| there == from) || is_same(&from, to);
        let taken = "there is another file; delete it, or take the model in under another `--name`";
        return if is_same {
            Ok(())
        } else {
            Err(io_error(to)(std::io::Error::new(std::io::ErrorKind::AlreadyExists, taken)))
        };
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(io_error(folder))?;
    }
    if to.symlink_metadata().is_ok() {
        // What it pointed to is gone.
        fs::remove_file(to).map_err(io_error(to))?;
    }
    fs::hard_link(&from, to).or_else(|_| symlink(&from, to)).map_err(io_error(to))
}

/// Whether two names are of one file.
#[cfg(unix)]
fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino())).ok();
    place(one).is_some_and(|it| Some(it) == place(other))
}

/// Whether two names are of one file: those of the same size are taken to be, for want of a better way.
#[cfg(not(unix))]
fn is_same(one: &Path, other: &Path) -> bool {
    let length = |path: &Path| fs::metadata(path).map(|it| it.len()).ok();
    length(one).is_some_and(|it| Some(it) == length(other))
}

#[cfg(unix)]
fn symlink(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(windows)]
fn symlink(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(from, to)
}

#[cfg(test)]
mod tests;
