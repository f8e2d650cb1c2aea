//! The real back ends: LanceDB in the data folder, llama.cpp and candle on the models folder.

use std::path::Path;
use std::sync::Arc;

use quire_domain::ModelKind;
use quire_engines::{
    Device, Kernels, LocalRuntime, ModelRuntime, ModelStore, OCR_FILES, RuntimeOptions, SelfTest,
    Tokenizers, Trial, llama,
};
use quire_ingest::PageReader;
use quire_ocr::{ModelFiles, OcrModel};
use quire_service::PageReaders;
use quire_vectorstore::{ChunkStore, LanceStore};

use crate::Folders;
use crate::config::{DefaultModels, ModelsFolder};

/// Names this build in `/health` and in the first lines of `quire serve`.
pub const BUILD: &str = "local";

/// Opens the chunk store.
pub async fn open_store(folders: &Folders) -> anyhow::Result<Arc<dyn ChunkStore>> {
    Ok(Arc::new(LanceStore::open(&folders.data.join("index")).await?))
}

/// Opens the models.
pub fn open_models(folders: &Folders, models: &DefaultModels) -> Arc<dyn ModelRuntime> {
    let store = ModelStore::new(&folders.models.path);
    let dimensions = models.dimensions_by_model();
    let prompt_cache = Some(folders.data.join("prompt-cache"));
    let options = RuntimeOptions {
        dimensions,
        prompt_cache,
        self_test: self_test(),
        trial: trial(&folders.data),
        gguf_engine: models.gguf_engine,
        ttl: models.ttl,
        memory: models.memory_budget(),
        load: models.load_options(),
        ..RuntimeOptions::default()
    };
    Arc::new(LocalRuntime::new(store, options))
}

/// Opens the tokenizers of the models, without the models.
pub fn open_tokenizers(models: &ModelsFolder) -> Box<dyn Tokenizers> {
    Box::new(LocalRuntime::new(ModelStore::new(&models.path), RuntimeOptions::default()))
}

/// Finds what reads pages that are pictures.
pub fn page_readers(models: &ModelsFolder) -> OcrModels {
    OcrModels { store: ModelStore::new(&models.path) }
}

/// The models of the store that recognise text.
pub struct OcrModels {
    store: ModelStore,
}

impl PageReaders for OcrModels {
    fn open(&self) -> Result<Option<Box<dyn PageReader>>, String> {
        let models = self.store.list().map_err(|error| error.to_string())?;
        // The list is in the order of names; of several, the first reads.
        let Some(model) = models.into_iter().find(|model| model.kind == ModelKind::Ocr) else {
            return Ok(None);
        };
        let stored = self.store.get(&model.id).map_err(|error| error.to_string())?;
        let [detector, recogniser] = OCR_FILES.map(|file| stored.path.join(file));
        let opened = OcrModel::open(model.id, &ModelFiles { detector, recogniser });
        opened
            .map(|model| Some(Box::new(model) as Box<dyn PageReader>))
            .map_err(|error| error.to_string())
    }
}

/// Tests llama.cpp's kernels, unless this process did, and tells which it uses.
pub fn find_kernels() -> Option<Result<&'static Kernels, String>> {
    Some(llama::load_kernels(self_test().as_ref()))
}

/// Lists the devices that this build can compute with.
pub fn list_devices() -> Option<Result<Vec<Device>, String>> {
    Some(llama::list_devices(self_test().as_ref()))
}

/// Has kernels compute something in this process, which they may end.
pub fn test_kernels(library: &Path) -> Result<Vec<f32>, String> {
    llama::test_kernels(library)
}

/// Has llama.cpp read a model in this process, which that may end.
pub fn try_file(model: &Path, adapter: Option<&Path>) -> Result<(), String> {
    llama::try_file(model, adapter)
}

/// This program tries files itself, if it can be started again.
fn trial(data: &Path) -> Option<Trial> {
    let program = std::env::current_exe().ok()?;
    let passed = Some(data.join("tried-models.json"));
    Some(Trial { program, arguments: vec!["try-model".to_owned()], passed })
}

/// This program tests kernels itself, if it can be started again.
fn self_test() -> Option<SelfTest> {
    let program = std::env::current_exe().ok()?;
    Some(SelfTest { program, arguments: vec!["test-kernels".to_owned()] })
}
