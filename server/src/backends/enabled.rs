//! The real back ends: LanceDB in the data folder, llama.cpp and candle on the models folder.

use std::path::Path;
use std::sync::Arc;

use quire_engines::{
    Device, Kernels, LocalRuntime, ModelRuntime, ModelStore, RuntimeOptions, SelfTest, Tokenizers,
    llama,
};
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
        gguf_engine: models.gguf_engine,
        ttl: models.ttl,
        memory: models.memory_budget(),
        kv_type: models.kv_type,
        gpu_layers: models.gpu_layers,
        ..RuntimeOptions::default()
    };
    Arc::new(LocalRuntime::new(store, options))
}

/// Opens the tokenizers of the models, without the models.
pub fn open_tokenizers(models: &ModelsFolder) -> Box<dyn Tokenizers> {
    Box::new(LocalRuntime::new(ModelStore::new(&models.path), RuntimeOptions::default()))
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

/// This program tests kernels itself, if it can be started again.
fn self_test() -> Option<SelfTest> {
    let program = std::env::current_exe().ok()?;
    Some(SelfTest { program, arguments: vec!["test-kernels".to_owned()] })
}
