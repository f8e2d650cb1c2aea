//! A build without back ends: nothing is kept when the process ends, and no model is read.

use std::path::Path;
use std::sync::Arc;

use quire_engines::scripted::ScriptedRuntime;
use quire_engines::{Device, Kernels, ModelRuntime, Tokenizers};
use quire_ingest::PageReader;
use quire_service::PageReaders;
use quire_vectorstore::{ChunkStore, MemoryStore};

use crate::Folders;
use crate::config::{DefaultModels, ModelsFolder};

/// Names this build in `/health` and in the first lines of `quire serve`.
pub const BUILD: &str = "scripted";

/// Opens the in-memory store.
#[expect(clippy::unused_async, reason = "the real one waits for its disk")]
pub async fn open_store(_folders: &Folders) -> anyhow::Result<Arc<dyn ChunkStore>> {
    Ok(Arc::new(MemoryStore::default()))
}

/// Opens the scripted engines.
pub fn open_models(_folders: &Folders, models: &DefaultModels) -> Arc<dyn ModelRuntime> {
    let line = "This build has no models; it only repeats this sentence.".to_owned();
    Arc::new(
        ScriptedRuntime::new(std::iter::repeat_n(line, 64))
            .with_residents(models.ttl, models.memory_budget()),
    )
}

/// Opens the tokenizer of the scripted engines.
pub fn open_tokenizers(_models: &ModelsFolder) -> Box<dyn Tokenizers> {
    Box::new(ScriptedRuntime::new([]))
}

/// Finds nothing that reads pages that are pictures.
pub fn page_readers(_models: &ModelsFolder) -> NoReaders {
    NoReaders
}

/// This build recognises no text.
pub struct NoReaders;

impl PageReaders for NoReaders {
    fn open(&self) -> Result<Option<Box<dyn PageReader>>, String> {
        Ok(None)
    }
}

/// Finds none: the scripted engines compute nothing.
pub fn find_kernels() -> Option<Result<&'static Kernels, String>> {
    None
}

/// Finds none: the scripted engines compute nothing.
pub fn list_devices() -> Option<Result<Vec<Device>, String>> {
    None
}

/// Says that this build cannot.
pub fn try_file(_model: &Path, _adapter: Option<&Path>) -> Result<(), String> {
    Err("this build has no llama.cpp".to_owned())
}

/// Says that this build cannot.
pub fn test_kernels(_library: &Path) -> Result<Vec<f32>, String> {
    Err("this build has no llama.cpp".to_owned())
}
