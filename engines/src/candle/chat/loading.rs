//! Loading a chat model: from a folder with safetensors, or from a GGUF file.

use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use candle_core::{DType, Device};
use quire_domain::ModelId;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::EngineError;
use crate::candle::config::{read_json, refuse};
use crate::candle::tokens::load_tokenizer;
use crate::store::safetensors::read_places;

use super::config;
use super::folder::{self, ChatFiles};
use super::generator::ChatOptions;
use super::gguf::GgufFile;
use super::names;
use super::network::{Network, Placing};
use super::tensors::{SafetensorsFolder, tell_error};
use super::vocabulary::{StatedTokens, Vocabulary};
use crate::candle::device::open_device;

/// A model that is loaded.
pub struct Loaded {
    /// What reads and writes.
    pub network: Network,
    /// Its tokens.
    pub vocabulary: Vocabulary,
    /// How many tokens prompt and answer have at most.
    pub context_tokens: usize,
    /// The Jinja text that writes messages, if the model has one.
    pub template: Option<String>,
    /// The text of the first token; empty if there is none.
    pub bos: String,
    /// The text of the last token; empty if there is none.
    pub eos: String,
    /// The bytes of the weights.
    pub weights_bytes: u64,
    /// What identifies the weights.
    pub fingerprint: String,
}

/// Loads a model. Blocks on the disk.
pub fn load(path: &Path, model: &ModelId, options: &ChatOptions) -> Result<Loaded, EngineError> {
    let device = open_device();
    // Sides are checked before anything is computed with them; that nothing panics over a file all the same is not in
    // our hands alone.
    let load = AssertUnwindSafe(|| {
        if path.is_dir() {
            load_folder(path, model, options, device)
        } else {
            load_gguf(path, model, options, device)
        }
    });
    catch_unwind(load).unwrap_or_else(|_| Err(refuse(model, "candle panicked over its files")))
}

fn load_folder(
    folder: &Path,
    model: &ModelId,
    options: &ChatOptions,
    device: Device,
) -> Result<Loaded, EngineError> {
    let failed = |reason: String| refuse(model, &reason);
    let config: Value = read_json(model, &folder.join("config.json"))?;
    let ChatFiles { template, eos, tokens: stated } = folder::read(model, folder, &config)?;
    let (shape, names) = config::read(config, options.context_tokens).map_err(failed)?;
    let tokenizer = load_tokenizer(model, folder)?;
    let vocabulary = Vocabulary::new(tokenizer, &stated, shape.vocabulary).map_err(failed)?;
    let mut tensors =
        SafetensorsFolder::open(folder, &device).map_err(|error| failed(error.to_string()))?;
    let kind = tensors.kind();
    let context_tokens = options.context_tokens.clamp(16, shape.context_tokens.max(16));
    let placing = Placing { kind: row_kind(&device, kind), device, context_tokens };
    let network = Network::load(&mut tensors, shape, names, &placing)
        .map_err(|error| failed(tell_error(&error)))?;
    Ok(Loaded {
        network,
        vocabulary,
        context_tokens,
        template,
        bos: stated.bos.unwrap_or_default(),
        eos: eos.unwrap_or_default(),
        weights_bytes: tensors.held_bytes(),
        fingerprint: fingerprint_of_folder(folder)?,
    })
}

fn load_gguf(
    path: &Path,
    model: &ModelId,
    options: &ChatOptions,
    device: Device,
) -> Result<Loaded, EngineError> {
    let failed = |reason: String| refuse(model, &format!("`{}`: {reason}", path.display()));
    let mut file = GgufFile::open(path, &device).map_err(failed)?;
    let shape = file.shape().map_err(failed)?;
    let tokenizer = file.tokenizer().map_err(failed)?;
    let token = |name: &str| file.token(&format!("tokenizer.ggml.{name}_token_id"));
    let (bos, eos) = (token("bos"), token("eos"));
    let end_texts = eos.iter().cloned().chain(token("eot")).collect();
    let controls = Some(file.control_tokens());
    let stated = StatedTokens { bos: bos.clone(), end_texts, ends: Vec::new(), controls };
    let vocabulary = Vocabulary::new(tokenizer, &stated, shape.vocabulary).map_err(failed)?;
    let template = file.text("tokenizer.chat_template").map(str::to_owned);
    let context_tokens = options.context_tokens.clamp(16, shape.context_tokens.max(16));
    let placing = Placing { device, kind: DType::F32, context_tokens };
    let network = Network::load(&mut file, shape, &names::GGUF, &placing)
        .map_err(|error| failed(tell_error(&error)))?;
    let io_failed = |source| EngineError::Io { path: path.to_owned(), source };
    let weights_bytes = std::fs::metadata(path).map_err(io_failed)?.len();
    let mut hash = Sha256::new();
    add_head(&mut hash, path).map_err(io_failed)?;
    Ok(Loaded {
        network,
        vocabulary,
        context_tokens,
        template,
        bos: bos.unwrap_or_default(),
        eos: eos.unwrap_or_default(),
        weights_bytes,
        fingerprint: written(hash),
    })
}

/// Finds which numbers rows are kept in: 32 bits on the processor, else those of the file.
fn row_kind(device: &Device, kind: Option<DType>) -> DType {
    match kind {
        Some(kind @ (DType::BF16 | DType::F16)) if !device.is_cpu() => kind,
        _ => DType::F32,
    }
}

/// Identifies the weights by the size and the first mebibyte of each file: hashing gigabytes would take seconds a load.
fn fingerprint_of_folder(folder: &Path) -> Result<String, EngineError> {
    let failed = |source| EngineError::Io { path: folder.to_owned(), source };
    let places = read_places(folder).map_err(failed)?;
    let mut files: Vec<&Path> = places.values().map(|place| place.file.as_path()).collect();
    files.sort_unstable();
    files.dedup();
    let mut hash = Sha256::new();
    for file in files {
        add_head(&mut hash, file).map_err(failed)?;
    }
    Ok(written(hash))
}

fn add_head(hash: &mut Sha256, path: &Path) -> std::io::Result<()> {
    let file = File::open(path)?;
    hash.update(file.metadata()?.len().to_le_bytes());
    let mut head = Vec::new();
    file.take(1 << 20).read_to_end(&mut head)?;
    hash.update(&head);
    Ok(())
}

fn written(hash: Sha256) -> String {
    let hash = hash.finalize();
    format!("{:032x}", u128::from_be_bytes(*hash.first_chunk().unwrap_or(&[0; 16])))
}
