//! Finding models in the store's folder, and deleting them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use quire_domain::{InstalledModel, ModelFormat, ModelId, ModelKind};

use crate::EngineError;

use super::gguf::{GgufHead, read_head};
use super::hub::split_of;
use super::io_error;
use super::projector;
use super::record::{self, PulledFile};
use super::safetensors::is_model;

/// The files of a model that recognises text: a network that finds lines, and one that reads them.
pub const OCR_FILES: [&str; 2] = ["det.onnx", "rec.onnx"];
/// More parts than this no model has.
const MOST_PARTS: u32 = 1000;

/// A model on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredModel {
    /// What people see of it.
    pub model: InstalledModel,
    /// How it is stored.
    pub format: ModelFormat,
    /// The GGUF file, or the folder of a model in safetensors or ONNX.
    pub path: PathBuf,
    /// The GGUF file of the projector with which a chat model reads images.
    pub projector: Option<PathBuf>,
}

impl StoredModel {
    /// Lists what is known of the model's files since they were pulled; none of those that came
    /// otherwise. Blocks on the disk.
    pub fn pulled_files(&self) -> Result<Vec<PulledFile>, EngineError> {
        match self.format {
            ModelFormat::Safetensors | ModelFormat::Onnx => record::read(&self.path),
            ModelFormat::Gguf => {
                let own = [Some(&self.path), self.projector.as_ref()].into_iter().flatten();
                let names: Vec<&str> = own.filter_map(|path| file_name(path)).collect();
                let mut files = record::read(self.path.parent().unwrap_or(&self.path))?;
                files.retain(|file| names.contains(&file.name.as_str()));
                Ok(files)
            }
        }
    }
}

/// Finds every model under `folder`, by name; a folder that is not there has none.
pub fn scan(folder: &Path) -> Result<Vec<StoredModel>, EngineError> {
    let mut found = Vec::new();
    for publisher in folders(folder)? {
        for model in folders(&publisher)? {
            scan_model(&publisher, &model, &mut found)?;
        }
    }
    found.sort_by(|a, b| a.model.id.as_str().cmp(b.model.id.as_str()));
    Ok(found)
}

fn scan_model(
    publisher: &Path,
    model: &Path,
    found: &mut Vec<StoredModel>,
) -> Result<(), EngineError> {
    let (Some(publisher), Some(name)) = (file_name(publisher), file_name(model)) else {
        return Ok(());
    };
    let folder_id = format!("{publisher}/{name}");
    if is_model(model) {
        found.extend(safetensors(&folder_id, model)?);
    }
    if OCR_FILES.iter().all(|it| model.join(it).is_file()) {
        found.extend(ocr(&folder_id, model)?);
    }
    let files = gguf_files(model)?;
    let projector = if files.is_empty() { None } else { find_projector(model)? };
    for file in &files {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let id = if files.len() == 1 { folder_id.clone() } else { format!("{folder_id}/{stem}") };
        found.extend(gguf(&id, file, projector.as_deref()));
    }
    Ok(())
}

/// Adds up the files of a folder.
fn size_of(folder: &Path) -> Result<u64, EngineError> {
    let mut size_bytes = 0;
    for file in files(folder)? {
        size_bytes += fs::metadata(&file).map_err(io_error(&file))?.len();
    }
    Ok(size_bytes)
}

fn ocr(id: &str, folder: &Path) -> Result<Option<StoredModel>, EngineError> {
    let Ok(id) = id.parse::<ModelId>() else { return Ok(None) };
    let model = InstalledModel {
        id,
        kind: ModelKind::Ocr,
        format: Some(ModelFormat::Onnx),
        size_bytes: size_of(folder)?,
        context_tokens: None,
        quantization: None,
        dimensions: None,
        languages: None,
        reads_images: false,
        loaded: false,
        remote_host: None,
        preset: None,
    };
    let format = ModelFormat::Onnx;
    Ok(Some(StoredModel { model, format, path: folder.to_owned(), projector: None }))
}

