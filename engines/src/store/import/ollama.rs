//! A folder of Ollama: manifests, which name blobs by their hashes. The model's blob is a GGUF file.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use quire_domain::{LoadOptions, Preset};
use serde::Deserialize;
use serde_json::Value;

use super::Found;
use crate::EngineError;
use crate::store::gguf::read_head;
use crate::store::{installed, io_error};

/// Manifests and settings are far smaller.
const LARGEST: u64 = 1 << 20;
/// Folders above a manifest: registry, namespace, model.
const DEPTH: usize = 3;

const MODEL: &str = "application/vnd.ollama.image.model";
const PROJECTOR: &str = "application/vnd.ollama.image.projector";
const SETTINGS: &str = "application/vnd.ollama.image.params";
const SYSTEM: &str = "application/vnd.ollama.image.system";

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
}

/// Finds the models of a folder of Ollama. Those whose blobs cannot be read are told in the log and left out.
pub fn find(folder: &Path) -> Result<Vec<Found>, EngineError> {
    let root = folder.join("manifests");
    let mut found = Vec::new();
    for path in manifests(&root, DEPTH)? {
        match read(folder, &root, &path) {
            Ok(model) => found.push(model),
            Err(reason) => {
                tracing::warn!(path = %path.display(), %reason, "a model of Ollama is left out");
            }
        }
    }
    found.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
    Ok(found)
}

fn manifests(folder: &Path, depth: usize) -> Result<Vec<PathBuf>, EngineError> {
    let entries = installed::entries(folder)?;
    if depth == 0 {
        return Ok(entries.into_iter().filter(|path| path.is_file()).collect());
    }
    let mut found = Vec::new();
    for below in entries.into_iter().filter(|path| path.is_dir()) {
        found.extend(manifests(&below, depth - 1)?);
    }
    Ok(found)
}

fn read(folder: &Path, root: &Path, path: &Path) -> Result<Found, String> {
    let manifest: Manifest =
        serde_json::from_slice(&read_small(path)?).map_err(|error| error.to_string())?;
    let blob = |kind: &str| {
        let layer = manifest.layers.iter().find(|layer| layer.media_type == kind)?;
        blob_of(folder, &layer.digest)
    };
    let model = blob(MODEL).ok_or("it names no model")?;
    read_head(&model).map_err(|error| error.to_string())?;
    let parts: Vec<&str> = path
        .strip_prefix(root)
        .ok()
        .into_iter()
        .flat_map(Path::iter)
        .filter_map(|it| it.to_str())
        .collect();
    let [_registry, namespace, name, tag] = parts.as_slice() else {
        return Err("its path is none of Ollama's".to_owned());
    };
    let publisher = if *namespace == "library" { "ollama" } else { namespace };
    let name = match *tag {
        "latest" => (*name).to_owned(),
        tag => format!("{name}-{tag}"),
    };
    let id = format!("{publisher}/{name}").parse().map_err(|_| "its name cannot be used here")?;
    let mut preset = Preset::default();
    if let Some(Ok(text)) = blob(SETTINGS).map(|path| read_small(&path)) {
        preset = settings(&serde_json::from_slice(&text).unwrap_or_default());
    }
    if let Some(Ok(text)) = blob(SYSTEM).map(|path| read_small(&path)) {
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        preset.system = Some(text).filter(|text| !text.is_empty());
    }
    let mut files = vec![(model, format!("{name}.gguf"))];
    if manifest.layers.iter().any(|layer| layer.media_type == PROJECTOR) {
        match blob(PROJECTOR) {
            Some(projector) => files.push((projector, format!("mmproj-{name}.gguf"))),
            None => {
                tracing::warn!(model = %id, "its projector is not there; it will read no images");
            }
        }
    }
    Ok(Found { id, files, preset })
}

/// Finds a blob by its hash, and nothing that is none.
fn blob_of(folder: &Path, digest: &str) -> Option<PathBuf> {
    let hash = digest.strip_prefix("sha256:")?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let path = folder.join("blobs").join(format!("sha256-{hash}"));
    (is_hash && path.is_file()).then_some(path)
}

fn settings(json: &Value) -> Preset {
    let number = |name: &str| json.get(name).and_then(Value::as_f64).map(|number| number as f32);
    let whole = |name: &str| u32::try_from(json.get(name)?.as_u64()?).ok();
    Preset {
        system: None,
        temperature: number("temperature"),
        top_p: number("top_p"),
        top_k: whole("top_k"),
        min_p: number("min_p"),
        repeat_penalty: number("repeat_penalty"),
        repeat_last_n: json.get("repeat_last_n").and_then(|n| i32::try_from(n.as_i64()?).ok()),
        load: LoadOptions { context_tokens: whole("num_ctx"), ..LoadOptions::default() },
        ..Preset::default()
    }
}

fn read_small(path: &Path) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let file = fs::File::open(path).map_err(io_error(path)).map_err(|error| error.to_string())?;
    let read = file.take(LARGEST + 1).read_to_end(&mut text);
    read.map_err(|error| error.to_string())?;
    if text.len() as u64 > LARGEST { Err("it is too long".to_owned()) } else { Ok(text) }
}