fn safetensors(id: &str, folder: &Path) -> Result<Option<StoredModel>, EngineError> {
    let Ok(id) = id.parse::<ModelId>() else { return Ok(None) };
    let kind = kind_by_head(folder);
    let model = InstalledModel {
        id,
        kind,
        format: Some(ModelFormat::Safetensors),
        size_bytes: size_of(folder)?,
        context_tokens: stated_length(folder),
        quantization: stated_numbers(folder).filter(|_| kind == ModelKind::Chat),
        dimensions: stated_width(folder).filter(|_| kind == ModelKind::Embedding),
        languages: None,
        reads_images: false,
        loaded: false,
        remote_host: None,
        preset: None,
    };
    let format = ModelFormat::Safetensors;
    Ok(Some(StoredModel { model, format, path: folder.to_owned(), projector: None }))
}

/// Tells by the network's head what it does: with that of a classifier it ranks if it has one label,
/// and judges if it has more; with one that writes it chats, unless sentence-transformers have made an embedder of it;
/// without, it embeds.
fn kind_by_head(folder: &Path) -> ModelKind {
    let architectures = read_entry(folder, "config.json", "architectures");
    let names = architectures.as_ref().and_then(serde_json::Value::as_array);
    let names: Vec<&str> =
        names.into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    let ends_with = |endings: &[&str]| {
        names.iter().any(|name| endings.iter().any(|ending| name.ends_with(ending)))
    };
    if !ends_with(&["ForSequenceClassification"]) {
        let is_embedder = folder.join("modules.json").is_file();
        let writes = ends_with(&["ForCausalLM", "ForConditionalGeneration"]);
        return if writes && !is_embedder { ModelKind::Chat } else { ModelKind::Embedding };
    }
    let labels = read_entry(folder, "config.json", "id2label");
    match labels.as_ref().and_then(serde_json::Value::as_object).map(serde_json::Map::len) {
        None | Some(0 | 1) => ModelKind::Reranker,
        Some(_) => ModelKind::Judge,
    }
}

/// Reads how long a text may be from what sentence-transformers or the network state.
fn stated_length(folder: &Path) -> Option<u32> {
    let number =
        |file: &str, key: &str| u32::try_from(read_entry(folder, file, key)?.as_u64()?).ok();
    number("sentence_bert_config.json", "max_seq_length")
        .or_else(|| number("config.json", "max_position_embeddings"))
}

/// Reads in which numbers the weights are kept, such as `BF16`.
fn stated_numbers(folder: &Path) -> Option<String> {
    let stated = read_entry(folder, "config.json", "torch_dtype")
        .or_else(|| read_entry(folder, "config.json", "dtype"))?;
    match stated.as_str()? {
        "bfloat16" => Some("BF16".to_owned()),
        "float16" => Some("F16".to_owned()),
        "float32" => Some("F32".to_owned()),
        _ => None,
    }
}

/// Reads how many numbers a token's vector has, which is what a text's has too.
fn stated_width(folder: &Path) -> Option<u32> {
    let number = |key: &str| u32::try_from(read_entry(folder, "config.json", key)?.as_u64()?).ok();
    number("hidden_size").or_else(|| number("n_embd"))
}

fn read_entry(folder: &Path, file: &str, key: &str) -> Option<serde_json::Value> {
    let text = fs::read(folder.join(file)).ok()?;
    let mut json: serde_json::Value = serde_json::from_slice(&text).ok()?;
    json.get_mut(key).map(serde_json::Value::take)
}

fn gguf(id: &str, file: &Path, projector: Option<&Path>) -> Option<StoredModel> {
    let id = id.parse::<ModelId>().ok()?;
    let head = match known_head(file) {
        Ok(head) => head,
        Err(error) => {
            tracing::warn!(path = %file.display(), %error, "a file in the model store is not a model");
            return None;
        }
    };
    let projector = projector.filter(|_| !head.is_embedding()).map(Path::to_owned);
    let mut size_bytes = 0;
    for part in parts_of(file).into_iter().chain(projector.clone()) {
        match fs::metadata(&part) {
            Ok(metadata) => size_bytes += metadata.len(),
            Err(error) => {
                tracing::warn!(path = %part.display(), %error, "a part of a model is missing");
                return None;
            }
        }
    }
    let model = InstalledModel {
        id,
        kind: if head.is_embedding() { ModelKind::Embedding } else { ModelKind::Chat },
        dimensions: head.width.filter(|_| head.is_embedding()),
        languages: None,
        format: Some(ModelFormat::Gguf),
        size_bytes,
        context_tokens: head.context_tokens,
        quantization: head.quantization,
        reads_images: projector.is_some(),
        loaded: false,
        remote_host: None,
        preset: None,
    };
    Some(StoredModel { model, format: ModelFormat::Gguf, path: file.to_owned(), projector })
}

/// Heads that were read, with the size of each file and when it was changed: models are listed at every request, and a
/// head holds the whole vocabulary.
static HEADS: Mutex<BTreeMap<PathBuf, (u64, SystemTime, GgufHead)>> = Mutex::new(BTreeMap::new());

/// Reads the head of a file, unless it was read and the file is as it was.
fn known_head(file: &Path) -> std::io::Result<GgufHead> {
    let heads = || HEADS.lock().unwrap_or_else(PoisonError::into_inner);
    let metadata = fs::metadata(file)?;
    let (length, changed) = (metadata.len(), metadata.modified()?);
    if let Some((known_length, known_change, head)) = heads().get(file)
        && (*known_length, *known_change) == (length, changed)
    {
        return Ok(head.clone());
    }
    let head = read_head(file)?;
    heads().insert(file.to_owned(), (length, changed, head.clone()));
    Ok(head)
}

/// Lists the GGUF files that are a model: not projectors for images, not the later parts of a split.
pub fn gguf_files(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let mut found: Vec<PathBuf> = files(folder)?;
    found.retain(|file| {
        let name = file_name(file).unwrap_or_default().to_ascii_lowercase();
        let later = name.contains("-of-") && !name.contains("-00001-of-");
        file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
            && !later
            && !projector::is_projector(file)
    });
    found.sort();
    Ok(found)
}

/// Finds the projector in a model's folder. Blocks on the disk.
pub fn find_projector(folder: &Path) -> Result<Option<PathBuf>, EngineError> {
    Ok(projector::find(files(folder)?))
}

/// Lists the files of a model, given its first: one, or all that it was split into.
pub fn parts_of(first: &Path) -> Vec<PathBuf> {
    let name = file_name(first).unwrap_or_default();
    let Some((_, count)) = split_of(name).filter(|(_, count)| *count <= MOST_PARTS) else {
        return vec![first.to_owned()];
    };
    let stem = &name[..name.len() - "00001-of-00001.gguf".len()];
    let part = |number: u32| first.with_file_name(format!("{stem}{number:05}-of-{count:05}.gguf"));
    (1..=count).map(part).collect()
}

/// Deletes a model's files and, if they are then empty, the folders up to `root`.
pub fn delete(stored: &StoredModel, root: &Path) -> Result<(), EngineError> {
    match stored.format {
        ModelFormat::Gguf => {
            for part in parts_of(&stored.path) {
                fs::remove_file(&part).map_err(io_error(&part))?;
            }
            if let Some(folder) = stored.path.parent() {
                // The projector goes with the last model that it is of.
                if gguf_files(folder)?.is_empty() {
                    for projector in projector::among(files(folder)?) {
                        fs::remove_file(&projector).map_err(io_error(&projector))?;
                    }
                }
                record::delete_alone(folder)?;
            }
        }
        ModelFormat::Safetensors | ModelFormat::Onnx => {
            fs::remove_dir_all(&stored.path).map_err(io_error(&stored.path))?;
        }
    }
    delete_emptied(&stored.path, root);
    Ok(())
}

/// Deletes the folders above a file that is gone, up to `root`, if they are empty.
pub fn delete_emptied(file: &Path, root: &Path) {
    let above = file.ancestors().skip(1).take_while(|folder| *folder != root);
    for folder in above {
        // A folder that still holds something stays.
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
}

/// Lists the folders in a folder.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_file()).collect())
}

/// Lists what is in a folder, without hidden things, which hold downloads in progress.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error(folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(io_error(folder))?.path();
        if file_name(&path).is_some_and(|name| !name.starts_with('.')) {
            found.push(path);
        }
    }
    Ok(found)
}

fn file_name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}
